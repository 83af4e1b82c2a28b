"""CSV file of days that decrees have moved, for `komek calendar import`."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from expertise.base.errors import KomekError
from workflows.calendar import DayRule

COLUMNS = ["day", "working", "source"]
_YES_NO = {"yes": True, "no": False}


class WrongCalendar(KomekError):
    """A line of the file cannot be used. The text names it and says what would be right."""


def moved_days(path: Path) -> tuple[DayRule, ...]:
    """Return the rules of a file with the columns day (2026-05-09), working (yes, no), source (the decree).

    Raises WrongCalendar.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            if table.fieldnames != COLUMNS:
                raise WrongCalendar(f"{path} must begin with the line {','.join(COLUMNS)}.")
            return tuple(_rule(path, table.line_num, row) for row in table)
    except FileNotFoundError as error:
        raise WrongCalendar(f"There is no file {path}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise WrongCalendar(f"{path} must be a CSV file in UTF-8, and is none: {error}.") from error


def _rule(path: Path, line: int, row: dict[str, str]) -> DayRule:
    try:
        day, working, source = date.fromisoformat(row["day"]), _YES_NO[row["working"]], row["source"].strip()
    except (ValueError, KeyError, TypeError, AttributeError):
        source = ""
    if not source or len(source) > 300:
        raise WrongCalendar(f"Line {line} of {path} must look like: 2026-05-09,no,Decree No. 1 of 12.01.2026.")
    return DayRule(day, working, source)
