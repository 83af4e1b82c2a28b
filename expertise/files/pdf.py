"""The check of a PDF: its frame here, its objects in a process of their own (`pdf_walk`)."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import filetype

from expertise.files.formats import MARKUP, PADDING, head, holds_foreign
from expertise.files.signature import EICAR
from expertise.files.storage import PIECE
from expertise.files.verdict import PROBLEMS, UnfitFile

WALK = Path(__file__).with_name("pdf_walk.py")
#: Bytes before the header that readers accept (ISO 32000-1, annex H.3.4.1): a mark, blank lines, a printer's prologue.
PROLOGUE = 1024
#: Bytes behind the end that are no padding: what web servers and signing tools leave there.
EPILOGUE = 2048
SECONDS = 60  # of the clock, for the process that reads it


def check_pdf(path: Path) -> None:
    """Check the begin and the end of a PDF, that nothing runs or lies hidden in it, and that it opens unasked."""
    _check_begin(head(path))
    _check_end(path)
    if zipfile.is_zipfile(path):
        raise UnfitFile("file_hidden")
    command = [sys.executable, "-I", str(WALK), str(path), EICAR.hex()]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603 our own program; the path is a hash or a draft
    except subprocess.TimeoutExpired:
        raise UnfitFile("file_bomb") from None
    code = done.stdout.strip() if done.returncode == 0 else "file_damaged"
    if code:
        raise UnfitFile(code if code in PROBLEMS else "file_damaged")


def _check_begin(start: bytes) -> None:
    begin = start.find(b"%PDF-", 0, PROLOGUE + 5)
    if begin < 0:
        raise UnfitFile("file_content")
    if MARKUP.search(start) or start.startswith((b"#!", b"<?php")):
        raise UnfitFile("file_hidden")
    if begin and (filetype.guess_mime(start) not in (None, "application/pdf") or holds_foreign(start[:begin])):
        raise UnfitFile("file_hidden")


def _check_end(path: Path) -> None:
    """Check that `%%EOF` ends the file, but for padding and a little that is neither archive nor program."""
    end = _end_of_content(path)
    with path.open("rb") as file:
        file.seek(max(0, end - EPILOGUE - 5))
        last = file.read(min(end, EPILOGUE + 5))
    _, marker, behind = last.rpartition(b"%%EOF")
    if not marker:
        raise UnfitFile("file_damaged")
    rest = behind.lstrip(PADDING)
    if MARKUP.search(rest) or holds_foreign(rest):
        raise UnfitFile("file_hidden")


def _end_of_content(path: Path) -> int:
    """Return the offset behind the last byte that is no padding."""
    end = path.stat().st_size
    with path.open("rb") as file:
        while end > 0:
            start = max(0, end - PIECE)
            file.seek(start)
            kept = file.read(end - start).rstrip(PADDING)
            if kept:
                return start + len(kept)
            end = start
    return 0
