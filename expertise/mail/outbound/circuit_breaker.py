"""Circuit breaker: pauses the queue for all senders when the server refuses Komek, or too many letters.

While it is open nothing is sent. After a pause one letter is tried; its success closes the breaker. An
administrator can close it as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from expertise.base.database import changed, insert_into, table_of
from expertise.mail.model import CircuitBreaker, LetterLog

PAUSE = timedelta(minutes=15)
#: Time for the trial letter before another one may be tried.
TRIAL = timedelta(minutes=2)
WINDOW = timedelta(minutes=10)
#: The breaker opens if more than SHARE of at least LEAST attempts within WINDOW failed.
SHARE, LEAST = 0.2, 20
#: Failed results; "postponed" (4xx) is the answer of a working server.
BAD = ("failed", "uncertain", "unreachable")

_ROW = table_of(CircuitBreaker)
_THE_ONE = 1


@dataclass(frozen=True, slots=True)
class BreakerStatus:
    """State of the breaker: whether letters wait, why, since when, and when the next one is tried."""

    open: bool = False
    reason: str = ""
    opened_at: datetime | None = None
    until: datetime | None = None


def status(session: Session) -> BreakerStatus:
    """Return the state of the breaker, which all senders share."""
    row = session.execute(select(_ROW)).first()
    return (
        BreakerStatus()
        if row is None
        else BreakerStatus(row.until is not None, row.reason or "", row.opened_at, row.until)
    )


def allowance(session: Session, now: datetime, limit: int) -> int:
    """Return the number of letters that may be claimed: `limit`, 0, or 1 as a trial, which is then used up."""
    if not status(session).open:
        return limit
    trial = update(_ROW).where(_ROW.c.until <= now).values(until=now + TRIAL)
    return min(limit, changed(session, trial))


def trip(session: Session, reason: str, now: datetime) -> None:
    """Open the breaker, or extend the pause of an open one."""
    values = {"reason": reason, "until": now + PAUSE}
    since = func.coalesce(_ROW.c.opened_at, now)
    fresh = insert_into(session, _ROW).values(id=_THE_ONE, opened_at=now, **values)
    session.execute(fresh.on_conflict_do_update(index_elements=["id"], set_={**values, "opened_at": since}))


def trip_if_failing(session: Session, now: datetime) -> bool:
    """After a failed attempt: open the breaker if too many failed lately. Return whether it is open."""
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
    """Close the breaker after a successful trial, or on behalf of `person_id`. Return False if it was closed."""
    closed = update(_ROW).where(_ROW.c.until.is_not(None))
    return bool(changed(session, closed.values(until=None, opened_at=None, closed_at=now, closed_by_id=person_id)))
