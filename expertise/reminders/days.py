"""Days that decrees have moved: a file in KOMEK_DATA that an administrator edits, read at the start."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from expertise.base.errors import KomekError
from workflows.calendar import DayRule

NAME = "calendar.csv"
COLUMNS = ["day", "working", "source"]
_YES_NO = {"yes": True, "no": False}


class WrongCalendar(KomekError):
    """A line of the file cannot be used; the text names it and says what would be right."""


def moved_days(data: Path) -> tuple[DayRule, ...]:
    """The rules of `calendar.csv` in that folder, none when there is no such file.

    Columns: day (2026-05-09), working (yes, no), source (the decree). Raises WrongCalendar.
    """
    path = data / NAME
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            if table.fieldnames != COLUMNS:
                raise WrongCalendar(f"{path} must begin with the line {','.join(COLUMNS)}.")
            return tuple(_rule(path, table.line_num, row) for row in table)
    except FileNotFoundError:
        return ()
    except (UnicodeDecodeError, csv.Error) as error:
        raise WrongCalendar(f"{path} must be a CSV file in UTF-8, and is none: {error}.") from error


def _rule(path: Path, line: int, row: dict[str, str]) -> DayRule:
    try:
        day, working, source = date.fromisoformat(row["day"]), _YES_NO[row["working"]], row["source"].strip()
    except (ValueError, KeyError, TypeError, AttributeError):
        source = ""
    if not source:
        raise WrongCalendar(f"Line {line} of {path} must look like: 2026-05-09,no,Decree No. 1 of 12.01.2026.")
    return DayRule(day, working, source)
