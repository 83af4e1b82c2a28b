"""Checks of documents that are ZIP archives: Office and OpenDocument.

Nothing in the archive is trusted before it is counted: neither its directory nor the sizes in it.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

import filetype

from expertise.files.formats import windows
from expertise.files.verdict import UnfitFile

ENTRIES = 5_000
DIRECTORY = 2 * 1024 * 1024  # bytes of the list of contents, which Python would read at once
UNPACKED = 200 * 1024 * 1024  # bytes
#: Unpacked to packed size, once it matters. Spreadsheets reach 50, bombs 1,000.
RATIO, RATIO_MATTERS = 150, 10 * 1024 * 1024
SMALL_PART = 1024 * 1024  # bytes of a part that is read whole: lists of types and relations

_END = struct.Struct("<4s4H2LH")  # end of central directory, without its comment
_MACROS = re.compile(
    r"(?:^|/)(?:vbaProject[^/]*\.bin|vbaData\.xml|macrosheets/.*|activeX/.*|customUI/.*|Basic/.+|Scripts/.+)$",
    re.IGNORECASE,
)
_FOREIGN = re.compile(
    r"\.(?:zip|rar|7z|gz|tar|jar|exe|dll|scr|bat|cmd|js|vbs|ps1|hta|lnk|msi|html?|svgz|docm|xlsm|pptm|dotm)$",
    re.IGNORECASE,
)
#: Word and PowerPoint keep the table behind a chart as a whole document; that much is honest.
_EMBEDDED = re.compile(r"(?:^|/)embeddings/[^/]+\.(?:docx|xlsx|pptx|bin)$", re.IGNORECASE)
_ARCHIVES = frozenset(
    {
        "application/zip",
        "application/x-rar-compressed",
        "application/x-7z-compressed",
        "application/gzip",
        "application/x-bzip2",
        "application/x-xz",
        "application/x-tar",
        "application/x-msdownload",
        "application/x-executable",
        "application/java-archive",
    }
)
_ENTITY = re.compile(rb"<\x00?!\x00?E\x00?N\x00?T\x00?I\x00?T\x00?Y")
_PACKAGED = re.compile(rb"O\x00l\x00e\x001\x000\x00N\x00a\x00t\x00i\x00v\x00e")  # any file, packed by Windows
_FETCHED = re.compile(rb"<Relationship\b[^>]*?/(?:attachedTemplate|oleObject|frame|subDocument)\"[^>]*>", re.DOTALL)
_REMOTE = re.compile(rb"Target\s*=\s*\"\s*(?:https?|ftp|mhtml|mk|ms-)", re.IGNORECASE)
_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


def check_office(kind: str) -> Callable[[Path], None]:
    """Return a check for Office documents whose main part is of `kind`, e.g. `wordprocessingml.document`."""
    main = f"{kind}.main+xml".encode()

    def check(path: Path) -> None:
        with _opened(path) as archive:
            types = _small_part(archive, "[Content_Types].xml")
            if b"macroEnabled" in types or b"vbaProject" in types:
                raise UnfitFile("file_macros")
            if main not in types:
                raise UnfitFile("file_content")
            _check_parts(archive)

    return check


def check_open_document(media_type: str) -> Callable[[Path], None]:
    """Return a check for OpenDocument files of one media type."""

    def check(path: Path) -> None:
        with _opened(path) as archive:
            if _small_part(archive, "mimetype").strip() != media_type.encode():
                raise UnfitFile("file_content")
            if b"manifest:encryption-data" in _small_part(archive, "META-INF/manifest.xml"):
                raise UnfitFile("file_locked")
            _check_parts(archive)

    return check


class _opened:  # noqa: N801 used as `with _opened(path) as archive`
    """The archive with a checked directory. Raises UnfitFile for every error of reading."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> zipfile.ZipFile:
        _check_frame(self._path)
        try:
            self._archive = zipfile.ZipFile(self._path)
        except _FAULTS as fault:
            raise UnfitFile("file_damaged") from fault
        try:
            _check_contents(self._archive, self._path.stat().st_size)
        except UnfitFile:
            self._archive.close()
            raise
        return self._archive

    def __exit__(self, kind: object, fault: BaseException | None, _trace: object) -> None:
        self._archive.close()
        if isinstance(fault, _FAULTS):
            raise UnfitFile("file_damaged") from fault


def _check_frame(path: Path) -> None:
    """Check that the archive begins with its first part, ends with its directory, and has no gap between."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        file.seek(max(0, size - _END.size))
        end = file.read(_END.size)
    if start.startswith(b"\xd0\xcf\x11\xe0"):  # an old Office file, or a new one behind a password
        raise UnfitFile("file_locked")
    if not start.startswith(b"PK\x03\x04"):
        raise UnfitFile("file_content")
    if len(end) < _END.size or not end.startswith(b"PK\x05\x06"):
        raise UnfitFile("file_hidden" if zipfile.is_zipfile(path) else "file_damaged")
    _, _, _, _, entries, directory, offset, _ = _END.unpack(end)
    if entries > ENTRIES or directory > DIRECTORY:
        raise UnfitFile("file_bomb")
    if offset + directory + _END.size != size:
        raise UnfitFile("file_hidden")


def _check_contents(archive: zipfile.ZipFile, size: int) -> None:
    """Check declared names, methods and sizes before anything is unpacked."""
    parts = archive.infolist()
    if len(parts) > ENTRIES:
        raise UnfitFile("file_bomb")
    if len({part.filename for part in parts}) < len(parts):
        raise UnfitFile("file_damaged")
    for part in parts:
        _check_part(part)
    _check_overlap(parts, archive.start_dir)
    packed, unpacked = sum(part.compress_size for part in parts), sum(part.file_size for part in parts)
    if unpacked > UNPACKED or packed > size or (unpacked > RATIO_MATTERS and unpacked > RATIO * max(packed, 1)):
        raise UnfitFile("file_bomb")


def _check_part(part: zipfile.ZipInfo) -> None:
    name = part.filename
    if part.flag_bits & 0x1:
        raise UnfitFile("file_locked")
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnfitFile("file_damaged")
    if name.startswith("/") or "\\" in name or "\0" in name or ".." in name.split("/") or ":" in name:
        raise UnfitFile("file_hidden")
    if _MACROS.search(name):
        raise UnfitFile("file_macros")
    if _FOREIGN.search(name):
        raise UnfitFile("file_hidden")


def _check_overlap(parts: list[zipfile.ZipInfo], directory: int) -> None:
    """Check that no parts share bytes; otherwise a small archive could unpack to terabytes."""
    ends = 0
    for part in sorted(parts, key=lambda part: part.header_offset):
        if part.header_offset < ends:
            raise UnfitFile("file_bomb")
        ends = part.header_offset + 30 + part.compress_size  # 30: the shortest header of a part
    if ends > directory:
        raise UnfitFile("file_damaged")


def _check_parts(archive: zipfile.ZipFile) -> None:
    """Unpack every part once, without keeping it, so that sizes and checksums are verified."""
    unpacked = 0
    for part in archive.infolist():
        kind = part.filename.rpartition(".")[2].lower()
        if kind == "rels" and _fetches(_small_part(archive, part.filename)):
            raise UnfitFile("file_macros")
        for place, window in enumerate(windows(archive.open(part))):
            unpacked += len(window)
            if unpacked > UNPACKED * 1.1:  # windows overlap a little
                raise UnfitFile("file_bomb")
            if place == 0:
                _check_start(part.filename, window)
            if (kind in ("xml", "rels", "vml") and _ENTITY.search(window)) or (
                kind == "bin" and _PACKAGED.search(window)
            ):
                raise UnfitFile("file_hidden")


def _check_start(name: str, start: bytes) -> None:
    if not _EMBEDDED.search(name) and filetype.guess_mime(start[:8192]) in _ARCHIVES:
        raise UnfitFile("file_hidden")


def _fetches(relations: bytes) -> bool:
    """Return whether opening the document would fetch a template or an object from elsewhere and run it."""
    return any(_REMOTE.search(relation) for relation in _FETCHED.findall(relations))


def _small_part(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        part: IO[bytes] = archive.open(name)
    except KeyError as fault:
        raise UnfitFile("file_content") from fault
    with part:
        content = part.read(SMALL_PART + 1)
    if len(content) > SMALL_PART:
        raise UnfitFile("file_bomb")
    return content
