"""Deadlines of open cases by day: of the own desk, or of all cases in reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from expertise.cases.queries import CASES, CaseRow
from expertise.cases.reach import BY_DEADLINE, desks, listed, waiting
from expertise.people.access import Actor
from expertise.reports.counts import sources
from expertise.reports.list_filters import Period, month_after
from expertise.reports.worklists import SHOWN
from workflows.calendar import Calendar, DayRule

#: Deadlines of a month that are shown.
MOST = 400
WEEK = 7
#: Years before and after this one whose months are linked.
YEARS = 1


@dataclass(frozen=True, slots=True)
class DeadlineDay:
    """A day of the month with the deadlines that fall on it. `rule`: why it is worked, or not, unlike its weekday."""

    day: date
    inside: bool  # of the month itself, not of the weeks that it shares with its neighbours
    working: bool
    rule: DayRule | None
    cases: Sequence[CaseRow]


def due_within(session: Session, actor: Actor, period: Period, *, own: bool) -> Sequence[CaseRow]:
    """The open cases that are due in the period, the first due first, at most `MOST`; `own`: those of the own desk."""
    begin, end = period.instants
    on_a_desk = CASES.c.owner_role.in_(desks())  # says nothing new, and leads both databases to the index of the desks
    there = (CASES.c.final.is_(None), on_a_desk, CASES.c.due_at >= begin, CASES.c.due_at < end)
    found = waiting(actor) if own else sources(actor)
    return session.execute(listed(SHOWN, found, BY_DEADLINE, MOST, *there)).all()


def weeks(period: Period, cases: Sequence[CaseRow], calendar: Calendar) -> list[list[DeadlineDay]]:
    """The weeks of a month, from Monday on, with the days before and after it that they have."""
    by_day: dict[date, list[CaseRow]] = {}
    for case in cases:
        by_day.setdefault(calendar.local_day(case.due_at), []).append(case)
    first = period.begin - timedelta(days=period.begin.weekday())
    number = -(-(period.end - first).days // WEEK) * WEEK
    days = [first + timedelta(days=place) for place in range(number)]
    rules = {rule.day: rule for year in {day.year for day in days} for rule in calendar.deviations(year)}
    found = [
        DeadlineDay(
            day, period.begin <= day < period.end, calendar.is_working(day), rules.get(day), by_day.get(day, ())
        )
        for day in days
    ]
    return [found[place : place + WEEK] for place in range(0, number, WEEK)]


def months_beside(period: Period, today: date) -> tuple[str, str]:
    """The months before and after, as an address writes them; "" for one that is more than YEARS from today."""
    months = (month_after(period.begin, -1), period.end)
    before, after = (f"{month:%Y-%m}" if abs(month.year - today.year) <= YEARS else "" for month in months)
    return before, after
