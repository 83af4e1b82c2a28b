"""Progress of calendar changes: the next one to work on, how far it is, and the people it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.orm import Session

from expertise.calendars.model import COUNTRY, CalendarChange, CalendarMove

#: A step that read the calendars before a change is committed after this at the latest: locks and statements
#: end sooner. What was stepped on in between is looked at once more.
GRACE = timedelta(minutes=1)


def next_change(session: Session, now: datetime) -> CalendarChange | None:
    """Return the oldest change that has work now, locked; None if there is none or another worker has it."""
    ready = and_(CalendarChange.state == "again", CalendarChange.at <= now - GRACE)
    wanted = select(CalendarChange).where(or_(CalendarChange.state.in_(("open", "letters")), ready))
    return session.scalars(wanted.order_by(CalendarChange.id).limit(1).with_for_update(skip_locked=True)).first()


def waiting(session: Session) -> bool:
    """Return whether a change still has work, now or soon."""
    return bool(session.scalar(select(exists().where(CalendarChange.state.in_(("open", "again", "letters"))))))


def unsettled(session: Session) -> bool:
    """Return whether a change still has deadlines to recompute."""
    return bool(session.scalar(select(exists().where(CalendarChange.state.in_(("open", "again"))))))


def sources(session: Session, change: CalendarChange, organisation_id: int | None, since: date, until: date) -> str:
    """Return the decrees that may have moved a deadline between two days: all unfinished ones, or that of `change`."""
    wanted = select(CalendarChange).where(
        CalendarChange.state.in_(("open", "again")),
        CalendarChange.organisation_id.in_((COUNTRY, organisation_id or COUNTRY)),
    )
    touching = [
        each.source
        for each in session.scalars(wanted.order_by(CalendarChange.id))
        if any(since.isoformat() < day["day"] <= until.isoformat() for day in each.after)
    ]
    return "; ".join(dict.fromkeys(touching)) or change.source


def record_move(
    session: Session, change: CalendarChange, case_id: int, people: Iterable[int], moved: Mapping[str, datetime]
) -> None:
    """Record for the letters that a due date moved, for each person to notify. `moved` has `was` and `due`."""
    for person_id in set(people):
        known = session.get(CalendarMove, (change.id, person_id, case_id))
        if known is None:
            session.add(CalendarMove(change_id=change.id, person_id=person_id, case_id=case_id, told=False, **moved))
        else:
            known.due = moved["due"]
    session.flush()


def people_to_notify(session: Session, change: CalendarChange, limit: int) -> Sequence[int]:
    """Return ids of people who have not been written to yet."""
    waiting = select(CalendarMove.person_id).where(CalendarMove.change_id == change.id, CalendarMove.told.is_(False))
    return session.scalars(waiting.distinct().order_by(CalendarMove.person_id).limit(limit)).all()


def mark_notified(session: Session, change: CalendarChange, people: Sequence[int]) -> None:
    """Record that the letters to these people are queued."""
    theirs = (CalendarMove.change_id == change.id, CalendarMove.person_id.in_(people))
    session.execute(update(CalendarMove).where(*theirs).values(told=True))
