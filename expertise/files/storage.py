"""Stores bytes on disk by their hash. A file is complete under its name, or it is not there.

Layout under the data folder: `files/ab/cdef…` for stored files, `files/incoming/` for unfinished ones. A process
that dies leaves something in `incoming`, or a stored file without a row: see `leftovers`.
"""

from __future__ import annotations

import fcntl
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
_PART = re.compile(r"u[0-9a-f]{24}")


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


def part_size(data: Path, key: str) -> int:
    """Return how many bytes of the unfinished file `key` have come; 0 for none."""
    try:
        return _part(data, key).stat().st_size
    except FileNotFoundError:
        return 0


def append(data: Path, key: str, offset: int, stream: ByteStream, size: int) -> int | None:
    """Add the stream to the unfinished file `key`; return how many bytes of it there are now.

    None, and nothing added, if it does not end at `offset`, or if another request is adding to it. Bytes beyond `size`
    are not read. The bytes that came before a connection broke stay. Raises StoreUnwritable as `put` does.
    """
    try:
        return _append(_part(data, key), offset, stream, size)
    except OSError as error:
        fault = unwritable(error)
        if fault is None:
            raise
        raise fault from error


def _append(path: Path, offset: int, stream: ByteStream, size: int) -> int | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        if file.seek(0, os.SEEK_END) != offset:
            return None
        left = size - offset
        while left > 0 and (piece := stream.read(min(PIECE, left))):
            file.write(piece)
            left -= len(piece)
            crashpoint("part_mid_stream")
        file.flush()
        os.fsync(file.fileno())
    return size - left


def open_part(data: Path, key: str) -> BufferedReader:
    """Open the unfinished file `key` for reading. Raises FileNotFoundError."""
    return _part(data, key).open("rb")


def remove_part(data: Path, key: str) -> None:
    """Delete the unfinished file `key`; it is no error if it does not exist."""
    _part(data, key).unlink(missing_ok=True)


def _part(data: Path, key: str) -> Path:
    if not _PART.fullmatch(key):
        raise FileNotFoundError(key)
    return data / "files" / "incoming" / key


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
