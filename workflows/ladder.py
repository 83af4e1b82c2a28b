"""The timers of a deadline: reminders before it, the step of the clock at its end, escalations after it."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from workflows.calendar import Calendar
from workflows.definition import CaseClock, DayUnit, Deadline, Rung

#: Reminders and escalations fall at this local time, on working days: quiet hours are 20:00 to 08:00.
MORNING = time(9)


class TimerKind(enum.StrEnum):
    """The action of a timer."""

    REMIND = "remind"
    ESCALATE = "escalate"
    LAPSE = "lapse"


@dataclass(frozen=True, slots=True)
class PlannedTimer:
    """A timer of a deadline. `to` is a role; a lapse goes to `clock` and fires `step`."""

    kind: TimerKind
    rung: str
    due_at: datetime
    to: str
    step: str | None = None


def ladder(
    deadline: Deadline | CaseClock,
    owner: str | None,
    calendar: Calendar,
    due_on: date,
    due_at: datetime | None = None,
) -> tuple[PlannedTimer, ...]:
    """Return the timers of a deadline that ends on `due_on`, in the order in which they fall due.

    It ends when the offices close, unless at `due_at`.
    """
    end = due_at or calendar.closing(due_on)
    rungs = [(TimerKind.REMIND, rung) for rung in deadline.remind]
    rungs += [(TimerKind.ESCALATE, rung) for rung in deadline.escalate]
    timers = []
    for kind, rung in rungs:
        hours = timedelta(hours=rung.offset.amount) if rung.offset.unit is DayUnit.HOURS else None
        falls_at = end - hours if hours else calendar.at(_rung_day(rung, calendar, due_on), MORNING)
        timers.append(PlannedTimer(kind, rung.name, falls_at, rung.to or owner or ""))
    if deadline.then is not None:
        timers.append(PlannedTimer(TimerKind.LAPSE, "lapse", end, "clock", deadline.then))
    return tuple(sorted(timers, key=lambda timer: timer.due_at))


def _rung_day(rung: Rung, calendar: Calendar, due_on: date) -> date:
    """The working day of a rung; in calendar days a warning comes earlier, never later."""
    if rung.when == "on":
        return due_on
    sign = -1 if rung.when == "before" else 1
    if rung.offset.unit is DayUnit.WORKING_DAYS:
        return calendar.add_working_days(due_on, sign * rung.offset.amount)
    day = due_on + timedelta(days=sign * rung.offset.amount)
    return calendar.on_or_before(day) if sign < 0 else calendar.on_or_after(day)


def still_to_come(timers: Iterable[PlannedTimer], planned_at: datetime) -> tuple[PlannedTimer, ...]:
    """Return those that do not lie before `planned_at`, and the lapse."""
    return tuple(timer for timer in timers if timer.kind is TimerKind.LAPSE or timer.due_at >= planned_at)
