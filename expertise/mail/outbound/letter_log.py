"""Log of a letter: attempts with the server's answers, bounces, and actions of people."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.mail.model import LetterLog

_LOG = table_of(LetterLog)


def begun(session: Session, letter_id: int, number: int, address: str, now: datetime) -> None:
    """Record that an attempt has begun. An attempt without an end is that of a sender that died."""
    row = {"letter_id": letter_id, "number": number, "what": "attempt", "at": now, "address": address}
    session.execute(insert(_LOG), row)


def ended(session: Session, letter_id: int, number: int, what: str, answer: str, now: datetime) -> None:
    """Record the result of an attempt."""
    mine = (_LOG.c.letter_id == letter_id, _LOG.c.number == number, _LOG.c.ended_at.is_(None))
    session.execute(update(_LOG).where(*mine).values(what=what, note=answer, ended_at=now))


def noted(  # noqa: PLR0913 a row has that many sides
    session: Session,
    letter_id: int,
    what: str,
    now: datetime,
    *,
    note: str | None = None,
    person_id: int | None = None,
    address: str | None = None,
    other_id: int | None = None,
) -> None:
    """Record a bounce or an action of a person. `other_id` is the letter that came of it."""
    row = {"letter_id": letter_id, "what": what, "at": now, "note": note}
    session.execute(insert(_LOG), {**row, "person_id": person_id, "address": address, "other_id": other_id})
