"""Calendars in the database: filled once, changed on record, and every process counts by the newest."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from expertise.calendars import public_holidays
from expertise.calendars.cache import Calendars
from expertise.calendars.changes import Authority, confirm, move_days
from expertise.calendars.model import COUNTRY, CalendarChange, CalendarDay, CalendarYear
from expertise.calendars.public_holidays import fill
from tests.support.environment import together
from workflows.calendar import Calendar, DayRule, published_through

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
DECREE = Authority("p1", "Decree No. 7", NOW)
FRIDAY, SATURDAY = date(2026, 7, 3), date(2026, 6, 27)
NAURYZ = date(2026, 3, 23)
OWN = 5  # some organisation


@pytest.fixture
def filled(transactions):
    with transactions.write() as session:
        fill(session)
    return transactions


def change(transactions, *rules, owner=COUNTRY, authority=DECREE):
    with transactions.write() as session:
        return move_days(session, owner, [DayRule(day, working, authority.source) for day, working in rules], authority)


def seen(transactions, owner=None, calendars=None):
    with transactions.read() as session:
        return (calendars or Calendars()).of(session, owner)


def test_an_empty_database_counts_by_the_package(transactions):
    assert seen(transactions) == Calendar.kazakhstan()


def test_filled_it_counts_as_the_package_does_and_knows_no_more_than_it(filled):
    kept, package = seen(filled), Calendar.kazakhstan()
    for year in range(public_holidays.FIRST_YEAR, published_through("KZ") + public_holidays.AHEAD + 1):
        assert kept.deviations(year) == package.deviations(year)
        assert kept.confirmed(year) is package.confirmed(year)


def test_filling_again_changes_nothing_that_people_entered(filled):
    change(filled, (NAURYZ, True))
    with filled.write() as session:
        assert fill(session) == 0
    assert seen(filled).is_working(NAURYZ)


def test_a_moved_day_is_seen_by_a_process_that_has_read_before(filled):
    calendars = Calendars()
    assert seen(filled, calendars=calendars).is_working(FRIDAY)
    change(filled, (FRIDAY, False), (SATURDAY, True))
    moved = seen(filled, calendars=calendars)
    assert not moved.is_working(FRIDAY) and moved.is_working(SATURDAY)
    assert DayRule(FRIDAY, working=False, source="Decree No. 7") in moved.deviations(2026)
    assert calendars.country == moved


def test_a_change_says_who_when_what_and_on_which_authority(filled):
    made = change(filled, (NAURYZ, True), (SATURDAY, True))
    assert (made.by, made.at, made.source, made.year, made.state) == ("p1", NOW, "Decree No. 7", 2026, "open")
    assert made.before == [{"day": "2026-03-23", "working": False, "source": "Наурыз мейрамы"}]
    assert [day["day"] for day in made.after] == ["2026-03-23", "2026-06-27"]


def test_what_is_so_already_is_no_change(filled):
    assert change(filled, (date(2026, 7, 4), False)) is None  # a Saturday
    assert change(filled, (FRIDAY, False)) is not None
    assert change(filled, (FRIDAY, False)) is None
    with filled.read() as session:
        assert len(session.scalars(select(CalendarChange.id)).all()) == 1


def test_a_day_given_back_to_the_plain_week_is_no_deviation(filled):
    change(filled, (FRIDAY, False))
    change(filled, (FRIDAY, True), authority=Authority("p1", "Decree No. 8", NOW))
    assert FRIDAY not in {rule.day for rule in seen(filled).deviations(2026)}


def test_an_organisation_has_its_own_days_above_those_of_the_country(filled):
    change(filled, (FRIDAY, False), owner=OWN)
    assert not seen(filled, OWN).is_working(FRIDAY)
    assert seen(filled, 6).is_working(FRIDAY) and seen(filled).is_working(FRIDAY)
    change(filled, (NAURYZ, True))  # what the country moves holds for the organisation, too
    assert seen(filled, OWN).is_working(NAURYZ)


def test_an_organisation_may_work_on_a_day_off_and_stop_differing(filled):
    change(filled, (NAURYZ, True), owner=OWN)
    assert seen(filled, OWN).is_working(NAURYZ) and not seen(filled).is_working(NAURYZ)
    change(filled, (NAURYZ, False), owner=OWN)
    with filled.read() as session:
        assert session.scalars(select(CalendarDay).where(CalendarDay.organisation_id == OWN)).all() == []


def test_a_year_beyond_those_laid_out_is_laid_out_by_its_first_change(filled):
    far = date(2035, 3, 5)
    change(filled, (far, False))
    kept = seen(filled)
    assert not kept.is_working(far) and not kept.is_working(date(2035, 1, 1)) and not kept.confirmed(2035)


def test_a_year_is_confirmed_on_a_decree_and_that_can_be_taken_back(filled):
    year = published_through("KZ") + 1
    for confirmed in (True, False):
        with filled.write() as session:
            made = confirm(session, year, DECREE, confirmed=confirmed)
            assert confirm(session, year, DECREE, confirmed=confirmed) is None
        assert made.confirmed is confirmed and seen(filled).confirmed(year) is confirmed
    with filled.read() as session:
        assert session.get_one(CalendarYear, year).source == "Decree No. 7"


def test_a_transaction_asks_for_the_version_once(filled):
    calendars = Calendars()
    with filled.read() as session:
        first = calendars.of(session, None)
        change(filled, (FRIDAY, False))
        assert calendars.of(session, None) is first


def test_changes_at_once_are_numbered_as_they_are_committed(filled):
    days = [date(2026, 7, day) for day in (6, 7, 8, 9)]
    made = together(4, lambda place: change(filled, (days[place], False)))
    assert sorted(each.id for each in made) == [1, 2, 3, 4]
    kept = seen(filled)
    assert not any(kept.is_working(day) for day in days)
