"""Limits of automatic answers, and of comments by mail.

Answers and comments beyond them are held and shown, because two machines may be talking.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.mail.foreign_tables import PEOPLE
from expertise.mail.inbound.model import InboundMail
from expertise.mail.model import OutgoingLetter

#: Prefix of the dedupe_key of automatic answers.
PREFIX = "mail:"
PER_ADDRESS_HOUR, PER_ADDRESS_DAY, PER_CASE_DAY, PER_DOMAIN_HOUR = 5, 20, 30, 200
#: Comments that one person may add to one case by mail; a machine that answers every letter soon goes beyond that.
COMMENTS_CASE_HOUR, COMMENTS_CASE_DAY = 5, 20
#: Comments with the same words that one person may add to any cases within a day.
SAME_WORDS_DAY = 5
#: Automatic answers in a row; only machines go beyond that.
DEEPEST = 3

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_LETTERS = table_of(OutgoingLetter)
_MAILS = table_of(InboundMail)


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


def words_of(text: str) -> str:
    """Return a fingerprint of the letters of a text: answers of a machine differ by numbers and dates alone."""
    letters = "".join(character for character in text.casefold() if character.isalpha())
    return hashlib.sha256(letters.encode()).hexdigest()[:16]


def comments_exceeded(session: Session, person_id: int, case_id: int | None, words: str, now: datetime) -> bool:
    """Return whether one more comment by mail with these words would be beyond a limit."""
    wanted = select(_MAILS.c.case_id, _MAILS.c.received_at, _MAILS.c.verdict).where(
        _MAILS.c.state == "commented", _MAILS.c.received_at > now - _DAY, _MAILS.c.person_id == person_id
    )
    rows = session.execute(wanted).all()
    on_case = [row.received_at for row in rows if case_id is not None and row.case_id == case_id]
    within_hour = sum(at > now - _HOUR for at in on_case)
    same = sum(row.verdict.get("words") == words for row in rows)
    return within_hour >= COMMENTS_CASE_HOUR or len(on_case) >= COMMENTS_CASE_DAY or same >= SAME_WORDS_DAY


def hold(session: Session, dedupe_key: str, code: str) -> None:
    """Hold a letter that was just queued until a person releases it."""
    row = (_LETTERS.c.dedupe_key == dedupe_key, _LETTERS.c.state == "queued")
    session.execute(update(_LETTERS).where(*row).values(state="held", answer=f"answers: {code}"))


def _sent(session: Session, which: ColumnElement[bool], since: datetime) -> int:
    automatic = (_LETTERS.c.dedupe_key.startswith(PREFIX), _LETTERS.c.created_at > since)
    return session.execute(select(func.count()).select_from(_LETTERS).where(which, *automatic)).scalar_one()
