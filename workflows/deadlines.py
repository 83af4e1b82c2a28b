"""Deadlines as pure functions: budgets of days, pauses, extensions, and the timers of reminders and escalations.

All instants are aware and passed in; every result is in UTC. A budget ends when the offices close on
its last day. The day on which it starts is never counted. While the case lies in a paused state the
budget of the state it came from waits, and goes on with what is left when the case returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NotRequired, TypedDict

from workflows.calendar import SATURDAY, Calendar, DayRule
from workflows.definition import Budget, DayUnit, Deadline, Definition, State
from workflows.ladder import PlannedTimer, ladder, still_to_come


class Clock(TypedDict):
    """A budget that waits: the day it first started (ISO), how many of its days are used, what was granted.

    A budget over several states has its run besides, from 1, and the moment (ISO) since which it runs: None while it
    waits, and when it was stopped.
    """

    since: str
    used: int
    extended: NotRequired[int]
    extensions: NotRequired[int]
    run: NotRequired[int]
    running: NotRequired[str | None]
    stopped: NotRequired[bool]


#: State or `CaseClock` → its budget. Plain JSON, kept on the case between two steps.
Clocks = Mapping[str, Clock]


@dataclass(frozen=True, slots=True)
class Term:
    """The terms of one visit of a state: days granted in it, number of decisions that granted them, the latest day.

    `moment` is the end of a deadline that a field gives; None while the field is empty.
    """

    extended: int = 0
    extensions: int = 0
    not_after: date | None = None
    moment: datetime | None = None


PLAIN = Term()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The figures from which a due moment was computed, for pages and letters.

    Day counts are in the budget's own unit, `moved` is in calendar days: from where the budget alone ends to the next
    working day. `days_off` are the days that differ from the plain week and that the rule came across: in working days
    those between start and due, in calendar days those at the end alone, for a latest day those before it.
    `confirmed` is false while decrees of the year of `due_on` are still awaited, so that the date may yet shift.
    `not_after` is the latest day when it, and not the budget, gave the due day.
    """

    budget: Budget
    extended: int
    extensions: int
    started_on: date
    used: int
    paused: int
    moved: int
    due_on: date
    days_off: tuple[DayRule, ...]
    confirmed: bool
    not_after: date | None = None

    @property
    def put_off(self) -> int:
        """The days by which holidays and decrees put the end off.

        In working days: those that were not counted for it. In calendar days: `moved`, where the budget ends on such a
        day and not on a mere weekend.
        """
        off = sum(not rule.working for rule in self.days_off)
        if self.not_after is not None:
            return 0
        if self.budget.unit is DayUnit.WORKING_DAYS:
            return off
        return self.moved if off else 0

    @property
    def worked_instead(self) -> int:
        """The days of weekends that were counted because they are worked; 0 in calendar days, which count them all."""
        if self.not_after is not None or self.budget.unit is DayUnit.CALENDAR_DAYS:
            return 0
        return sum(rule.working for rule in self.days_off)


@dataclass(frozen=True, slots=True)
class RunningClock:
    """A budget over several states that runs: its run, its due moment, its timers in their order, its figures."""

    key: str
    run: int
    due_at: datetime
    timers: tuple[PlannedTimer, ...]
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Plan:
    """The deadline of one stay in a state, and the budgets over several states that run beside it.

    `timers` are those of the stay, in the order in which they fall due, and `explanation` has its figures. `due_at` is
    the earliest end of all; `due_of` is the clock whose end it is, None for the stay.
    """

    due_at: datetime | None = None
    timers: tuple[PlannedTimer, ...] = ()
    explanation: Explanation | None = None
    clocks: tuple[RunningClock, ...] = ()
    due_of: str | None = None
    on: str | None = None  # the field whose day or moment ends the stay; then there are no figures

    @property
    def governing(self) -> Explanation | None:
        """The figures behind `due_at`: of the clock whose end it is, else of the stay."""
        return next((clock.explanation for clock in self.clocks if clock.key == self.due_of), self.explanation)


def plan(
    definition: Definition,
    state: str,
    calendar: Calendar,
    started_at: datetime,
    clocks: Clocks | None = None,
    *,
    term: Term = PLAIN,
    planned_at: datetime | None = None,
) -> Plan:
    """Return deadline and timers of a case that is in `state` since `started_at`; an empty plan without deadline.

    Reminders and escalations that lie before `planned_at` (default: the start) are left out; the lapse never is,
    because the worker may be late. After an extension all rungs start anew: they carry the number of decisions
    (`on-the-day+1`), so that each of them happens once.
    """
    deadline = definition.states[state].deadline
    if deadline is None:
        return Plan()
    if deadline.within is None:
        return _on_a_day(deadline, definition.states[state].owner, calendar, term.moment, planned_at or started_at)
    waiting = (clocks or {}).get(state)
    if waiting is None and planned_at is None and term == PLAIN and deadline.within.amount > 0:
        found = _of_day(_Day(definition.states[state], calendar, calendar.local_day(started_at)))
        return Plan(found.due_at, still_to_come(found.timers, started_at), found.explanation)
    explanation = explain(deadline.within, calendar, started_at, waiting, term)
    timers = ladder(deadline, definition.states[state].owner, calendar, explanation.due_on)
    if explanation.extensions:
        timers = tuple(replace(timer, rung=f"{timer.rung}+{explanation.extensions}") for timer in timers)
    return Plan(calendar.closing(explanation.due_on), still_to_come(timers, planned_at or started_at), explanation)


def _on_a_day(
    deadline: Deadline, owner: str | None, calendar: Calendar, moment: datetime | None, planned_at: datetime
) -> Plan:
    """The plan of a stay that ends at a moment, on whatever day of the week; an empty one while there is none."""
    if moment is None:
        return Plan(on=deadline.on)
    timers = ladder(deadline, owner, calendar, calendar.local_day(moment), moment)
    return Plan(moment, still_to_come(timers, planned_at), on=deadline.on)


class _Day:
    """A day on which a full budget begins, as a cache key: equal for the same day and the very same objects."""

    __slots__ = ("calendar", "day", "state")

    def __init__(self, state: State, calendar: Calendar, day: date) -> None:
        self.state, self.calendar, self.day = state, calendar, day

    def __hash__(self) -> int:
        return hash((id(self.state), id(self.calendar), self.day))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Day):
            return False
        return other.state is self.state and other.calendar is self.calendar and other.day == self.day


@lru_cache(maxsize=512)
def _of_day(key: _Day) -> Plan:
    """The plan of a full budget that begins on that day, at whatever hour, with the rungs of the whole day.

    Raises ValueError for a state without a deadline.
    """
    state, calendar = key.state, key.calendar
    if state.deadline is None or state.deadline.within is None:
        raise ValueError("a state without a budget has no plan that depends on a day alone")
    explanation = explain(state.deadline.within, calendar, calendar.at(key.day, time(0)), None, PLAIN)
    timers = ladder(state.deadline, state.owner, calendar, explanation.due_on)
    return Plan(calendar.closing(explanation.due_on), timers, explanation)


def leave(  # noqa: PLR0913 a wait has that many sides
    definition: Definition,
    state: str,
    target: str,
    calendar: Calendar,
    entered_at: datetime,
    left_at: datetime,
    clocks: Clocks | None = None,
    *,
    term: Term = PLAIN,
) -> dict[str, Clock]:
    """Return the paused budgets after a step from `state` to `target`, for `plan` on arrival.

    `term` is what was granted in the stay that ends; it waits with the budget.

    Into a paused state everything is kept and the budget of `state` begins to wait. Any other state
    finds only its own paused budget: work that went on elsewhere starts with a full one when it
    comes back. A step that stays where it is changes nothing.
    """
    kept = dict(clocks or {})
    if target == state:
        return kept
    if not definition.states[target].paused:
        return {target: kept[target]} if target in kept else {}
    return waited(definition, state, calendar, entered_at, left_at, kept, term=term)


def waited(
    definition: Definition,
    state: str,
    calendar: Calendar,
    entered_at: datetime,
    left_at: datetime,
    clocks: Clocks | None = None,
    *,
    term: Term = PLAIN,
) -> dict[str, Clock]:
    """All waiting budgets, that of `state` among them, of which the days from `entered_at` to `left_at` are used."""
    kept = dict(clocks or {})
    origin = definition.states[state]
    if origin.deadline is not None and origin.deadline.within is not None and not origin.paused:
        start, end = calendar.local_day(entered_at), calendar.local_day(left_at)
        before = kept.get(state, Clock(since=start.isoformat(), used=0))
        spent = count_days(calendar, origin.deadline.within.unit, start, end)
        kept[state] = Clock(since=before["since"], used=before["used"] + spent)
        if granted := term.extended + before.get("extended", 0):
            kept[state] |= {"extended": granted, "extensions": term.extensions + before.get("extensions", 0)}
    return kept


def working_days_left(calendar: Calendar, due_at: datetime, instant: datetime) -> int:
    """Working days from the day of `instant` to the due day: 0 on the day itself, negative when late."""
    return calendar.working_days_between(calendar.local_day(instant), calendar.local_day(due_at))


def explain(
    budget: Budget,
    calendar: Calendar,
    started_at: datetime,
    waiting: Clock | None,
    term: Term,
) -> Explanation:
    """Return the figures of a budget that runs since `started_at`; `waiting` is what was used of it before."""
    start = calendar.local_day(started_at)
    since = date.fromisoformat(waiting["since"]) if waiting else start
    used = waiting["used"] if waiting else 0
    extended = term.extended + (waiting.get("extended", 0) if waiting else 0)
    due, moved = _due_day(budget, calendar, started_at, budget.amount + extended - used)
    latest = _latest(term.not_after, calendar, started_at, due)
    if latest is not None:
        due, moved = latest, 0
    return Explanation(
        budget=budget,
        extended=extended,
        extensions=term.extensions + (waiting.get("extensions", 0) if waiting else 0),
        started_on=since,
        used=used,
        paused=count_days(calendar, budget.unit, since, start) - used,
        moved=moved,
        due_on=due,
        days_off=_days_off(calendar, *_met(budget, since, due, moved, term.not_after if latest else None)),
        confirmed=calendar.confirmed(due.year),
        not_after=term.not_after if latest is not None else None,
    )


def _met(budget: Budget, since: date, due: date, moved: int, latest: date | None) -> tuple[date, date]:
    """The days (start, end] through which the rule counted, or looked for a working day."""
    before = timedelta(days=1)
    if latest is not None:
        return due - before, latest
    if budget.unit is DayUnit.WORKING_DAYS:
        return since, due
    return due - timedelta(days=moved) - before, due


def _latest(not_after: date | None, calendar: Calendar, started_at: datetime, due: date) -> date | None:
    """The last working day that keeps the latest day, when the budget would pass it.

    A latest day that is over already binds nobody any more: the budget alone counts.
    """
    if not_after is None or not_after >= due:
        return None
    latest = calendar.on_or_before(not_after)
    return latest if calendar.closing(latest) > started_at else None


def _due_day(budget: Budget, calendar: Calendar, started_at: datetime, left: int) -> tuple[date, int]:
    """The last day of a budget of which `left` days remain, and by how many days it was moved.

    A budget used up to the day still gives the day of return; one that was exceeded stays exceeded.
    """
    start = calendar.local_day(started_at)
    if left == 0 and started_at >= calendar.closing(start):
        start += timedelta(days=1)
    if budget.unit is DayUnit.WORKING_DAYS:
        origin = start if left >= 0 else calendar.on_or_before(start)
        plain = calendar.add_working_days(origin, left)
    else:
        plain = start + timedelta(days=left)
    due = calendar.on_or_after(plain)
    return due, (due - plain).days


def count_days(calendar: Calendar, unit: DayUnit, start: date, end: date) -> int:
    """Return the days of a budget between two days, in its own unit: the interval (start, end]."""
    if unit is DayUnit.WORKING_DAYS:
        return calendar.working_days_between(start, end)
    return (end - start).days


def _days_off(calendar: Calendar, start: date, end: date) -> tuple[DayRule, ...]:
    """The rules in (start, end] that change the count: weekdays off and weekend days worked."""
    years = range(start.year, end.year + 1)
    return tuple(
        rule
        for year in years
        for rule in calendar.deviations(year)
        if start < rule.day <= end and rule.working is (rule.day.weekday() >= SATURDAY)
    )
