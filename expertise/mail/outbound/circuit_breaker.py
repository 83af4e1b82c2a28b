"""The circuit breaker: when the mail server refuses the house, or too many letters, the queue pauses for all carriers.

Open, nothing is sent. After a pause one letter tries; its success closes the breaker, as an administrator can.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from expertise.base.database import changed, insert_into, table_of
from expertise.mail.model import CircuitBreaker, LetterLog

PAUSE = timedelta(minutes=15)
#: The one letter that tries has this long before another one may.
TRIAL = timedelta(minutes=2)
WINDOW = timedelta(minutes=10)
#: More than this share of at least so many attempts within the window.
SHARE, LEAST = 0.2, 20
#: Ends of an attempt that speak of the server or of us; "later" (4xx) is a server that works.
BAD = ("failed", "uncertain", "unreachable")

_ROW = table_of(CircuitBreaker)
_THE_ONE = 1


@dataclass(frozen=True, slots=True)
class BreakerStatus:
    """Whether letters wait, why, since when, and when one letter tries again."""

    open: bool = False
    reason: str = ""
    opened_at: datetime | None = None
    until: datetime | None = None


def status(session: Session) -> BreakerStatus:
    """As all carriers see it."""
    row = session.execute(select(_ROW)).first()
    return (
        BreakerStatus()
        if row is None
        else BreakerStatus(row.until is not None, row.reason or "", row.opened_at, row.until)
    )


def allowance(session: Session, now: datetime, limit: int) -> int:
    """How many letters a carrier may claim: all, none, or one as a trial, which the carrier then has taken."""
    if not status(session).open:
        return limit
    trial = update(_ROW).where(_ROW.c.until <= now).values(until=now + TRIAL)
    return min(limit, changed(session, trial))


def trip(session: Session, reason: str, now: datetime) -> None:
    """Pause the queue, or pause it anew."""
    values = {"reason": reason, "until": now + PAUSE}
    since = func.coalesce(_ROW.c.opened_at, now)
    fresh = insert_into(session, _ROW).values(id=_THE_ONE, opened_at=now, **values)
    session.execute(fresh.on_conflict_do_update(index_elements=["id"], set_={**values, "opened_at": since}))


def trip_if_failing(session: Session, now: datetime) -> bool:
    """After a bad end: pause the queue when there were too many of late. Says whether it is paused."""
    if status(session).open:
        return True
    since = session.scalar(select(_ROW.c.closed_at)) or now - WINDOW
    bad = func.count().filter(LetterLog.what.in_(BAD))
    attempts = select(func.count(), bad).where(
        LetterLog.ended_at > max(since, now - WINDOW), LetterLog.number.is_not(None)
    )
    total, wrong = session.execute(attempts).one()
    if total < LEAST or wrong <= SHARE * total:
        return False
    trip(session, f"{wrong} / {total}", now)
    return True


def close(session: Session, now: datetime, person_id: int | None = None) -> bool:
    """Let all letters go again: a trial succeeded, or this person says so. False when it was closed."""
    closed = update(_ROW).where(_ROW.c.until.is_not(None))
    return bool(changed(session, closed.values(until=None, opened_at=None, closed_at=now, closed_by_id=person_id)))
