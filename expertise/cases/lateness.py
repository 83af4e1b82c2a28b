"""When a case is late: said once, for a row in hand and for a statement."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_

from expertise.cases.queries import CASES, CaseRow


def is_late(row: CaseRow, now: datetime) -> bool:
    """Past its deadline and still alive."""
    return row.final is None and row.due_at is not None and row.due_at < now


def late(now: datetime) -> ColumnElement[bool]:
    """The condition under which `is_late` holds."""
    return and_(CASES.c.final.is_(None), CASES.c.due_at < now)
