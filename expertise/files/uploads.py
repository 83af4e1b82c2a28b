"""Uploads that no case names yet: their rows. Each belongs to one person, and is forgotten after a day.

A form names complete uploads by their keys, so a form that is refused, or that is sent after its session has ended,
needs no byte of them again. The bytes lie in `storage`; the check of a finished one is that of every file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from expertise.base.database import changed, table_of
from expertise.files.model import PendingUpload, StoredFile, upload_key

_UPLOADS, _FILES = table_of(PendingUpload), table_of(StoredFile)
#: How long an upload waits for the form that names it.
KEPT = timedelta(days=1)
#: Uploads of one person that wait at the same time.
MOST = 100
#: Characters of a name that are kept.
LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class UploadRecord:
    """The row of an upload. `sha256` is None until it is complete; `problem` is why it was refused."""

    key: str
    name: str
    size: int
    sha256: str | None = None
    media_type: str | None = None
    problem: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether bytes of it may still come: it was neither accepted nor refused."""
        return self.sha256 is None and self.problem is None


_SHOWN = select(*(_UPLOADS.c[each.name] for each in fields(UploadRecord)))


def begin(session: Session, person_id: int, name: str, size: int, now: datetime) -> str | None:
    """Write the row of an upload of `size` bytes and return its key; None if too many of this person's wait."""
    mine = select(func.count()).select_from(_UPLOADS).where(_UPLOADS.c.person_id == person_id)
    if (session.scalar(mine) or 0) >= MOST:
        return None
    upload = PendingUpload(key=upload_key(), person_id=person_id, name=_fit(name) or "file", size=size, at=now)
    session.add(upload)
    session.flush()
    return upload.key


def find(session: Session, person_id: int, key: str) -> UploadRecord | None:
    """Return this person's upload with that key; None for any other key."""
    if "\0" in key:
        return None
    row = session.execute(_SHOWN.where(_UPLOADS.c.key == key, _UPLOADS.c.person_id == person_id)).first()
    return None if row is None else UploadRecord(*row)


def complete(session: Session, key: str, sha256: str, name: str, media_type: str, now: datetime) -> None:
    """Write down that the upload is here and was accepted."""
    values = {"sha256": sha256, "name": name, "media_type": media_type, "at": now}
    session.execute(update(_UPLOADS).where(_UPLOADS.c.key == key).values(values))


def refuse(session: Session, key: str, problem: str, now: datetime) -> None:
    """Write down that the upload is here and was refused, and why."""
    session.execute(update(_UPLOADS).where(_UPLOADS.c.key == key).values(problem=problem, at=now))


def chosen(session: Session, person_id: int, keys: Sequence[str]) -> list[UploadRecord]:
    """Return the complete uploads of this person among `keys`, in their order, each once."""
    wanted = dict.fromkeys(key for key in keys if "\0" not in key)
    mine = (_UPLOADS.c.person_id == person_id, _UPLOADS.c.sha256.is_not(None))
    found = session.execute(_SHOWN.where(_UPLOADS.c.key.in_(list(wanted)[:MOST]), *mine))
    known = {row.key: UploadRecord(*row) for row in found}
    return [known[key] for key in wanted if key in known]


def drop(session: Session, person_id: int, key: str) -> bool:
    """Forget the upload; return whether it was this person's."""
    mine = delete(_UPLOADS).where(_UPLOADS.c.key == key, _UPLOADS.c.person_id == person_id)
    return "\0" not in key and changed(session, mine) > 0


def forget(session: Session, now: datetime) -> int:
    """Delete the rows of uploads that nobody came back to; return how many."""
    return changed(session, delete(_UPLOADS).where(_UPLOADS.c.at <= now - KEPT))


def is_named(session: Session, sha256: str) -> bool:
    """Return whether a file of a case, or an upload that waits, has the bytes with this hash."""
    tables = (_FILES, _UPLOADS)
    found = (session.execute(select(each.c.sha256).where(each.c.sha256 == sha256).limit(1)).first() for each in tables)
    return any(row is not None for row in found)


def _fit(name: str) -> str:
    """Return the name as a column holds it: NUL and halves of surrogate pairs are left out; its end stays."""
    return name.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")[-LONGEST_NAME:]
