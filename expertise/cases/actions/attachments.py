"""Files for a case: stored and inspected before the transaction, written down as the case's own within."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.orm import Session

from expertise.cases import search
from expertise.cases.search import TextKind
from expertise.files import inspection, storage
from expertise.files.inspection import FileKinds
from expertise.files.model import StoredFile
from expertise.files.scanner import Address
from expertise.files.storage import ByteStream, UploadLimits
from expertise.files.verdict import AcceptedFile
from expertise.people.access import Actor
from workflows.refusals import Problem

MEGABYTE = 1024 * 1024
#: Names of private values of an event: keys of the files that came with a comment, and with a step, whose fields may
#: have any name without an underscore before it; key → SHA-256 of each new file.
FILES, FILES_OF_STEP, HASHES = "files", "_files", "_sha256"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was stored and inspected before the transaction: see `files`."""

    sha256: str
    size: int
    name: str
    media_type: str


class ReceivingLimits(UploadLimits, Protocol):
    """The settings that taking a file reads."""

    @property
    def clamav(self) -> Address | None:
        """The address of the virus scanner, None without one."""


class _Refused(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def take(
    stream: ByteStream, name: str, limits: ReceivingLimits, kinds: FileKinds = inspection.KINDS
) -> Upload | Problem:
    """Inspect and store a file of one of `kinds` that came under this name. Slow: hold no transaction.

    A refused file leaves nothing in the store. Raises ScannerAway if the configured virus scanner does not answer.
    """
    accepted: list[AcceptedFile] = []

    def check(path: Path, size: int) -> None:
        verdict = inspection.inspect(path, name, size, kinds, limits.clamav)
        if isinstance(verdict, Problem):
            raise _Refused(verdict)
        accepted.append(verdict)

    try:
        stored = storage.put(stream, limits, check)
    except storage.TooLarge:
        return Problem("file_too_large", (("max", limits.upload_bytes // MEGABYTE),))
    except _Refused as refused:
        return refused.problem
    return Upload(stored.sha256, stored.size, accepted[0].clean_name, accepted[0].media_type)


def quota_spent(most: int) -> Problem:
    """Return the problem of files beyond the `most` bytes that a person may send in one day."""
    return Problem("file_quota", (("max", most // MEGABYTE),))


def keep(
    session: Session, case_id: int, actor: Actor, files: Mapping[str, Upload], now: datetime, *, internal: bool = False
) -> None:
    """Write the rows of `files`, each under its key, and index their names. `internal`: the team alone sees them.

    The names of internal files are indexed for the team alone: nobody else's search may even count them.
    """
    rows = [
        StoredFile(
            key=key,
            case_id=case_id,
            sha256=upload.sha256,
            size=upload.size,
            name=upload.name,
            media_type=upload.media_type,
            uploaded_by_id=actor.person_id,
            at=now,
            internal=internal,
        )
        for key, upload in files.items()
    ]
    session.add_all(rows)
    if rows:
        session.flush()  # gives the ids
    for row in rows:
        search.add(session, case_id, row.name, TextKind.INTERNAL_FILE if internal else TextKind.FILE, row.id)


def committed(private: Mapping[str, Any], files: Mapping[str, Upload]) -> Mapping[str, Any]:
    """Return the private values of an event together with the hashes of its files, so that its chain proves them."""
    return {**private, HASHES: {key: upload.sha256 for key, upload in files.items()}} if files else private


def hashes(uploads: Mapping[str, Upload] | None) -> dict[str, str]:
    """The SHA-256 of each file by its field, for the fingerprint of a request."""
    return {name: upload.sha256 for name, upload in (uploads or {}).items()}
