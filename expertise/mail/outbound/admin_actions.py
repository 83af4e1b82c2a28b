"""What an administrator may do about a letter. Each leaves a line in the letter's log that says who it was."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Update, case, update
from sqlalchemy.orm import Session

from expertise.base.database import changed
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound import letter_log

#: A letter that a person lets go has at least this long to leave.
LIVES = timedelta(days=3)

_ROW = OutgoingLetter


def release(session: Session, letter_id: int, person_id: int, now: datetime) -> bool:
    """Let a held letter go, even where letters are held. False: it is held no more."""
    held = update(_ROW).where(_ROW.id == letter_id, _ROW.state == "held")
    change = held.values(state="queued", released_at=now, **_longer(now))
    return _noted(session, change, letter_id, "released", person_id, now)


def arrived(session: Session, letter_id: int, person_id: int, now: datetime) -> bool:
    """Somebody has asked the reader: the letter of which nobody knew has arrived."""
    unsure = update(_ROW).where(_ROW.id == letter_id, _ROW.state == "uncertain")
    return _noted(session, unsure.values(state="accepted", lease_until=None), letter_id, "arrived", person_id, now)


def again(session: Session, letter_id: int, person_id: int, now: datetime) -> bool:
    """Send the letter of which nobody knows once more, under the Message-ID it had."""
    unsure = update(_ROW).where(_ROW.id == letter_id, _ROW.state == "uncertain")
    change = unsure.values(lease_until=now, not_before=now, released_at=now, **_longer(now))
    return _noted(session, change, letter_id, "again", person_id, now)


def cancel(session: Session, letter_id: int, person_id: int, now: datetime) -> bool:
    """A letter that waits shall not leave."""
    waiting = update(_ROW).where(_ROW.id == letter_id, _ROW.state.in_(("held", "queued")), _ROW.sent_at.is_(None))
    return _noted(session, waiting.values(state="cancelled"), letter_id, "cancelled", person_id, now)


def _longer(now: datetime) -> dict[str, object]:
    soon = now + LIVES
    return {"expires_at": case((_ROW.expires_at < soon, soon), else_=_ROW.expires_at)}


def _noted(session: Session, change: Update, letter_id: int, what: str, person_id: int, now: datetime) -> bool:
    if not changed(session, change):
        return False
    letter_log.noted(session, letter_id, what, now, person_id=person_id)
    return True
