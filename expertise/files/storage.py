"""Stores bytes on disk by their hash. A file is complete under its name, or it is not there.

Layout under the data folder: `files/ab/cdef…` for stored files, `files/incoming/` for unfinished ones. A process
that dies leaves something in `incoming`, or a stored file without a row: see `leftovers`.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path
from typing import Protocol

from expertise.base.crash import crashpoint
from expertise.base.errors import unwritable

PIECE = 64 * 1024  # bytes held in memory of any upload, whatever its size

_HASH = re.compile(r"[0-9a-f]{64}")


class TooLarge(Exception):
    """More bytes came than are allowed; none of them are stored."""


class UploadLimits(Protocol):
    """The settings that storing reads."""

    @property
    def data(self) -> Path:
        """The data folder."""

    @property
    def upload_bytes(self) -> int:
        """Size limit of a file, in bytes."""


class ByteStream(Protocol):
    """A source of bytes in pieces."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end."""


@dataclass(frozen=True, slots=True)
class StoredContent:
    """A file that is safely on disk. `path` is for inspection; store the hash, not the path."""

    sha256: str
    size: int
    path: Path


def put(stream: ByteStream, limits: UploadLimits, check: Callable[[Path, int], object] | None = None) -> StoredContent:
    """Store the content of the stream. Raises TooLarge as soon as it exceeds the limit.

    `check` is called with the path and the size of the finished draft, before it has its name; what it raises leaves
    nothing behind. Raises StoreUnwritable for a disk that is full or cannot be written. After the return the bytes
    survive a power failure. The same content twice is one file.
    """
    try:
        return _put(stream, limits, check or (lambda _path, _size: None))
    except OSError as error:
        fault = unwritable(error)
        if fault is None:
            raise
        raise fault from error


def _put(stream: ByteStream, limits: UploadLimits, check: Callable[[Path, int], object]) -> StoredContent:
    home = limits.data / "files"
    with _draft(home / "incoming") as draft:
        sha256, size = _pour(stream, draft, limits.upload_bytes)
        check(draft, size)
        crashpoint("upload_before_rename")
        path = _path(home, sha256)
        if not path.parent.exists():
            path.parent.mkdir(exist_ok=True)
            _remember(home)
        draft.replace(path)
        _remember(path.parent)
    crashpoint("upload_after_rename")
    return StoredContent(sha256, size, path)


def open_file(data: Path, sha256: str) -> BufferedReader:
    """Open the bytes with that hash for reading. Raises FileNotFoundError, also for text that is no hash."""
    return _path(data / "files", sha256).open("rb")


def leftovers(data: Path, before: datetime) -> Iterator[str]:
    """Return hashes of stored files older than `before`; delete unfinished files older than that.

    Ask the database which of them no row names, and `remove` those. An upload of the same content makes the
    file young again, so with a day's grace nothing is removed that is just being put into a row.
    """
    home, oldest = data / "files", before.astimezone(UTC).timestamp()
    for path in home.glob("incoming/*"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
    for path in home.glob("[0-9a-f][0-9a-f]/*"):
        if path.stat().st_mtime < oldest:
            yield path.parent.name + path.name


def remove(data: Path, sha256: str) -> None:
    """Delete the bytes with that hash; it is no error if they do not exist."""
    _path(data / "files", sha256).unlink(missing_ok=True)


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / secrets.token_hex(16)
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _pour(stream: ByteStream, draft: Path, longest: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with draft.open("xb") as file:
        while piece := stream.read(PIECE):
            size += len(piece)
            if size > longest:
                raise TooLarge
            digest.update(piece)
            file.write(piece)
            crashpoint("upload_mid_stream")
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest(), size


def _path(home: Path, sha256: str) -> Path:
    if not _HASH.fullmatch(sha256):
        raise FileNotFoundError(sha256)
    return home / sha256[:2] / sha256[2:]


def _remember(folder: Path) -> None:
    """Make a new name in the folder survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
