"""The timers of a case: replaced when it enters a state, found when they are due, done once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, bindparam, column, delete, func, insert, or_, select, table, update
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.base.write_set import WriteSet
from expertise.reminders.model import Timer
from workflows.calendar import DayRule
from workflows.clocks import changed
from workflows.deadlines import Clocks, Explanation, Plan
from workflows.definition import Budget, DayUnit
from workflows.ladder import PlannedTimer

#: A step of the clock that is refused is tried again: soon at first, then after as long as it is late already.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=15), timedelta(hours=4)


class TimerEnd(StrEnum):
    """The end of a timer, or of one attempt: a refused step of the clock has the code of the refusal, and waits."""

    DONE = "done"
    STALE = "stale"  # the case has left the state
    BUSY = "busy"  # not done: somebody else holds the case, or its deadline is about to move
    FAULT = "fault"  # not done: it failed and is logged


#: Where the name of a clock stands, for the timers of a stay.
STAY = ""

_TIMERS = table_of(Timer)
#: The columns that name a timer of a case.
_NAME = (_TIMERS.c.clock, _TIMERS.c.visit, _TIMERS.c.rung)
#: Timers do not know the cases room: of that table they hold a row, and need no class.
_CASES = table("cases", column("id"))
_FORGET = delete(_TIMERS).where(_TIMERS.c.case_id == bindparam("this_case"), _TIMERS.c.done_at.is_(None))


def replace(writes: WriteSet, case_id: int, visit: int, deadline: Plan, *, had: bool) -> None:
    """Forget what was pending in the stay before (`had` a deadline) and set the ladder of the new stay."""
    if had:
        writes.delete(_TIMERS, {"case_id": case_id, "clock": STAY, "done_at": None})
    writes.insert(_TIMERS, _ladder(case_id, visit, deadline.timers))


def follow_clocks(
    writes: WriteSet, case_id: int, deadline: Plan, before: Clocks, after: Clocks, keys: Iterable[str]
) -> None:
    """Forget the timers of each clock that runs no longer, and set the ladder of each that has begun to run.

    A rung that was done in this run stays done: each happens once, however often the clock waited.
    """
    running = {clock.key: clock for clock in deadline.clocks}
    for key in keys:
        ceased, began = changed(before, after, key)
        if ceased:
            writes.delete(_TIMERS, {"case_id": case_id, "clock": key, "done_at": None, "visit": before[key].get("run")})
        if began:
            clock = running[key]
            writes.insert(_TIMERS, _ladder(case_id, clock.run, clock.timers, key), unless_there=True)


def _ladder(case_id: int, visit: int, planned: Iterable[PlannedTimer], clock: str = STAY) -> list[dict[str, Any]]:
    return [
        {
            "case_id": case_id,
            "clock": clock,
            "visit": visit,
            "kind": timer.kind.value,
            "rung": timer.rung,
            "to_role": (None if timer.step else timer.to) or None,
            "step": timer.step,
            "due_at": timer.due_at,
        }
        for timer in planned
    ]


def adjust(session: Session, case_id: int, visit: int, deadline: Plan) -> None:
    """Set the ladders of the same stay and of the clocks anew, at once.

    A rung that was done stays done: each happens once.
    """
    session.execute(_FORGET, {"this_case": case_id})
    over = {tuple(row) for row in session.execute(select(*_NAME).where(_TIMERS.c.case_id == case_id))}
    rows = _ladder(case_id, visit, deadline.timers)
    for clock in deadline.clocks:
        rows += _ladder(case_id, clock.run, clock.timers, clock.key)
    rows = [row for row in rows if (row["clock"], row["visit"], row["rung"]) not in over]
    if rows:
        session.execute(insert(_TIMERS), rows)


def ladders(session: Session, case_ids: Sequence[int]) -> dict[int, list[Any]]:
    """The timers of these cases, of every stay: case_id, clock, visit, rung, due_at, done_at."""
    found: dict[int, list[Any]] = {}
    wanted = select(Timer.case_id, *_NAME, Timer.due_at, Timer.done_at)
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
    """When the next pending timer of the same stay, or of the same clock, falls due; None when this was the last."""
    stay = (Timer.case_id == timer.case_id, Timer.clock == timer.clock, Timer.visit == timer.visit)
    same = (*stay, Timer.done_at.is_(None))
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
    """The step of the clock that was refused here and waits to be tried again; None for none.

    Timers of another stay, and of a clock that ceased to run, are forgotten.
    """
    here = or_(_TIMERS.c.visit == visit, _TIMERS.c.clock != STAY)
    mine = (_TIMERS.c.case_id == case_id, here, _TIMERS.c.done_at.is_(None))
    return session.execute(select(_TIMERS).where(*mine, _TIMERS.c.outcome.is_not(None)).limit(1)).first()


def explained(why: Explanation | None) -> dict[str, Any] | None:
    """The rule behind a due moment as JSON for the case row, to be put into words on its page."""
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


def planned(stored: Mapping[str, Any] | None, due_at: datetime | None, due_of: str | None) -> Plan:
    """Return the plan whose figures `explained` has stored, without its timers; see `restore`."""
    if stored is None or "on" in stored:
        return Plan(due_at, due_of=due_of, on=stored["on"] if stored else None)
    said = {name: value for name, value in stored.items() if name not in ("amount", "unit", "planned_at")}
    days_off = (DayRule(date.fromisoformat(each["day"]), each["working"], each["source"]) for each in said["days_off"])
    said |= {"budget": Budget(stored["amount"], DayUnit(stored["unit"])), "days_off": tuple(days_off)}
    for name in ("started_on", "due_on", "not_after"):
        said[name] = date.fromisoformat(said[name]) if said.get(name) else None
    return Plan(due_at, (), Explanation(**said), due_of=due_of)


#: The columns of a timer that is still to come, as `kept` gives them.
_KEPT = ("clock", "visit", "kind", "rung", "to_role", "step", "outcome")


def kept(session: Session, case_id: int) -> list[dict[str, Any]]:
    """Return the timers of a case that are still to come, as JSON."""
    wanted = select(_TIMERS).where(_TIMERS.c.case_id == case_id, _TIMERS.c.done_at.is_(None)).order_by(_TIMERS.c.id)
    return [
        {name: getattr(row, name) for name in _KEPT} | {"due_at": row.due_at.isoformat()}
        for row in session.execute(wanted)
    ]


def restore(session: Session, case_id: int, rows: Iterable[Mapping[str, Any]]) -> None:
    """Let exactly these timers be to come, as `kept` has given them."""
    session.execute(_FORGET, {"this_case": case_id})
    made = [{**row, "case_id": case_id, "due_at": datetime.fromisoformat(row["due_at"])} for row in rows]
    if made:
        session.execute(insert(_TIMERS), made)


def _iso(day: date) -> str:
    return day.isoformat()
