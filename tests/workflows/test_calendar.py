"""Working days of Kazakhstan, against a table made by hand and a slow, obvious oracle."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.calendar import Calendar, DayRule, published_through

TABLE = Path(__file__).with_name("working_days.csv")
KAZAKHSTAN = Calendar.kazakhstan()

days = st.dates(date(2010, 1, 1), date(2027, 12, 31))
amounts = st.integers(1, 300)


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def count_one_by_one(day: date, amount: int) -> date:
    step = timedelta(days=1 if amount > 0 else -1)
    left = abs(amount)
    while left:
        day += step
        left -= KAZAKHSTAN.is_working(day)
    return day


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["day"])
def test_every_day_of_the_hand_made_table_is_as_written(row: dict[str, str]) -> None:
    day = date.fromisoformat(row["day"])
    assert KAZAKHSTAN.is_working(day) is (row["working"] == "yes"), row["why"]


def test_the_hand_made_table_is_long_enough_and_names_a_source_for_every_day() -> None:
    table = rows()
    assert len({row["day"] for row in table}) == len(table) >= 60
    assert all(row["why"] and row["source"] for row in table)


def test_a_moved_saturday_is_a_working_day() -> None:
    saturday, friday = date(2026, 6, 27), date(2026, 7, 3)
    decree = "order of the minister of labour"
    moved = Calendar.kazakhstan([DayRule(saturday, True, decree), DayRule(friday, False, decree)])
    assert not KAZAKHSTAN.is_working(saturday) and KAZAKHSTAN.is_working(friday)
    assert moved.is_working(saturday) and not moved.is_working(friday)
    assert moved.add_working_days(date(2026, 6, 26), 1) == saturday


def test_a_rule_overrules_the_package_and_a_later_rule_an_earlier_one() -> None:
    nauryz = date(2026, 3, 24)
    first = DayRule(nauryz, False, "draft")
    last = DayRule(nauryz, True, "decree")
    calendar = Calendar.kazakhstan([first, last])
    assert calendar.is_working(nauryz)
    assert calendar.rules == (last,)
    assert last in calendar.deviations(2026) and first not in calendar.deviations(2026)


def test_the_deviations_of_a_year_are_ordered_and_each_names_its_source() -> None:
    table = KAZAKHSTAN.deviations(2024)
    assert [rule.day for rule in table] == sorted(rule.day for rule in table)
    assert all(rule.source and rule.day.year == 2024 for rule in table)
    assert date(2024, 5, 4) in {rule.day for rule in table if rule.working}
    assert "Наурыз мейрамы" in {rule.source for rule in table}


def test_a_year_whose_moved_days_are_not_published_is_not_confirmed() -> None:
    last = published_through("KZ")
    assert last >= 2025
    assert KAZAKHSTAN.confirmed(2015), "a year without a moved day, between published ones"
    assert KAZAKHSTAN.confirmed(last) and not KAZAKHSTAN.confirmed(last + 1)


def test_an_administrator_confirms_a_year() -> None:
    calendar = Calendar.kazakhstan(confirmed_through=2031)
    assert calendar.confirmed(2031) and not calendar.confirmed(2032)


#: Counts and the one type of a table of zones (RFC 9636) without transitions: UTC+6, called +06.
_TYPE = b"\0\0\0\0" + b"\0\0\0\1" + b"\0\0\0\4" + (6 * 3600).to_bytes(4, "big") + b"\0\0" + b"+06\0"


def test_the_offices_close_an_hour_later_in_utc_since_1_march_2024() -> None:
    assert KAZAKHSTAN.closing(date(2024, 2, 29)) == datetime(2024, 2, 29, 12, tzinfo=UTC)
    assert KAZAKHSTAN.closing(date(2024, 3, 1)) == datetime(2024, 3, 1, 13, tzinfo=UTC)


def test_old_zone_tables_of_the_system_do_not_win(tmp_path: Path) -> None:
    """Almaty at UTC+6 for ever, as in tables before 2024, whether the system has them or the environment names them."""
    old = tmp_path / "Asia" / "Almaty"
    old.parent.mkdir()
    old.write_bytes(2 * (b"TZif2" + b"\0" * 27 + _TYPE) + b"\n<+06>-6\n")
    script = (
        "import zoneinfo, datetime; early = zoneinfo.ZoneInfo('Asia/Almaty')\n"
        "from workflows.calendar import Calendar, ZoneInfo\n"
        "closing = Calendar.kazakhstan().closing(datetime.date(2025, 6, 2))\n"
        "print(early.utcoffset(datetime.datetime(2025, 6, 2)), closing,"
        " ZoneInfo('Asia/Almaty').utcoffset(datetime.datetime(2025, 6, 2)))"
    )
    environment = {**os.environ, "PYTHONTZPATH": str(tmp_path)}
    told = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.split("\n")[0] == "6:00:00 2025-06-02 13:00:00+00:00 5:00:00"


def test_kyzylorda_was_in_the_zone_of_today_before_the_others() -> None:
    kyzylorda = Calendar.kazakhstan(zone=ZoneInfo("Asia/Qyzylorda"))
    assert kyzylorda.closing(date(2024, 2, 29)) == datetime(2024, 2, 29, 13, tzinfo=UTC)
    assert kyzylorda.closing(date(2024, 3, 1)) == KAZAKHSTAN.closing(date(2024, 3, 1))


def test_an_instant_belongs_to_the_day_of_the_zone() -> None:
    late = datetime(2024, 3, 4, 19, 30, tzinfo=UTC)
    assert KAZAKHSTAN.local_day(late) == date(2024, 3, 5)
    with pytest.raises(ValueError, match="zone"):
        KAZAKHSTAN.local_day(datetime(2024, 3, 4, 19, 30))


def test_office_hours_are_a_matter_of_the_calendar() -> None:
    short = Calendar.kazakhstan(closes_at=time(17))
    assert short.closing(date(2025, 6, 2)) == datetime(2025, 6, 2, 12, tzinfo=UTC)


def test_the_start_day_is_never_counted_and_zero_days_lead_nowhere() -> None:
    friday, sunday = date(2025, 6, 13), date(2025, 6, 15)
    assert KAZAKHSTAN.add_working_days(friday, 1) == date(2025, 6, 16)
    assert KAZAKHSTAN.add_working_days(sunday, 1) == date(2025, 6, 16)
    assert KAZAKHSTAN.add_working_days(sunday, -1) == friday
    assert KAZAKHSTAN.add_working_days(sunday, 0) == sunday


def test_a_count_runs_over_the_end_of_the_year() -> None:
    assert KAZAKHSTAN.add_working_days(date(2024, 12, 30), 2) == date(2025, 1, 5)
    assert KAZAKHSTAN.add_working_days(date(2025, 1, 5), -2) == date(2024, 12, 30)
    assert KAZAKHSTAN.working_days_between(date(2024, 12, 30), date(2025, 1, 5)) == 2


def test_a_day_off_rolls_to_its_neighbours() -> None:
    holiday = date(2025, 3, 24)
    assert KAZAKHSTAN.on_or_after(holiday) == date(2025, 3, 26)
    assert KAZAKHSTAN.on_or_before(holiday) == date(2025, 3, 20)
    assert KAZAKHSTAN.on_or_after(date(2025, 3, 26)) == date(2025, 3, 26)
    assert KAZAKHSTAN.on_or_before(date(2025, 3, 26)) == date(2025, 3, 26)


@given(days, st.integers(-300, 300))
def test_counting_by_table_equals_counting_one_by_one(day: date, amount: int) -> None:
    assert KAZAKHSTAN.add_working_days(day, amount) == count_one_by_one(day, amount)


@given(days, amounts)
def test_adding_and_subtracting_comes_back(day: date, amount: int) -> None:
    start = KAZAKHSTAN.on_or_after(day)
    there = KAZAKHSTAN.add_working_days(start, amount)
    assert KAZAKHSTAN.is_working(there)
    assert KAZAKHSTAN.add_working_days(there, -amount) == start


@given(days, amounts)
def test_the_nth_working_day_is_n_working_days_away(day: date, amount: int) -> None:
    there = KAZAKHSTAN.add_working_days(day, amount)
    assert KAZAKHSTAN.working_days_between(day, there) == amount
    assert KAZAKHSTAN.working_days_between(there, day) == -amount


@given(days, days, days)
def test_intervals_add_up(first: date, second: date, third: date) -> None:
    between = KAZAKHSTAN.working_days_between
    assert between(first, third) == between(first, second) + between(second, third)
