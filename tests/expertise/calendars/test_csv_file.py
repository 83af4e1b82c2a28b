"""The file of moved days: read, or refused with the line that is wrong."""

from __future__ import annotations

from datetime import date

import pytest

from expertise.calendars.csv_file import WrongCalendar, moved_days
from workflows.calendar import DayRule

HEAD = "day,working,source\n"


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "calendar.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_there_must_be_a_file(tmp_path):
    with pytest.raises(WrongCalendar, match="There is no file"):
        moved_days(tmp_path / "calendar.csv")


def test_days_off_and_days_worked(write):
    assert moved_days(write("\ufeff" + HEAD + '2026-05-11,no,Decree 1\n2026-05-16,yes,"Decree 1, line 2"\n')) == (
        DayRule(date(2026, 5, 11), working=False, source="Decree 1"),
        DayRule(date(2026, 5, 16), working=True, source="Decree 1, line 2"),
    )


@pytest.mark.parametrize(
    "line",
    [
        "2026-02-30,no,Decree",
        "2026-05-11,maybe,Decree",
        "2026-05-11,no, ",
        "2026-05-11,no",
        "11.05.2026,no,D",
        "2026-05-11,no," + "D" * 301,
    ],
)
def test_a_wrong_line_is_named(write, line):
    with pytest.raises(WrongCalendar, match="Line 3 of"):
        moved_days(write(HEAD + "2026-05-11,no,Decree 1\n" + line + "\n"))


@pytest.mark.parametrize("content", ["2026-05-11,no,Decree\n", "", HEAD.replace("day", "date")])
def test_the_head_is_asked_for(write, content):
    with pytest.raises(WrongCalendar, match="must begin with the line day,working,source"):
        moved_days(write(content))


def test_what_is_no_text_is_refused(write):
    with pytest.raises(WrongCalendar, match="UTF-8"):
        moved_days(write(HEAD.encode() + b"\xff\xfe\n"))
