"""Calendars of organisations in memory, valid for one version of the tables."""

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
    """All calendars at one version. Never changed, so threads may share it."""

    version: int | None = None
    country: Calendar = field(default_factory=Calendar.kazakhstan)
    own: Mapping[int, Calendar] = field(default_factory=dict)


class Calendars:
    """Calendars by organisation, read once per version. The version is the number of the newest change."""

    def __init__(self) -> None:
        self._kept = CalendarSnapshot()

    @property
    def country(self) -> Calendar:
        """Return the country's calendar as this process last read it, for zone and days without a case."""
        return self._kept.country

    def of(self, session: Session, organisation_id: int | None) -> Calendar:
        """Return the calendar for deadlines of this organisation's cases; for None that of the country.

        Reads the version at most once in a session, and not at all after `remember_version`.
        """
        kept = self._kept
        version = session.info[_KNOWN] if _KNOWN in session.info else remember_version(session, session.scalar(_NEWEST))
        if kept.version != version:
            kept = self._kept = read(session, version)
        return kept.own.get(organisation_id or COUNTRY, kept.country)


def newest() -> ScalarSelect[int | None]:
    """Return the version of all calendars as a column for another statement; pass its value to `remember_version`."""
    return _NEWEST.scalar_subquery()


def remember_version(session: Session, version: int | None) -> int:
    """Set the version for this transaction and return it."""
    session.info[_KNOWN] = version or 0
    return version or 0


def read(session: Session, version: int) -> CalendarSnapshot:
    """Read all calendars from the tables."""
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
