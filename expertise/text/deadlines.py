"""A deadline explained: how its day came about, in one sentence and part by part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from expertise.text.catalogues import N_
from expertise.text.holidays import holiday_name
from expertise.text.translator import Translator, clock_time, day
from workflows.calendar import Calendar, DayRule
from workflows.clocks import left_of
from workflows.deadlines import Clocks, Explanation, Plan
from workflows.definition import Definition, State
from workflows.extension import extendable


@dataclass(frozen=True, slots=True)
class DeadlineText:
    """`parts` are labels and values. `unconfirmed`: the year whose decrees are awaited, None when they are known.

    `clocks` are labels and texts of the time over several states that goes on beside. No sentence: nothing is due.
    """

    sentence: str
    parts: list[tuple[str, str]]
    unconfirmed: int | None
    clocks: list[tuple[str, str]] = field(default_factory=list)


def describe_deadline(
    why: Explanation, state: State, due_at: datetime, place: str, translator: Translator
) -> DeadlineText:
    """Explain the deadline of a case in `state`, due at `due_at` on the clock of `place`."""
    sentence = _sentence(why, due_at, place, translator)
    return DeadlineText(sentence, list(_parts(state, why, translator)), None if why.confirmed else why.due_on.year)


def describe_plan(
    plan: Plan, definition: Definition, state: str, clocks: Clocks, place: str, translator: Translator
) -> DeadlineText | None:
    """Explain the deadline of a case in `state` and the time over several states; None where there is neither.

    The sentence is about what ends first; a clock is called by its name in it.
    """
    beside = list(_clocks(plan, definition, clocks, place, translator))
    why = plan.governing
    if why is None and plan.due_at is not None and plan.on is not None:
        label = definition.fields[plan.on].label[translator.language]
        return DeadlineText(f"{label}: {moment_at(plan.due_at, place)}", [], None, beside)
    if why is None or plan.due_at is None:
        return DeadlineText("", [], None, beside) if beside else None
    if plan.due_of is None:
        return replace(describe_deadline(why, definition.states[state], plan.due_at, place, translator), clocks=beside)
    label = definition.clocks[plan.due_of].label[translator.language]
    sentence = f"{label}: {_sentence(why, plan.due_at, place, translator)}"
    return DeadlineText(
        sentence, list(_parts(None, why, translator)), None if why.confirmed else why.due_on.year, beside
    )


def _clocks(
    plan: Plan, definition: Definition, clocks: Clocks, place: str, translator: Translator
) -> Iterator[tuple[str, str]]:
    """The label of each clock that does not give the due moment, and its end, or what is left while it waits."""
    running = {clock.key: clock for clock in plan.clocks}
    for key, rule in definition.clocks.items():
        clock, label = clocks.get(key), rule.label[translator.language]
        if key in running and key != plan.due_of:
            yield label, _sentence(running[key].explanation, running[key].due_at, place, translator)
        elif clock is not None and not clock.get("running") and not clock.get("stopped"):
            left = describe_budget(max(left_of(rule, clock), 0), rule.within.unit.value, translator)
            yield label, translator.gettext("paused, left: %(days)s", days=left)


def _sentence(why: Explanation, due_at: datetime, place: str, translator: Translator) -> str:
    return f"{', '.join(_pieces(why, translator))} → {moment_at(due_at, place)}"


def describe_rule(why: Explanation, translator: Translator) -> str:
    """The budget; with all that goes into the date when the budget alone does not give it."""
    if why.extended or why.used or why.paused or why.not_after:
        return ", ".join(_pieces(why, translator))
    return describe_budget(why.budget.amount, why.budget.unit.value, translator)


def moment_at(at: datetime, place: str) -> str:
    """`21.05.2026, 18:00 Kyzylorda`."""
    return f"{day(at)}, {clock_time(at)} {place}".rstrip()


def describe_budget(amount: int, unit: str, translator: Translator) -> str:
    """`5 working days`."""
    if unit == "working days":
        return translator.ngettext("%(num)d working day", "%(num)d working days", amount)
    return translator.ngettext("%(num)d calendar day", "%(num)d calendar days", amount)


def describe_days_left(due_at: datetime, now: datetime, calendar: Calendar, translator: Translator) -> str:
    """`today`, `tomorrow`, `in 3 working days`, `late by 2 working days`; calendar days where no office is open."""
    today, due_on = calendar.local_day(now), calendar.local_day(due_at)
    if due_at < now:
        return _days_late(today, due_on, calendar, translator)
    if due_on == today:
        return translator.gettext("today")
    if (due_on - today).days == 1:
        return translator.gettext("tomorrow")
    working = calendar.working_days_between(today, due_on)
    if working:
        return translator.ngettext("in %(num)d working day", "in %(num)d working days", working)
    return translator.ngettext("in %(num)d calendar day", "in %(num)d calendar days", (due_on - today).days)


def _days_late(today: date, due_on: date, calendar: Calendar, translator: Translator) -> str:
    working = calendar.working_days_between(due_on, today)
    if working:
        return translator.ngettext("late by %(num)d working day", "late by %(num)d working days", working)
    if due_on == today:
        return translator.gettext("late since today")
    return translator.ngettext("late by %(num)d calendar day", "late by %(num)d calendar days", (today - due_on).days)


def _pieces(why: Explanation, translator: Translator) -> Iterator[str]:
    def days(amount: int) -> str:
        return describe_budget(amount, why.budget.unit.value, translator) if amount else ""

    budget = days(why.budget.amount)
    yield translator.gettext("%(budget)s from %(day)s", budget=budget, day=day(why.started_on))
    figures: tuple[tuple[str, str | int], ...] = (
        (N_("added: %(days)s"), days(why.extended)),
        (N_("used before: %(days)s"), days(why.used)),
        (N_("paused: %(days)s"), days(why.paused)),
        (N_("moved by holidays and decrees: %(days)s"), why.put_off),
        (N_("moved to the next working day: %(days)s"), 0 if why.put_off else why.moved),
        (N_("days off that are worked: %(days)s"), why.worked_instead),
    )
    yield from (translator.gettext(sentence, days=figure) for sentence, figure in figures if figure)
    if why.not_after:
        yield translator.gettext("not after %(day)s", day=day(why.not_after))


def _parts(state: State | None, why: Explanation, translator: Translator) -> Iterator[tuple[str, str]]:
    """All of it as labels and values; what does not apply is left out."""

    def days(amount: int) -> str:
        return describe_budget(amount, why.budget.unit.value, translator) if amount else ""

    moved = describe_budget(why.moved, "calendar days", translator) if why.moved else ""
    parts = (
        (N_("Time allowed"), describe_budget(why.budget.amount, why.budget.unit.value, translator)),
        (N_("Counted from"), day(why.started_on)),
        (N_("Added by decision"), days(why.extended)),
        (N_("Extended"), _times(state, why, translator) if state and extendable(state) else ""),
        (N_("Used before"), days(why.used)),
        (N_("Did not count while waiting"), days(why.paused)),
        (N_("Moved to the next working day, by"), moved),
        (N_("Latest useful day"), day(why.not_after)),
        (N_("Holidays and moved days"), "; ".join(_special_day(rule, translator) for rule in why.days_off)),
    )
    return ((translator.gettext(label), value) for label, value in parts if value)


def _times(state: State, why: Explanation, translator: Translator) -> str:
    most = state.deadline.extend.times if state.deadline is not None and state.deadline.extend is not None else 0
    return translator.gettext("%(given)s of %(most)s times", given=why.extensions, most=most)


def _special_day(rule: DayRule, translator: Translator) -> str:
    kind = translator.gettext("worked") if rule.working else translator.gettext("day off")
    return f"{rule.day:%d.%m} – {kind} ({holiday_name(rule.source, translator)})"
