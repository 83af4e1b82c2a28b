"""Budgets over several states, as pure functions: what each does when a case comes to a state, and when it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from workflows.calendar import Calendar
from workflows.deadlines import (
    Clock,
    Clocks,
    Plan,
    RunningClock,
    Term,
    count_days,
    explain,
)
from workflows.definition import CaseClock, Definition
from workflows.ladder import ladder, still_to_come

PLAIN = Term()


def arrive(definition: Definition, target: str, calendar: Calendar, now: datetime, clocks: Clocks) -> dict[str, Clock]:
    """Return the budgets over several states of a case that comes to `target` now; those of states are left out.

    An end stops each, and so does a state that says so. Whoever stays where they are does not arrive.
    """
    found = {}
    for key, rule in definition.clocks.items():
        after = _arrived(rule, definition, target, calendar, now, clocks.get(key))
        if after is not None:
            found[key] = after
    return found


def _arrived(
    rule: CaseClock, definition: Definition, target: str, calendar: Calendar, now: datetime, before: Clock | None
) -> Clock | None:
    ends = target in rule.stops or definition.states[target].final is not None
    if before is None or before.get("stopped"):
        if ends or target not in rule.starts:
            return before
        run = before.get("run", 1) + 1 if before is not None else 1
        before = Clock(since=calendar.local_day(now).isoformat(), used=0, run=run, running=now.isoformat())
    if ends or target in rule.pauses_in:
        return _halted(rule, calendar, now, before, stopped=ends)
    return before if before.get("running") else _with(before, running=now.isoformat())


def _halted(rule: CaseClock, calendar: Calendar, now: datetime, before: Clock, *, stopped: bool) -> Clock:
    """The budget that runs no longer, with the days that it ran."""
    spent, since = before["used"], before.get("running")
    if since:
        start = calendar.local_day(datetime.fromisoformat(since))
        spent += count_days(calendar, rule.within.unit, start, calendar.local_day(now))
    return _with(before, used=spent, running=None, stopped=stopped)


def _with(before: Clock, *, running: str | None, used: int | None = None, stopped: bool = False) -> Clock:
    after = Clock(since=before["since"], used=before["used"] if used is None else used, run=before.get("run", 1))
    return after | {"running": running} | ({"stopped": True} if stopped else {})


def is_running(clocks: Clocks, key: str, run: int) -> bool:
    """Return whether this run of the clock runs now."""
    clock = clocks.get(key)
    return clock is not None and bool(clock.get("running")) and clock.get("run") == run


def beside(stay: Plan, definition: Definition, calendar: Calendar, clocks: Clocks, planned_at: datetime) -> Plan:
    """Return the plan of a stay together with the budgets that run: the earliest end is that of the case.

    Reminders and escalations that lie before `planned_at` are left out; the lapse never is.
    """
    running = tuple(
        _running(rule, clock, calendar, planned_at)
        for key, rule in definition.clocks.items()
        if (clock := clocks.get(key)) is not None and clock.get("running")
    )
    first = min(running, key=lambda each: each.due_at, default=None)
    if first is None:
        return stay
    earlier = stay.due_at is None or first.due_at < stay.due_at
    due_at, due_of = (first.due_at, first.key) if earlier else (stay.due_at, None)
    return replace(stay, clocks=running, due_at=due_at, due_of=due_of)


def _running(rule: CaseClock, clock: Clock, calendar: Calendar, planned_at: datetime) -> RunningClock:
    since = datetime.fromisoformat(clock.get("running") or "")
    explanation = explain(rule.within, calendar, since, clock, PLAIN)
    timers = ladder(rule, None, calendar, explanation.due_on)
    due_at = calendar.closing(explanation.due_on)
    return RunningClock(rule.key, clock.get("run", 1), due_at, still_to_come(timers, planned_at), explanation)


def left_of(rule: CaseClock, clock: Clock) -> int:
    """Return how many days of a budget that waits are left; negative when more were used."""
    return rule.within.amount - clock["used"]


def changed(before: Clocks, after: Mapping[str, Clock], key: str) -> tuple[bool, bool]:
    """Return whether this clock ceased to run, and whether it began to: both when it began a new run."""
    old, new = before.get(key), after.get(key)
    ran = (old.get("run"), old.get("running")) if old is not None and old.get("running") else None
    runs = (new.get("run"), new.get("running")) if new is not None and new.get("running") else None
    return ran is not None and ran != runs, runs is not None and ran != runs
