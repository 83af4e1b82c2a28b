"""Limits of automatic answers. Answers beyond them are held and shown, because two machines may be talking."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.mail.foreign_tables import PEOPLE
from expertise.mail.model import OutgoingLetter

#: Prefix of the dedupe_key of automatic answers.
PREFIX = "mail:"
PER_ADDRESS_HOUR, PER_ADDRESS_DAY, PER_CASE_DAY, PER_DOMAIN_HOUR = 5, 20, 30, 200
#: Automatic answers in a row; only machines go beyond that.
DEEPEST = 3

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_LETTERS = table_of(OutgoingLetter)


def exceeded(session: Session, recipient_id: int, case_id: int | None, depth: int, now: datetime) -> str | None:
    """Return the code of the limit that one more answer would exceed, or None."""
    if depth > DEEPEST:
        return "depth"
    to_them = _LETTERS.c.recipient_id == recipient_id
    if _sent(session, to_them, now - _HOUR) >= PER_ADDRESS_HOUR:
        return "address_hour"
    if _sent(session, to_them, now - _DAY) >= PER_ADDRESS_DAY:
        return "address_day"
    if case_id is not None and _sent(session, _LETTERS.c.case_id == case_id, now - _DAY) >= PER_CASE_DAY:
        return "case_day"
    email = session.execute(select(PEOPLE.c.email).where(PEOPLE.c.id == recipient_id)).scalar_one()
    domain = str(email).rpartition("@")[2]
    there = select(PEOPLE.c.id).where(PEOPLE.c.email.endswith(f"@{domain}", autoescape=True))
    return "domain_hour" if _sent(session, _LETTERS.c.recipient_id.in_(there), now - _HOUR) >= PER_DOMAIN_HOUR else None


def hold(session: Session, dedupe_key: str, code: str) -> None:
    """Hold a letter that was just queued until a person releases it."""
    row = (_LETTERS.c.dedupe_key == dedupe_key, _LETTERS.c.state == "queued")
    session.execute(update(_LETTERS).where(*row).values(state="held", answer=f"answers: {code}"))


def _sent(session: Session, which: ColumnElement[bool], since: datetime) -> int:
    automatic = (_LETTERS.c.dedupe_key.startswith(PREFIX), _LETTERS.c.created_at > since)
    return session.execute(select(func.count()).select_from(_LETTERS).where(which, *automatic)).scalar_one()
