"""Files made by hand, so that each test knows every byte of them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

OFFICE = "application/vnd.openxmlformats-officedocument."
MAIN = {
    "docx": ("word/document.xml", "wordprocessingml.document"),
    "xlsx": ("xl/workbook.xml", "spreadsheetml.sheet"),
    "pptx": ("ppt/presentation.xml", "presentationml.presentation"),
}


class Maker:
    """Makes honest files, and the pieces of dishonest ones."""

    @staticmethod
    def archive(parts, method=zipfile.ZIP_DEFLATED):
        """`parts`: name → content, or pairs where names repeat."""
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", method) as made:
            for name, content in parts.items() if isinstance(parts, dict) else parts:
                made.writestr(name, content)
        return held.getvalue()

    def office(self, ending="docx", more=None, types=""):
        part, kind = MAIN[ending]
        override = f'<Override PartName="/{part}" ContentType="{OFFICE}{kind}.main+xml"/>'
        parts = {
            "[Content_Types].xml": f'<?xml version="1.0"?><Types>{override}{types}</Types>',
            "_rels/.rels": "<Relationships/>",
            part: "<document>Қызылорда облысының өтінімі</document>" * 20,
        }
        return self.archive(parts | (more or {}))

    def open_document(self, kind="text", more=None):
        parts = {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": "<office/>",
            "META-INF/manifest.xml": "<manifest:manifest/>",
        }
        return self.archive(parts | (more or {}))

    @staticmethod
    def pdf(more=b"", after=b""):
        return (
            b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type /Catalog>>\nendobj\n" + more + b"trailer\n%%EOF\n" + after
        )

    @staticmethod
    def png(width=2, height=2, after=b""):
        def chunk(kind, content):
            return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        pixels = zlib.compress(b"\0" + b"\xff" * 6 + b"\0" + b"\xff" * 6)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"") + after

    @staticmethod
    def jpeg(after=b""):
        return (
            b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x55" * 99 + b"\xff\xd9" + after
        )

    exe = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + b"\0" * 200


@pytest.fixture
def make():
    return Maker()


@dataclass
class Settings:
    data: Path
    upload_bytes: int = 1024 * 1024


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path)
