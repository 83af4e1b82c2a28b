"""Actions of an administrator on a letter. Each writes a row with the person into the letter's log."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Update, case, update
from sqlalchemy.orm import Session

from expertise.base.database import changed
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound import letter_log

#: A released letter does not expire before this time.
LIVES = timedelta(days=3)

_ROW = OutgoingLetter


def release(session: Session, letter_id: int, person_id: int, now: datetime) -> bool:
    """Release a held letter, even where letters are held. Return False if it is not held any more."""
    queued = update(_ROW).where(_ROW.id == letter_id, _ROW.state == "held")
    change = queued.values(state="queued", released_at=now, **_longer(now))
    return _noted(session, change, letter_id, "released", person_id, now)


def arrived(session: Session, letter_id: int, person_id: int, now: datetime) -> bool:
    """Record that the letter, whose arrival was unknown, has arrived. Return False if its state has changed."""
    uncertain = update(_ROW).where(_ROW.id == letter_id, _ROW.state == "uncertain")
    return _noted(session, uncertain.values(state="accepted", lease_until=None), letter_id, "arrived", person_id, now)


def again(session: Session, letter_id: int, person_id: int, now: datetime) -> bool:
    """Send a letter whose arrival is unknown once more, under the same Message-ID. Return False as in `arrived`."""
    uncertain = update(_ROW).where(_ROW.id == letter_id, _ROW.state == "uncertain")
    change = uncertain.values(lease_until=now, not_before=now, released_at=now, **_longer(now))
    return _noted(session, change, letter_id, "again", person_id, now)


def cancel(session: Session, letter_id: int, person_id: int, now: datetime) -> bool:
    """Cancel a letter that waits. Return False if it does not wait any more."""
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
