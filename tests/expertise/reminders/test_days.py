"""The file of moved days: read, or refused with the line that is wrong."""

from __future__ import annotations

from datetime import date

import pytest

from expertise import config
from expertise.app import create_app
from expertise.reminders.days import WrongCalendar, moved_days
from workflows.calendar import DayRule

HEAD = "day,working,source\n"


@pytest.fixture
def write(tmp_path):
    return lambda content: (tmp_path / "calendar.csv").write_bytes(content.encode())


def test_no_file_moves_no_day(tmp_path):
    assert moved_days(tmp_path) == ()


def test_days_off_and_days_worked(write, tmp_path):
    write("\ufeff" + HEAD + '2026-05-11,no,Decree 1\n2026-05-16,yes,"Decree 1, line 2"\n')
    assert moved_days(tmp_path) == (
        DayRule(date(2026, 5, 11), working=False, source="Decree 1"),
        DayRule(date(2026, 5, 16), working=True, source="Decree 1, line 2"),
    )


@pytest.mark.parametrize(
    "line", ["2026-02-30,no,Decree", "2026-05-11,maybe,Decree", "2026-05-11,no, ", "2026-05-11,no", "11.05.2026,no,D"]
)
def test_a_wrong_line_is_named(write, tmp_path, line):
    write(HEAD + "2026-05-11,no,Decree 1\n" + line + "\n")
    with pytest.raises(WrongCalendar, match="Line 3 of"):
        moved_days(tmp_path)


@pytest.mark.parametrize("content", ["2026-05-11,no,Decree\n", "", HEAD.replace("day", "date")])
def test_the_head_is_asked_for(write, tmp_path, content):
    write(content)
    with pytest.raises(WrongCalendar, match="must begin with the line day,working,source"):
        moved_days(tmp_path)


def test_what_is_no_text_is_refused(tmp_path):
    (tmp_path / "calendar.csv").write_bytes(HEAD.encode() + b"\xff\xfe\n")
    with pytest.raises(WrongCalendar, match="UTF-8"):
        moved_days(tmp_path)


def test_the_application_counts_by_it(write, tmp_path):
    write(HEAD + "2026-11-24,no,Decree 1\n")
    house = create_app(config.read({"KOMEK_DATA": str(tmp_path)})).extensions["komek"]
    assert not house.shop.calendar.is_working(date(2026, 11, 24))
    assert house.shop.calendar.is_working(date(2026, 11, 25))
    house.transactions.engine.dispose()
