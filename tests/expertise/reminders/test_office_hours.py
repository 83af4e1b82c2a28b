"""Office hours: 08:00 to 20:00 on working days, by the clocks of Kazakhstan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from expertise.reminders.office_hours import digest_due, is_open, opening
from workflows.calendar import Calendar

CALENDAR = Calendar.kazakhstan()
HERE = ZoneInfo("Asia/Almaty")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=HERE).astimezone(UTC)


@pytest.mark.parametrize(
    ("asked", "leaves"),
    [
        ("2026-03-02 11:00", "2026-03-02 11:00"),  # Monday
        ("2026-03-02 08:00", "2026-03-02 08:00"),
        ("2026-03-02 07:59", "2026-03-02 08:00"),
        ("2026-03-02 19:59", "2026-03-02 19:59"),
        ("2026-03-02 20:00", "2026-03-03 08:00"),
        ("2026-03-02 23:30", "2026-03-03 08:00"),
        ("2026-03-06 20:00", "2026-03-10 08:00"),  # Women's Day is a Sunday in 2026, and Monday is free for it
        ("2026-03-07 11:00", "2026-03-10 08:00"),
        ("2026-03-20 21:00", "2026-03-26 08:00"),  # Nauryz: 21 to 23 March, two of them made good
        ("2025-12-31 20:00", "2026-01-05 08:00"),
    ],
)
def test_letters_wait_for_the_next_working_morning(asked, leaves):
    assert opening(CALENDAR, at(asked)) == at(leaves)
    assert is_open(CALENDAR, at(asked)) is (asked == leaves)


def test_every_hour_of_a_year_leads_into_office_hours():
    moment = at("2026-01-01 00:30")
    for _ in range(24 * 365):
        leaves = opening(CALENDAR, moment)
        assert leaves >= moment and is_open(CALENDAR, leaves) and opening(CALENDAR, leaves) == leaves
        assert leaves - moment < timedelta(days=9)
        moment += timedelta(hours=1)


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        ("2026-03-02 08:29", False),
        ("2026-03-02 08:30", True),
        ("2026-03-02 14:00", True),  # late, after an outage
        ("2026-03-02 20:00", False),
        ("2026-03-07 09:00", False),
        ("2026-03-09 09:00", False),
    ],
)
def test_a_digest_comes_at_half_past_eight_or_late_but_not_at_night(moment, due):
    assert digest_due(CALENDAR, at(moment)) is due
