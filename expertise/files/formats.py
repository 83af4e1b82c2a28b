"""Checks of PDF, images and plain text: complete, of the declared type, and nothing else besides."""

from __future__ import annotations

import codecs
import re
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO

import filetype

from expertise.files.storage import PIECE
from expertise.files.verdict import UnfitFile

HEAD = 8192  # bytes that say what a file is
LARGEST_PICTURE = 100_000_000  # pixels; a small file can claim to be a picture that fills all memory

_PROGRAM_IN_PDF = re.compile(rb"/(?:JavaScript|Launch|RichMedia)\b")
_MARKUP = re.compile(rb"<\s*(?:!doctype\s+html|html|head|body|script|iframe|svg)\b", re.IGNORECASE)
_MAIL_HEAD = re.compile(rb"\s*(?:[!-9;-~]{1,70}:[^\n]*\n(?:[ \t][^\n]*\n)*)+")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


def check_pdf(path: Path) -> None:
    """Check the begin and the end of a PDF, and that it is no script, archive or web page."""
    _must_be(path, "application/pdf")
    if b"%%EOF" not in _tail(path, 2048):
        raise UnfitFile("file_damaged")
    if zipfile.is_zipfile(path) or _MARKUP.search(_head(path)):
        raise UnfitFile("file_hidden")
    if any(_PROGRAM_IN_PDF.search(window) for window in windows(path.open("rb"))):
        raise UnfitFile("file_macros")


def check_png(path: Path) -> None:
    """Check chunk by chunk that nothing follows the end."""
    _must_be(path, "image/png")
    with path.open("rb") as file:
        file.seek(8)
        if file.read(8) != b"\x00\x00\x00\x0dIHDR":
            raise UnfitFile("file_damaged")
        width, height = struct.unpack(">II", file.read(8).ljust(8, b"\0"))
        if width * height > LARGEST_PICTURE:
            raise UnfitFile("file_bomb")
        file.seek(33)
        while _next_chunk(file) != b"IEND":
            pass
        if file.read(1):
            raise UnfitFile("file_hidden")


def check_jpeg(path: Path) -> None:
    """Check the begin and the end of a JPEG. Cameras append data, so a little after the end is accepted."""
    _must_be(path, "image/jpeg")
    if b"\xff\xd9" not in _tail(path, PIECE):
        raise UnfitFile("file_damaged")
    if zipfile.is_zipfile(path) or _MARKUP.search(_head(path)) or _MARKUP.search(_tail(path, PIECE)):
        raise UnfitFile("file_hidden")


def check_text(path: Path) -> None:
    """Check for UTF-8, UTF-16 with a mark or an 8-bit code page, without control characters, web page or script."""
    head = _head(path)
    decode = codecs.getincrementaldecoder(_encoding(path, head))("strict")
    start = ""
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                text = decode.decode(piece)
                start = start or text.lstrip("\ufeff \t\r\n")[:200]
                if _CONTROL.search(text):
                    raise UnfitFile("file_content")
            decode.decode(b"", final=True)
    except UnicodeError as error:
        raise UnfitFile("file_content") from error
    if start.startswith(("#!", "<?")) or _MARKUP.match(start.encode()):
        raise UnfitFile("file_content")


def check_calendar(path: Path) -> None:
    """Check that the file is an iCalendar object (RFC 5545)."""
    if not _head(path).removeprefix(codecs.BOM_UTF8).lstrip().upper().startswith(b"BEGIN:VCALENDAR"):
        raise UnfitFile("file_content")
    check_text(path)


def check_mail(path: Path) -> None:
    """Check that the file begins with header fields of a mail (RFC 5322). Its parts are not opened."""
    head = _head(path)
    if _MAIL_HEAD.match(head) is None or b"\0" in head:
        raise UnfitFile("file_content")


def _encoding(path: Path, head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decode = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                decode.decode(piece)
            decode.decode(b"", final=True)
    except UnicodeError:
        return "cp1251"  # what Russian spreadsheets still write; one byte of it is undefined
    return "utf-8"


def windows(file: IO[bytes], overlap: int = 64) -> Iterator[bytes]:
    """Yield the content in overlapping pieces, so that no word is split between two. Closes the file."""
    with file:
        kept = b""
        while piece := file.read(PIECE):
            yield kept + piece
            kept = piece[-overlap:]


def _must_be(path: Path, media_type: str) -> None:
    found = filetype.guess_mime(_head(path))
    if found != media_type:
        raise UnfitFile("file_content")


def _next_chunk(file: BinaryIO) -> bytes:
    """Return the type of the PNG chunk that begins here, and move to the next one."""
    header = file.read(8)
    if len(header) < 8:
        raise UnfitFile("file_damaged")
    length, kind = struct.unpack(">I4s", header)
    file.seek(length, 1)
    if len(file.read(4)) < 4:  # its checksum: so the chunk was there in full
        raise UnfitFile("file_damaged")
    return bytes(kind)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _tail(path: Path, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - length))
        return file.read(length)
