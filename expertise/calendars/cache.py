"""The calendar of an organisation, kept in memory; how it is known that memory is still right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.calendars.model import COUNTRY, CalendarChange, CalendarDay, CalendarYear
from workflows.calendar import Calendar, DayRule

_NEWEST = select(func.max(table_of(CalendarChange).c.id))
_DAYS = select(CalendarDay.organisation_id, CalendarDay.day, CalendarDay.working, CalendarDay.source)
_KNOWN = "calendars"  # where a session remembers the version it has seen


@dataclass(frozen=True, slots=True)
class CalendarSnapshot:
    """All calendars as one version has them. Never changed, so threads share it."""

    version: int | None = None
    country: Calendar = field(default_factory=Calendar.kazakhstan)
    own: Mapping[int, Calendar] = field(default_factory=dict)


class Calendars:
    """Calendars by organisation: read once per version, which is the number of the newest change."""

    def __init__(self) -> None:
        self._kept = CalendarSnapshot()

    @property
    def country(self) -> Calendar:
        """The country's calendar as this process last read it; for zone and days, where no case is at hand."""
        return self._kept.country

    def of(self, session: Session, organisation_id: int | None) -> Calendar:
        """The calendar by which the deadlines of this organisation's cases count; the country's for None.

        Asks the version at most once in a session, and not at all where `seen` was told.
        """
        kept = self._kept
        version = session.info[_KNOWN] if _KNOWN in session.info else remember_version(session, session.scalar(_NEWEST))
        if kept.version != version:
            kept = self._kept = read(session, version)
        return kept.own.get(organisation_id or COUNTRY, kept.country)


def newest() -> ScalarSelect[int | None]:
    """The version of all calendars, as a column for a statement that is sent anyway; give its value to `seen`."""
    return _NEWEST.scalar_subquery()


def remember_version(session: Session, version: int | None) -> int:
    """Tell what the version is in this transaction; returns it."""
    session.info[_KNOWN] = version or 0
    return version or 0


def read(session: Session, version: int) -> CalendarSnapshot:
    """Everything that the tables say now."""
    tables: dict[int, bool] = {row.year: row.confirmed for row in session.execute(select(CalendarYear.__table__))}
    rules: dict[int, list[DayRule]] = {COUNTRY: []}
    for owner, day, working, source in session.execute(_DAYS.order_by(CalendarDay.day)):
        rules.setdefault(owner, []).append(DayRule(day, working, source))
    shared = rules.pop(COUNTRY)
    own = {
        owner: Calendar.kazakhstan([*shared, *more], tables=tables)  # a later rule wins
        for owner, more in rules.items()
    }
    return CalendarSnapshot(version, Calendar.kazakhstan(shared, tables=tables), own)
