"""Files for a case: stored and inspected before the transaction, written down as the case's own within."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from expertise.files import inspection, storage
from expertise.files.inspection import FileKinds
from expertise.files.model import StoredFile
from expertise.files.storage import ByteStream, UploadLimits
from expertise.people.access import Actor
from workflows.refusals import Problem

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was stored and inspected before the transaction: see `files`."""

    sha256: str
    size: int
    name: str
    media_type: str


def take(stream: ByteStream, name: str, limits: UploadLimits, kinds: FileKinds = inspection.KINDS) -> Upload | Problem:
    """Store and inspect a file of one of `kinds` that came under this name. Slow: hold no transaction."""
    try:
        stored = storage.put(stream, limits)
    except storage.TooLarge:
        return Problem("file_too_large", (("max", limits.upload_bytes // MEGABYTE),))
    verdict = inspection.inspect(stored.path, name, stored.size, kinds)
    if isinstance(verdict, Problem):
        return verdict
    return Upload(stored.sha256, stored.size, verdict.clean_name, verdict.media_type)


def keep(session: Session, case_id: int, actor: Actor, files: Mapping[str, Upload], now: datetime) -> None:
    """Write the rows of `files`, each under its key."""
    for key, upload in files.items():
        session.add(
            StoredFile(
                key=key,
                case_id=case_id,
                sha256=upload.sha256,
                size=upload.size,
                name=upload.name,
                media_type=upload.media_type,
                uploaded_by_id=actor.person_id,
                at=now,
            )
        )


def hashes(uploads: Mapping[str, Upload] | None) -> dict[str, str]:
    """The SHA-256 of each file by its field, for the fingerprint of a request."""
    return {name: upload.sha256 for name, upload in (uploads or {}).items()}
