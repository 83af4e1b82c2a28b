"""Log of read accesses: by people without a part in a case, and to sealed cases.

An access changes no case and stands in no chain, because readers must never wait for each other, nor authors for
readers. It is appended to a table of its own, which refuses update and delete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select
from sqlalchemy.orm import Session

from expertise.audit.model import AccessLogEntry
from expertise.base.database import table_of

_TABLE = table_of(AccessLogEntry)


@dataclass(frozen=True, slots=True)
class ReadAccess:
    """One access. `person` is the pseudonym; `file` the key of a file, or None for the case itself."""

    case_id: int
    person: str
    role: str
    file: str | None = None


def note(session: Session, read: ReadAccess, now: datetime) -> None:
    """Append the access to the log."""
    row = {"case_id": read.case_id, "person": read.person, "role": read.role, "file": read.file, "at": now}
    session.execute(insert(_TABLE), row)


def of_case(session: Session, case_id: int, limit: int = 50, before: int | None = None) -> Sequence[Row[Any]]:
    """Return the accesses to a case, latest first. `before` is the id of the last one of the page before."""
    older = (_TABLE.c.id < before,) if before is not None else ()
    wanted = select(_TABLE).where(_TABLE.c.case_id == case_id, *older)
    return session.execute(wanted.order_by(_TABLE.c.id.desc()).limit(limit)).all()


def count_of_case(session: Session, case_id: int) -> int:
    """Return the number of accesses to a case."""
    return session.execute(select(func.count()).select_from(_TABLE).where(_TABLE.c.case_id == case_id)).scalar_one()
