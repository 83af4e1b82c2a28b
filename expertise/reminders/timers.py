"""The timers of a case: replaced when it enters a state, found when they are due, done once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, bindparam, column, delete, func, insert, select, table, update
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.base.write_set import WriteSet
from expertise.reminders.model import Timer
from workflows.deadlines import Plan, PlannedTimer

#: A step of the clock that is refused is tried again: soon at first, then after as long as it is late already.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=15), timedelta(hours=4)


class TimerEnd(StrEnum):
    """The end of a timer, or of one attempt: a refused step of the clock has the code of the refusal, and waits."""

    DONE = "done"
    STALE = "stale"  # the case has left the state
    BUSY = "busy"  # not done: somebody else holds the case, or its deadline is about to move
    FAULT = "fault"  # not done: it failed and is logged


_TIMERS = table_of(Timer)
#: Timers do not know the cases room: of that table they hold a row, and need no class.
_CASES = table("cases", column("id"))
_FORGET = delete(_TIMERS).where(_TIMERS.c.case_id == bindparam("this_case"), _TIMERS.c.done_at.is_(None))


def replace(writes: WriteSet, case_id: int, visit: int, deadline: Plan, *, had: bool) -> None:
    """Forget what was pending in the stay before (`had` a deadline) and set the ladder of the new stay."""
    if had:
        writes.delete(_TIMERS, {"case_id": case_id, "done_at": None})
    writes.insert(_TIMERS, _ladder(case_id, visit, deadline.timers))


def _ladder(case_id: int, visit: int, planned: Iterable[PlannedTimer]) -> list[dict[str, Any]]:
    return [
        {
            "case_id": case_id,
            "visit": visit,
            "kind": timer.kind.value,
            "rung": timer.rung,
            "to_role": None if timer.step else timer.to,
            "step": timer.step,
            "due_at": timer.due_at,
        }
        for timer in planned
    ]


def adjust(session: Session, case_id: int, visit: int, deadline: Plan) -> None:
    """Set the ladder of the same stay anew, at once. A rung that was done stays done: each happens once."""
    session.execute(_FORGET, {"this_case": case_id})
    done = select(Timer.rung).where(Timer.case_id == case_id, Timer.visit == visit)
    over = set(session.scalars(done))
    rows = _ladder(case_id, visit, (timer for timer in deadline.timers if timer.rung not in over))
    if rows:
        session.execute(insert(_TIMERS), rows)


def ladders(session: Session, case_ids: Sequence[int]) -> dict[int, list[Any]]:
    """The timers of these cases, of every stay: case_id, visit, rung, due_at, done_at."""
    found: dict[int, list[Any]] = {}
    wanted = select(Timer.case_id, Timer.visit, Timer.rung, Timer.due_at, Timer.done_at)
    for row in session.execute(wanted.where(Timer.case_id.in_(case_ids))):
        found.setdefault(row.case_id, []).append(row)
    return found


def is_due(session: Session, now: datetime, without: Collection[int] = ()) -> bool:
    """Whether the moment of a pending timer has come, `without` (ids) left aside."""
    return session.execute(_due(now, without).limit(1)).first() is not None


def claim(session: Session, now: datetime, without: Collection[int] = ()) -> Row[int, int] | None:
    """The oldest pending timer whose moment has come, with its case: (id, case_id); both are held.

    Timers and cases that somebody else holds are skipped (PostgreSQL), and so are `without` (ids).
    """
    wanted = _due(now, without).join(_CASES, _CASES.c.id == _TIMERS.c.case_id)
    held = wanted.limit(1).with_for_update(of=[_TIMERS, _CASES], key_share=True, skip_locked=True)
    return session.execute(held).first()


def _due(now: datetime, without: Collection[int]) -> Select[int, int]:
    wanted = select(_TIMERS.c.id, _TIMERS.c.case_id).where(_TIMERS.c.done_at.is_(None), _TIMERS.c.due_at <= now)
    if without:
        wanted = wanted.where(_TIMERS.c.id.not_in(without))
    return wanted.order_by(_TIMERS.c.due_at, _TIMERS.c.id)


def pending(session: Session, timer_id: int, case_id: int, now: datetime) -> Row[Any] | None:
    """The timer when it is still to be done. Ask while holding its case: that is the claim.

    SQLite gives the number of a forgotten timer to a new one, which may belong to another case or day.
    """
    still = (Timer.case_id == case_id, Timer.due_at <= now, Timer.done_at.is_(None))
    return session.execute(select(table_of(Timer)).where(Timer.id == timer_id, *still)).first()


def next_due(session: Session, timer: Row[Any]) -> datetime | None:
    """When the next pending timer of the same stay falls due; None when this was the last."""
    same = (Timer.case_id == timer.case_id, Timer.visit == timer.visit, Timer.done_at.is_(None))
    later = select(func.min(Timer.due_at)).where(*same, Timer.due_at > timer.due_at)
    return session.execute(later).scalar()


def done(session: Session, timer_id: int, outcome: str, now: datetime) -> None:
    """Mark a timer as done, with what became of it."""
    session.execute(update(table_of(Timer)).where(Timer.id == timer_id).values(done_at=now, outcome=outcome))


def postpone(session: Session, timer: Row[Any], since: datetime, refusal: str, now: datetime) -> None:
    """Let a step of the clock that was refused fall due again; it is late `since` then. `refusal` is its code."""
    again = now + min(max(now - since, FIRST_WAIT), LONGEST_WAIT)
    values = {"done_at": None, "outcome": refusal, "due_at": again}
    session.execute(update(_TIMERS).where(_TIMERS.c.id == timer.id).values(values))


def held(session: Session, case_id: int, visit: int) -> Row[Any] | None:
    """The step of the clock that was refused in this stay and waits to be tried again; None for none."""
    mine = (_TIMERS.c.case_id == case_id, _TIMERS.c.visit == visit, _TIMERS.c.done_at.is_(None))
    return session.execute(select(_TIMERS).where(*mine, _TIMERS.c.outcome.is_not(None)).limit(1)).first()


def explained(deadline: Plan) -> dict[str, Any] | None:
    """The rule behind a due moment as JSON for the case row, to be put into words on its page."""
    why = deadline.explanation
    if why is None:
        return None
    return {
        "amount": why.budget.amount,
        "unit": why.budget.unit.value,
        "extended": why.extended,
        "extensions": why.extensions,
        "started_on": _iso(why.started_on),
        "used": why.used,
        "paused": why.paused,
        "moved": why.moved,
        "due_on": _iso(why.due_on),
        "confirmed": why.confirmed,
        "not_after": _iso(why.not_after) if why.not_after else None,
        "days_off": [{"day": _iso(rule.day), "working": rule.working, "source": rule.source} for rule in why.days_off],
    }


def _iso(day: date) -> str:
    return day.isoformat()
