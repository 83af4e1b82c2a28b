"""Working days: a table of public holidays, corrected day by day by the rules of an administrator.

Holidays in Kazakhstan move by decree, so the calendar is data: the `holidays` package supplies a first
table (public, observed and substituted days, Saturdays worked instead), `DayRule`s correct it, and a
year whose decrees nobody has seen yet is *not confirmed*. Nothing here reads a clock.
"""

from __future__ import annotations

import zoneinfo
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

SATURDAY = 5

# The tables of the package tzdata, which is locked, and never those of the system, for the whole process: old ones have
# Almaty at UTC+6 still, and every deadline would end an hour early.
zoneinfo.reset_tzpath(to=())
ZoneInfo.clear_cache()

#: One zone for the whole country since 1 March 2024 (UTC+5). Almaty was UTC+6 before, Kyzylorda was not.
ALMATY = ZoneInfo("Asia/Almaty")
OFFICE_CLOSES = time(18)

#: The countries whose working days are known (ISO 3166), as `calendar` in a definition names them.
COUNTRIES = ("KZ",)

#: Holidays are named in the state language. Without it the package would ask the server's locale.
_LANGUAGE = "kk"
_WORKED_INSTEAD = "Жұмыс күні (демалыс ауыстырылды)"  # a working day, its day off was moved


@dataclass(frozen=True, slots=True)
class DayRule:
    """One day that differs from the plain week, with its source.

    `working` is true for a Saturday worked instead of another day, false for a day off. `source` is
    shown to people: the holiday's name, or the decree an administrator typed.
    """

    day: date
    working: bool
    source: str


@dataclass(frozen=True)
class Calendar:
    """The working days of one country in one zone. Build it with `Calendar.kazakhstan`."""

    country: str
    rules: tuple[DayRule, ...] = ()  # at most one per day; they overrule the package
    confirmed_through: int = 0
    tables: Mapping[int, bool] = field(default_factory=dict, hash=False)  # see `kazakhstan`
    zone: ZoneInfo = ALMATY
    closes_at: time = OFFICE_CLOSES

    # Year → ordinals of its working days. Filled on first use and never changed: two threads that
    # meet here compute the same tuple, so no lock is needed.
    _years: dict[int, tuple[int, ...]] = field(default_factory=dict, init=False, compare=False, repr=False)

    @classmethod
    def kazakhstan(
        cls,
        rules: Iterable[DayRule] = (),
        *,
        confirmed_through: int | None = None,
        tables: Mapping[int, bool] | None = None,
        zone: ZoneInfo = ALMATY,
        closes_at: time = OFFICE_CLOSES,
    ) -> Calendar:
        """The calendar of Kazakhstan with the rules an administrator entered; a later rule wins.

        `confirmed_through` is the last year whose decrees are complete in `rules`. Without it the
        calendar is confirmed as far as the package lists substituted days. `tables` are the years that
        people keep: for them `rules` hold every deviating day, the package is not asked, and the value
        says whether the year is confirmed.
        """
        if confirmed_through is None:
            confirmed_through = published_through("KZ")
        by_day = {rule.day: rule for rule in rules}
        ordered = tuple(by_day[day] for day in sorted(by_day))
        return cls("KZ", ordered, confirmed_through, dict(tables or {}), zone, closes_at)

    def confirmed(self, year: int) -> bool:
        """Return whether the moved days of this year are known. A date in any other year may still shift."""
        return self.tables.get(year, year <= self.confirmed_through)

    def deviations(self, year: int) -> tuple[DayRule, ...]:
        """The days of a year that differ from Monday to Friday, in order: the table people edit."""
        table = {} if year in self.tables else dict(seed(self.country, year))
        table.update((rule.day, rule) for rule in self.rules if rule.day.year == year)
        return tuple(table[day] for day in sorted(table))

    def is_working(self, day: date) -> bool:
        """Whether the offices are open on this day."""
        ordinal = day.toordinal()
        days = self._working_days(day.year)
        place = bisect_left(days, ordinal)
        return place < len(days) and days[place] == ordinal

    def on_or_after(self, day: date) -> date:
        """The day itself when it is a working day, else the next working day."""
        return day if self.is_working(day) else self.add_working_days(day, 1)

    def on_or_before(self, day: date) -> date:
        """The day itself when it is a working day, else the last working day before it."""
        return day if self.is_working(day) else self.add_working_days(day, -1)

    def add_working_days(self, day: date, amount: int) -> date:
        """The `amount`-th working day after `day` (before it, when negative). `day` is never counted.

        Zero gives `day` back, working or not.
        """
        if amount == 0:
            return day
        return self._after(day, amount) if amount > 0 else self._before(day, -amount)

    def working_days_between(self, start: date, end: date) -> int:
        """Return the number of working days after `start` up to and including `end`: the interval (start, end].

        Negative when `end` is earlier. So the count to the `n`-th working day after a day is `n`.
        """
        if end < start:
            return -self.working_days_between(end, start)
        full = sum(len(self._working_days(year)) for year in range(start.year, end.year))
        return full + self._passed(end) - self._passed(start)

    def local_day(self, instant: datetime) -> date:
        """The day in this calendar's zone. Raises ValueError for an instant without a zone."""
        if instant.tzinfo is None:
            raise ValueError("an instant must carry a zone")
        return instant.astimezone(self.zone).date()

    def at(self, day: date, hour: time) -> datetime:
        """The instant, in UTC, at which clocks in this zone show `hour` on `day`."""
        return datetime.combine(day, hour, self.zone).astimezone(UTC)

    def closing(self, day: date) -> datetime:
        """The instant, in UTC, at which the offices close on `day`."""
        return self.at(day, self.closes_at)

    def _after(self, day: date, amount: int) -> date:
        year = day.year
        days = self._working_days(year)
        place = bisect_right(days, day.toordinal()) + amount - 1
        while place >= len(days):
            place -= len(days)
            year += 1
            days = self._working_days(year)
        return date.fromordinal(days[place])

    def _before(self, day: date, amount: int) -> date:
        year = day.year
        days = self._working_days(year)
        place = bisect_left(days, day.toordinal()) - amount
        while place < 0:
            year -= 1
            days = self._working_days(year)
            place += len(days)
        return date.fromordinal(days[place])

    def _passed(self, day: date) -> int:
        """Working days of the day's own year up to and including it."""
        return bisect_right(self._working_days(day.year), day.toordinal())

    def _working_days(self, year: int) -> tuple[int, ...]:
        known = self._years.get(year)
        if known is None:
            rules = {rule.day: rule.working for rule in self.deviations(year)}
            known = self._years[year] = tuple(
                day.toordinal() for day in _days_of(year) if rules.get(day, day.weekday() < SATURDAY)
            )
        return known


def published_through(country: str) -> int:
    """The last year for which the package lists substituted days; every later year may still move.

    A year without an entry before that one (2015 in Kazakhstan) simply had no moved day.
    """
    table = getattr(holidays.country_holidays(country), "special_public_holidays", {})
    return max(table, default=0)


def _days_of(year: int) -> Iterable[date]:
    first = date(year, 1, 1)
    return (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))


@lru_cache(maxsize=256)
def seed(country: str, year: int) -> Mapping[date, DayRule]:
    """Return the package's table of a year: days off by name, and weekend days worked instead."""
    # A day moved across New Year is filed under its neighbour (28 December 2013 for 3 January 2014).
    years = range(year - 1, year + 2)
    wide = holidays.country_holidays(country, years=years, expand=False, language=_LANGUAGE)
    off = {day: DayRule(day, False, name) for day, name in wide.items() if day.year == year}
    worked = {day: DayRule(day, True, _WORKED_INSTEAD) for day in wide.weekend_workdays if day.year == year}
    return off | worked
