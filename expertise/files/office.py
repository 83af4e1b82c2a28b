"""Checks of documents that are ZIP archives: Office and OpenDocument.

Nothing in the archive is trusted before it is counted: neither its directory nor the sizes in it.
"""

from __future__ import annotations

import html
import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from expertise.base.errors import unwritable
from expertise.files import file_names
from expertise.files.office_parts import PartCheck
from expertise.files.storage import PIECE
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
_PROGRAMS = file_names.PROGRAMS - {"svg"} | frozenset(
    """
    7z bz2 cab chm com docm dotm gz hlp img iqy iso jar mde pif potm ppsm rar scf settingcontent-ms sldm slk svgz tar
    url vhd wsh xz zip
    """.split()  # noqa: SIM905
)
#: Types of parts that run, as the list of types declares them, whatever the parts are called.
_MACRO_TYPES = re.compile(
    r"macroEnabled|vbaProject|vbaData|macrosheet|ms-office\.activeX|keyMapCustomizations", re.IGNORECASE
)
_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,  # ZipFile and its `open`, for a version or an encryption that Python cannot read
    RuntimeError,  # ZipFile.open, for a part that is encrypted
)


#: Main parts of the three kinds of Office documents, any of which may lie in another.
MAIN = ("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")
#: How many documents may lie in one another inside the outer one.
DEEPEST = 2


def check_office(kind: str) -> Callable[[Path], None]:
    """Return a check for Office documents whose main part is of `kind`, e.g. `wordprocessingml.document`."""
    return lambda path: _check_document(path, (kind,), 0)


def _check_document(path: Path, kinds: tuple[str, ...], depth: int) -> None:
    """Check an Office document of one of the kinds; `depth` counts the documents around it."""
    if depth > DEEPEST:
        raise UnfitFile("file_hidden")
    with _opened(path) as archive:
        types = html.unescape(_small_part(archive, "[Content_Types].xml").replace(b"\0", b"").decode("latin-1"))
        if _MACRO_TYPES.search(types):
            raise UnfitFile("file_macros")
        found = next((kind for kind in kinds if f"{kind}.main+xml" in types), None)
        if found is None:
            raise UnfitFile("file_content")
        _check_parts(archive, is_word=found == MAIN[0], depth=depth)


def check_open_document(media_type: str) -> Callable[[Path], None]:
    """Return a check for OpenDocument files of one media type."""

    def check(path: Path) -> None:
        with _opened(path) as archive:
            if _small_part(archive, "mimetype").strip() != media_type.encode():
                raise UnfitFile("file_content")
            if b"manifest:encryption-data" in _small_part(archive, "META-INF/manifest.xml"):
                raise UnfitFile("file_locked")
            _check_parts(archive, is_word=False, depth=0)

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
        if isinstance(fault, OSError) and unwritable(fault) is not None:
            return  # no fault of the document: there is no room for a copy
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
    if len({_name(part) for part in parts}) < len(parts):
        raise UnfitFile("file_damaged")
    for part in parts:
        _check_part(part)
    _check_overlap(parts, archive.start_dir)
    packed, unpacked = sum(part.compress_size for part in parts), sum(part.file_size for part in parts)
    if unpacked > UNPACKED or packed > size or (unpacked > RATIO_MATTERS and unpacked > RATIO * max(packed, 1)):
        raise UnfitFile("file_bomb")


def _name(part: zipfile.ZipInfo) -> str:
    """Return the name of a part. Some programs of Windows write it with backslashes, and Office reads them."""
    return part.filename.replace("\\", "/")


def _check_part(part: zipfile.ZipInfo) -> None:
    name = _name(part)
    if part.flag_bits & 0x1:
        raise UnfitFile("file_locked")
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnfitFile("file_damaged")
    if name.startswith("/") or "\0" in name or ".." in name.split("/") or ":" in name:
        raise UnfitFile("file_hidden")
    if _MACROS.search(name):
        raise UnfitFile("file_macros")
    if name.rpartition(".")[2].lower() in _PROGRAMS:
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


def _check_parts(archive: zipfile.ZipFile, *, is_word: bool, depth: int) -> None:
    """Unpack every part once, without keeping it, so that sizes and checksums are verified, and check its content."""
    unpacked = 0
    for part in archive.infolist():
        check = PartCheck(_name(part), is_word=is_word)
        with archive.open(part) as file:
            while piece := file.read(PIECE):
                unpacked += len(piece)
                if unpacked > UNPACKED:
                    raise UnfitFile("file_bomb")
                check.feed(piece)
        if check.is_document:
            _check_embedded(archive, part, depth)


def _check_embedded(archive: zipfile.ZipFile, part: zipfile.ZipInfo, depth: int) -> None:
    """Check a document that lies in the document, in a copy that is deleted at once."""
    with archive.open(part) as file, NamedTemporaryFile(prefix="komek-") as copy:
        shutil.copyfileobj(file, copy, PIECE)
        copy.flush()
        try:
            _check_document(Path(copy.name), MAIN, depth + 1)
        except UnfitFile as fault:
            raise UnfitFile("file_hidden" if fault.code == "file_content" else fault.code) from fault


def _small_part(archive: zipfile.ZipFile, name: str) -> bytes:
    found = next((part for part in archive.infolist() if _name(part).lower() == name.lower()), None)
    if found is None:
        raise UnfitFile("file_content")
    part: IO[bytes] = archive.open(found)
    with part:
        content = part.read(SMALL_PART + 1)
    if len(content) > SMALL_PART:
        raise UnfitFile("file_bomb")
    return content
