"""Changes of a calendar: days that a decree moves, and the confirmation of a year. Every change is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.calendars.cache import read, remember_version
from expertise.calendars.model import COUNTRY, CalendarChange, CalendarDay, CalendarYear
from expertise.calendars.public_holidays import lay_out, row_of
from workflows.calendar import SATURDAY, DayRule

_DAYS = table_of(CalendarDay)
_LOCK = 0x6B6F6D656B  # any number, as long as nobody else locks it


@dataclass(frozen=True, slots=True)
class Authority:
    """The author of a change (a pseudonym, or `command`), its decree and its time."""

    by: str
    source: str
    at: datetime


def move_days(
    session: Session, organisation_id: int, rules: Sequence[DayRule], authority: Authority
) -> CalendarChange | None:
    """Set the days of one year to `rules` and return the change; None if they are so already.

    A rule that says what holds without it is removed: Monday to Friday for the country, the country's calendar for
    an organisation.
    """
    _one_at_a_time(session)
    year = rules[0].day.year
    lay_out(session, year, confirmed=False)
    days = [rule.day for rule in rules]
    there = (_DAYS.c.organisation_id == organisation_id, _DAYS.c.day.in_(days))
    before = [
        DayRule(*row)
        for row in session.execute(
            select(CalendarDay.day, CalendarDay.working, CalendarDay.source).where(*there).order_by(CalendarDay.day)
        )
    ]
    after = sorted(
        (rule for rule in rules if rule.working is not _works_by_default(session, organisation_id, rule.day)),
        key=lambda rule: rule.day,
    )
    if after == before:
        return None
    session.execute(delete(_DAYS).where(*there))
    session.add_all(row_of(organisation_id, rule) for rule in after)
    return _record(
        session,
        authority,
        organisation_id=organisation_id,
        year=year,
        before=[_row(rule) for rule in before],
        after=[_row(rule) for rule in rules],
    )


def confirm(session: Session, year: int, authority: Authority, *, confirmed: bool) -> CalendarChange | None:
    """Confirm that the decrees of a year are complete, or withdraw that; return None if nothing changes."""
    _one_at_a_time(session)
    lay_out(session, year, confirmed=False)
    row = session.get_one(CalendarYear, year, populate_existing=True)
    if row.confirmed is confirmed:
        return None
    row.confirmed, row.source = confirmed, authority.source
    settled = {"state": "done", "done_at": authority.at}  # it moves no day, and so no deadline
    return _record(
        session, authority, organisation_id=COUNTRY, year=year, before=[], after=[], confirmed=confirmed, **settled
    )


def _record(session: Session, authority: Authority, **columns: Any) -> CalendarChange:
    change = CalendarChange(by=authority.by, source=authority.source, at=authority.at, **columns)
    session.add(change)
    session.flush()
    remember_version(session, change.id)
    return change


def _one_at_a_time(session: Session) -> None:
    """Lock, so that numbers follow the order of commits: the newest one is the version of all calendars."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _works_by_default(session: Session, organisation_id: int, day: date) -> bool:
    """Return whether the day is a working day without the rules at hand."""
    if organisation_id == COUNTRY:
        return day.weekday() < SATURDAY
    return read(session, 0).country.is_working(day)


def _row(rule: DayRule) -> dict[str, Any]:
    return {"day": rule.day.isoformat(), "working": rule.working, "source": rule.source}
