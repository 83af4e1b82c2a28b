"""Checks that every file named by a row is in the store, with its original bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.files import storage
from expertise.files.model import StoredFile

FILES = table_of(StoredFile)


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """Result for one file; `fault` is None if it is all right."""

    key: str
    case_id: int
    fault: str | None = None


def check(session: Session, data: Path) -> Iterator[CheckedFile]:
    """Read every file that a row names. Content shared by rows is read once."""
    known: dict[str, str | None] = {}
    for row in session.execute(select(FILES.c.key, FILES.c.case_id, FILES.c.sha256).order_by(FILES.c.id)):
        if row.sha256 not in known:
            known[row.sha256] = _fault(data, row.sha256)
        yield CheckedFile(row.key, row.case_id, known[row.sha256])


def _fault(data: Path, sha256: str) -> str | None:
    try:
        with storage.open_file(data, sha256) as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return f"its content is not in the store: {sha256}"
    except OSError as error:
        return f"its content cannot be read ({error.strerror}): {sha256}"
    return None if found == sha256 else f"its content is not what came: {sha256}"
