"""A CSV file of people as rows, or why it cannot be read at all."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date

from expertise.people.manage.accounts import one_line
from workflows.refusals import Problem

Found = tuple[tuple[str, Problem], ...]

COLUMNS = ("name", "email", "language", "organisation", "role", "region", "since", "until")
LONGEST, MOST = 1_000_000, 5_000  # bytes of a file, lines
_KAZAKH_DATE = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})", re.ASCII)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A line with trimmed values. `cells` holds the original texts; a wrong day is None."""

    number: int
    cells: dict[str, str]
    name: str
    email: str
    language: str
    organisation: str
    role: str
    region: str | None
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class CsvTable:
    """The rows, or the problems for which there are none."""

    rows: tuple[CsvRow, ...] = ()
    problems: Found = ()


def read(content: bytes) -> CsvTable:
    """Read UTF-8 with commas, or with semicolons as Excel writes them here. Empty lines are left out."""
    if len(content) > LONGEST:
        return CsvTable(problems=(("file", Problem("file_too_large", (("max", LONGEST // 1_000_000),))),))
    try:
        text = content.decode("utf-8-sig")
        first, _, _ = text.partition("\n")
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True)
        numbered = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except UnicodeDecodeError:
        return CsvTable(problems=(("file", Problem("not_utf8")),))
    except csv.Error:
        return CsvTable(problems=(("file", Problem("not_csv")),))
    return _table(numbered)


def _table(numbered: list[tuple[int, list[str]]]) -> CsvTable:
    if not numbered:
        return CsvTable(problems=(("file", Problem("file_empty")),))
    (_, header), *lines = numbered
    names = [one_line(cell).lower() for cell in header]
    problems = [("header", Problem("missing_column", (("name", name),))) for name in COLUMNS if name not in names]
    problems += [
        ("header", Problem("unknown_column", (("name", name[:40]),)))
        for name in dict.fromkeys(names)
        if name not in COLUMNS
    ]
    problems += [("header", Problem("twice", (("name", name),))) for name in COLUMNS if names.count(name) > 1]
    if len(lines) > MOST:
        problems.append(("file", Problem("too_many_rows", (("max", MOST),))))
    if problems:
        return CsvTable(problems=tuple(problems))
    return CsvTable(tuple(_row(number, names, cells) for number, cells in lines))


def _row(number: int, names: list[str], cells: list[str]) -> CsvRow:
    raw = dict(zip(names, cells, strict=False)) | {"": "".join(cells[len(names) :])}
    said = {name: one_line(raw.get(name, "")) for name in COLUMNS}
    return CsvRow(
        number,
        raw,
        name=said["name"],
        email=said["email"].lower(),
        language=said["language"].lower(),
        organisation=said["organisation"].lower(),
        role=said["role"].lower(),
        region=said["region"].upper() or None,
        since=day(said["since"]),
        until=day(said["until"]),
    )


def looks_like_a_day(text: str) -> bool:
    """Return whether the text was meant as a day, even one that is in no calendar."""
    return bool(_KAZAKH_DATE.fullmatch(text) or _ISO_DATE.fullmatch(text))


def day(text: str) -> date | None:
    """The day, written as 31.10.2026 or as 2026-10-31; None for everything else."""
    dotted = _KAZAKH_DATE.fullmatch(text)
    if dotted is not None:
        text = "-".join(reversed(dotted.groups()))
    try:
        return date.fromisoformat(text) if _ISO_DATE.fullmatch(text) else None
    except ValueError:
        return None
