"""Checks of images and plain text: complete, of the declared type, and nothing else besides."""

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

#: Archives and programs, which are hidden where they stand inside or behind something else.
FOREIGN = frozenset(
    {
        "application/zip",
        "application/x-rar-compressed",
        "application/x-7z-compressed",
        "application/gzip",
        "application/x-bzip2",
        "application/x-xz",
        "application/x-tar",
        "application/vnd.ms-cab-compressed",
        "application/x-msdownload",
        "application/x-executable",
        "application/java-archive",
        "application/x-shockwave-flash",
        "application/rtf",
        "application/wasm",
    }
)
#: Begin of what cameras put behind a picture: a film, another picture, Samsung's record.
_FROM_CAMERA = re.compile(rb"^.{4}ftyp|^\xff\xd8\xff|MotionPhoto_Data|SEF[HT]|^\x00{64}", re.DOTALL)
MARKUP = re.compile(rb"<\s*(?:!doctype\s+html|html|head|body|script|iframe|svg)\b", re.IGNORECASE)
#: What such a file begins with, wherever it lies. Longer than two bytes, or with what must follow, so that the data of
#: a film does not hold one by chance.
_FOREIGN_BEGIN = re.compile(
    rb"PK\x03\x04[\x00-\x3f]\x00|PK\x05\x06|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|\x1f\x8b\x08[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x0d\xff]"
    rb"|BZh[1-9](?:1AY&SY|\x17rE8P\x90)|\xfd7zXZ\x00|MSCF\x00{4}|\x7fELF[\x01\x02][\x01\x02]\x01|\xca\xfe\xba\xbe\x00"
    rb"|[\xcf\xce]\xfa\xed\xfe\x07\x00|\{\\rtf|\x00asm\x01\x00|%!PS-|%PDF-|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|[CFZ]WS[\x01-\x3f].{3}\x00\x78"
    rb"|<\?php|MZ\x90\x00\x03\x00|#!\s?/(?:usr/)?bin/|MZ.{58}.[\x00-\x0f]\x00\x00|MZ.{0,400}This program"
    rb"|ustar(?:\x0000|  \x00)",
    re.DOTALL,
)
#: With which files are filled up to a block, or end a line.
PADDING = b"\x00\t\n\f\r \x1a\xff"
_MAIL_HEAD = re.compile(rb"\s*(?:[!-9;-~]{1,70}:[^\n]*\n(?:[ \t][^\n]*\n)*)+")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


def check_png(path: Path) -> None:
    """Check chunk by chunk that nothing but padding follows the end."""
    _must_be(path, "image/png", "image/apng")
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
        if file.read(PIECE + 1).strip(PADDING):
            raise UnfitFile("file_hidden")
    if zipfile.is_zipfile(path) or MARKUP.search(head(path)):
        raise UnfitFile("file_hidden")


def check_jpeg(path: Path) -> None:
    """Check the begin and the end of a JPEG, its size in pixels, and what stands behind the picture.

    Cameras append: a short film to a moving photo, a second picture with depth or light, a record of their own.
    """
    _must_be(path, "image/jpeg")
    with path.open("rb") as file:
        end = _end_of_picture(file)
    if end is None:
        raise UnfitFile("file_damaged")
    if zipfile.is_zipfile(path) or MARKUP.search(head(path)) or MARKUP.search(tail(path, PIECE)):
        raise UnfitFile("file_hidden")
    appended = path.stat().st_size - end
    with path.open("rb") as file:
        file.seek(end)
        start = file.read(HEAD)
        file.seek(end)
        if any(holds_foreign(window) for window in _pieces(file)):
            raise UnfitFile("file_hidden")
    if appended > PIECE and not _FROM_CAMERA.search(start):
        raise UnfitFile("file_hidden")


def _end_of_picture(file: BinaryIO) -> int | None:
    """Return the offset behind the first picture, or None when it has no end. Raises UnfitFile for a huge one.

    Segments are skipped by their length, because a preview within them has an end of its own.
    """
    file.seek(2)
    while len(header := file.read(4)) == 4 and header[0] == 0xFF and header[1] not in (0xD9, 0xDA, 0xFF):
        kind, length = header[1], int.from_bytes(header[2:], "big")
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            _, height, width = struct.unpack(">BHH", file.read(5).ljust(5, b"\0"))
            if width * height > LARGEST_PICTURE:
                raise UnfitFile("file_bomb")
            file.seek(-5, 1)
        file.seek(length - 2, 1)
    place = max(2, file.tell() - len(header))
    file.seek(place)
    kept = b""
    while piece := file.read(PIECE):
        found = (kept + piece).find(b"\xff\xd9")  # within the picture's own data 0xFF is followed by 0 or a restart
        if found >= 0:
            return place + found + 2 - len(kept)
        place += len(piece)
        kept = piece[-1:]
    return None


def check_text(path: Path) -> None:
    """Check for UTF-8, UTF-16 with a mark or an 8-bit code page, without control characters, web page or script."""
    decode = codecs.getincrementaldecoder(_encoding(path, head(path)))("strict")
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
    if start.startswith(("#!", "<?")) or MARKUP.match(start.encode()):
        raise UnfitFile("file_content")


def check_calendar(path: Path) -> None:
    """Check that the file is an iCalendar object (RFC 5545)."""
    if not head(path).removeprefix(codecs.BOM_UTF8).lstrip().upper().startswith(b"BEGIN:VCALENDAR"):
        raise UnfitFile("file_content")
    check_text(path)


def must_be_mail(path: Path) -> None:
    """Check that the file begins with header fields of a mail (RFC 5322)."""
    start = head(path)
    if _MAIL_HEAD.match(start) is None or b"\0" in start:
        raise UnfitFile("file_content")


def _encoding(path: Path, start: bytes) -> str:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
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


def windows(file: IO[bytes], overlap: int = 256) -> Iterator[bytes]:
    """Yield the content in overlapping pieces, so that no word is split between two. Closes the file."""
    with file:
        yield from _pieces(file, overlap)


def _pieces(file: IO[bytes], overlap: int = 512) -> Iterator[bytes]:
    kept = b""
    while piece := file.read(PIECE):
        yield kept + piece
        kept = piece[-overlap:]


def holds_foreign(content: bytes) -> bool:
    """Return whether an archive, a program or a document begins anywhere in the bytes."""
    return _FOREIGN_BEGIN.search(content) is not None or filetype.guess_mime(content) in FOREIGN


def _must_be(path: Path, *media_types: str) -> None:
    if filetype.guess_mime(head(path)) not in media_types:
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


def head(path: Path) -> bytes:
    """Return the first HEAD bytes."""
    with path.open("rb") as file:
        return file.read(HEAD)


def tail(path: Path, length: int) -> bytes:
    """Return the last `length` bytes."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - length))
        return file.read(length)
