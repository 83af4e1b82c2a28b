"""Fills years of the country's calendar from the package `holidays`, as a start for the administrator."""

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
    """Fill the years that do not exist yet; return their number. Running it again changes nothing."""
    last = published_through("KZ")
    return sum(lay_out(session, year, confirmed=year <= last) for year in range(FIRST_YEAR, last + AHEAD + 1))


def lay_out(session: Session, year: int, *, confirmed: bool) -> bool:
    """Fill a year that does not exist yet; return False if it exists."""
    if session.get(CalendarYear, year) is not None:
        return False
    session.add(CalendarYear(year=year, confirmed=confirmed, source=SEEDED))
    session.add_all(row_of(COUNTRY, rule) for rule in seed("KZ", year).values())
    session.flush()
    return True


def row_of(organisation_id: int, rule: DayRule) -> CalendarDay:
    """Return a day as a row of the table."""
    return CalendarDay(organisation_id=organisation_id, day=rule.day, working=rule.working, source=rule.source)
