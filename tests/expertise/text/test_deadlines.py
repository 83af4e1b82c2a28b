"""A deadline explained: every figure is one that the rule used, recounted here day by day."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from expertise.text.deadlines import describe_days_left, describe_deadline, describe_rule
from expertise.text.translator import TRANSLATORS
from tests.workflows.samples import REQUEST, definition_of
from workflows.calendar import ALMATY, Calendar, DayRule
from workflows.deadlines import Term, leave, plan
from workflows.definition import Budget, DayUnit

CALENDAR = Calendar.kazakhstan(
    rules=[
        DayRule(date(2025, 6, 21), True, "Decree 7"),  # a Saturday worked
        DayRule(date(2025, 6, 23), False, "Decree 7"),  # for this Monday
    ],
    confirmed_through=2026,
)
UNITS = {"working": DayUnit.WORKING_DAYS, "calendar": DayUnit.CALENDAR_DAYS}
FIGURES = {
    "holidays": r"moved by holidays and decrees: (\d+)",
    "next": r"moved to the next working day: (\d+)",
    "worked": r"days off that are worked: (\d+)",
}


def _planned(amount, unit, start, **more):
    definition = definition_of(REQUEST)
    deadline = replace(definition.states["checking"].deadline, within=Budget(amount, UNITS[unit]))
    state = replace(definition.states["checking"], deadline=deadline)
    changed = replace(definition, states={**definition.states, "checking": state})
    return changed, plan(changed, "checking", CALENDAR, datetime.combine(start, time(10), ALMATY), **more)


def _figures(definition, planned, language="en"):
    said = describe_deadline(
        planned.explanation, definition.states["checking"], planned.due_at, "", TRANSLATORS[language]
    )
    found = {name: re.search(pattern, said.sentence) for name, pattern in FIGURES.items()}
    return {name: int(match[1]) for name, match in found.items() if match}


def test_calendar_days_move_by_what_they_move_and_not_by_what_lies_on_the_way():
    """90 days over New Year, 8 March and Nauryz: the end falls on a Monday in the holidays and moves by one day."""
    definition, planned = _planned(93, "calendar", date(2024, 12, 21))
    assert planned.explanation.due_on == date(2025, 3, 26)
    assert _figures(definition, planned) == {"holidays": 2}
    assert [rule.day for rule in planned.explanation.days_off] == [date(2025, 3, 24), date(2025, 3, 25)]
    definition, planned = _planned(90, "calendar", date(2024, 12, 20))
    assert planned.explanation.due_on == date(2025, 3, 20)  # a Thursday
    assert _figures(definition, planned) == {} and planned.explanation.days_off == ()


def test_a_weekend_is_no_holiday():
    definition, planned = _planned(5, "calendar", date(2025, 5, 12))
    assert planned.explanation.due_on == date(2025, 5, 19)
    assert _figures(definition, planned) == {"next": 2}


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("amount", [1, 3, 5, 10, 21, 60])
def test_every_figure_is_the_one_of_the_calendar(unit, amount):
    day = date(2025, 1, 3)
    while day < date(2025, 12, 1):
        definition, planned = _planned(amount, unit, day)
        assert _figures(definition, planned) == _recounted(amount, unit, day), day
        day += timedelta(days=3)


def _recounted(amount, unit, start):
    """By walking from day to day."""
    day, left, off, worked = start, amount, 0, 0
    if unit == "working":
        while left:
            day += timedelta(days=1)
            weekend, works = day.weekday() >= 5, CALENDAR.is_working(day)
            left -= works
            off += not weekend and not works
            worked += weekend and works
        return {name: number for name, number in (("holidays", off), ("worked", worked)) if number}
    end = day = start + timedelta(days=amount)
    while not CALENDAR.is_working(day):
        off += day.weekday() < 5 or any(rule.day == day for rule in CALENDAR.deviations(day.year))
        day += timedelta(days=1)
    moved = (day - end).days
    return {("holidays" if off else "next"): moved} if moved else {}


def test_a_latest_day_is_explained_by_itself():
    """The budget did not give the date, so nothing of how it would have been counted is said."""
    for unit in UNITS:
        definition, planned = _planned(60, unit, date(2025, 2, 20), term=Term(not_after=date(2025, 3, 22)))
        assert planned.explanation.due_on == date(2025, 3, 20)
        assert _figures(definition, planned) == {}


def test_what_a_step_would_set_names_the_days_that_are_left():
    definition, _ = _planned(5, "working", date(2025, 5, 12))
    at = lambda day: datetime.combine(day, time(10), ALMATY)  # noqa: E731
    clocks = leave(definition, "checking", "returned", CALENDAR, at(date(2025, 5, 12)), at(date(2025, 5, 15)))
    back = plan(definition, "checking", CALENDAR, at(date(2025, 5, 20)), clocks)
    assert describe_rule(back.explanation, TRANSLATORS["en"]) == (
        "5 working days from 12.05.2025, used before: 3 working days, paused: 3 working days"
    )
    whole = plan(definition, "checking", CALENDAR, at(date(2025, 5, 20)))
    assert describe_rule(whole.explanation, TRANSLATORS["en"]) == "5 working days"


@pytest.mark.parametrize(
    ("due", "now", "said"),
    [
        ("2025-06-17T18:00", "2025-06-17T09:00", "today"),
        ("2025-06-17T18:00", "2025-06-17T18:01", "late since today"),
        ("2025-06-18T18:00", "2025-06-17T23:00", "tomorrow"),
        ("2025-06-20T18:00", "2025-06-17T09:00", "in 3 working days"),
        ("2025-06-24T18:00", "2025-06-20T09:00", "in 2 working days"),  # a Saturday is worked, the Monday is off
        ("2025-06-15T18:00", "2025-06-13T09:00", "in 2 calendar days"),  # a Sunday: no office opens before it
        ("2025-06-16T18:00", "2025-06-17T09:00", "late by 1 working day"),
        ("2025-06-13T18:00", "2025-06-17T09:00", "late by 2 working days"),
        ("2025-06-13T18:00", "2025-06-15T09:00", "late by 2 calendar days"),
    ],
)
def test_a_deadline_is_said_in_days_from_today(due, now, said):
    due_at, at = (datetime.fromisoformat(moment).replace(tzinfo=ALMATY) for moment in (due, now))
    assert describe_days_left(due_at, at, CALENDAR, TRANSLATORS["en"]) == said
