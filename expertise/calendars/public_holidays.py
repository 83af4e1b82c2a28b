"""Laying out years of the country from the package `holidays`, for people to go on from."""

from __future__ import annotations

from sqlalchemy.orm import Session

from expertise.calendars.model import COUNTRY, CalendarDay, CalendarYear
from workflows.calendar import DayRule, published_through, seed

#: The project whose cases are told began in December 2012.
FIRST_YEAR = 2012
#: Years beyond the last decree that are laid out, unconfirmed, for people to fill.
AHEAD = 2
SEEDED = "holidays"


def fill(session: Session) -> int:
    """Lay out the country's years from the package, those that are not there yet; returns how many.

    What people have entered is never touched, so doing it again changes nothing.
    """
    last = published_through("KZ")
    return sum(lay_out(session, year, confirmed=year <= last) for year in range(FIRST_YEAR, last + AHEAD + 1))


def lay_out(session: Session, year: int, *, confirmed: bool) -> bool:
    """Write down the days of a year that is not there yet; whether it was not."""
    if session.get(CalendarYear, year) is not None:
        return False
    session.add(CalendarYear(year=year, confirmed=confirmed, source=SEEDED))
    session.add_all(row_of(COUNTRY, rule) for rule in seed("KZ", year).values())
    session.flush()
    return True


def row_of(organisation_id: int, rule: DayRule) -> CalendarDay:
    """A day as it is stored."""
    return CalendarDay(organisation_id=organisation_id, day=rule.day, working=rule.working, source=rule.source)
