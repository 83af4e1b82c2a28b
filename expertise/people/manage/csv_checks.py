"""Checks of the rows of a CSV file of people: all problems at once, before anything is stored."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence

from expertise.people.manage.accounts import person_problems, scope_problems
from expertise.people.manage.csv_rows import COLUMNS, CsvRow, Found, looks_like_a_day
from workflows.refusals import Problem

#: A cell that begins so is run as a formula by the spreadsheet in which somebody opens the list later.
FORMULA = ("=", "+", "-", "@")
#: Marks around a copied text that keep its direction, and marks that take no room and turn nothing.
_EDGES = "\u202a\u202c\u2066\u2068\u2069\u200e\u200f\ufeff"
_HARMLESS = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


def check(rows: Sequence[CsvRow], *, organisations: Collection[str], regions: Collection[str]) -> dict[int, Found]:
    """Return the problems of each line, by its number."""
    by_address: dict[str, CsvRow] = {}
    by_grant: dict[tuple[str, str, str | None], CsvRow] = {}
    found = {}
    for row in rows:
        problems = [*_cells(row), *_words(row, organisations, regions)]
        first = by_address.setdefault(row.email, row)
        same = by_grant.setdefault((row.email, row.role, row.region), row)
        if same is not row:
            problems.append(("email", Problem("twice", (("line", same.number),))))
        problems += [
            (column, Problem("contradicts", (("line", first.number),)))
            for column in ("name", "language", "organisation")
            if getattr(first, column) != getattr(row, column)
        ]
        found[row.number] = tuple(problems)
    return found


def _cells(row: CsvRow) -> list[tuple[str, Problem]]:
    found = [(name, Problem("formula")) for name in COLUMNS if row.cells.get(name, "").lstrip().startswith(FORMULA)]
    found += [(name, Problem("control_character")) for name in COLUMNS if not _is_visible(row.cells.get(name, ""))]
    if row.cells[""].strip():
        found.append(("line", Problem("too_many_cells")))
    return found


def _is_visible(cell: str) -> bool:
    """Return whether nothing is invisible in the cell but blanks and what copying leaves behind, which are tidied."""
    inner = cell.strip().strip(_EDGES).strip()
    return all(c.isprintable() or unicodedata.category(c) == "Zs" or c in _HARMLESS for c in inner)


def _words(row: CsvRow, organisations: Collection[str], regions: Collection[str]) -> list[tuple[str, Problem]]:
    found = [
        (field, problem)
        for field, problems in person_problems(row.name, row.email, row.language)
        for problem in problems
    ]
    if row.organisation and row.organisation not in organisations:
        found.append(("organisation", Problem("unknown_choice")))
    if row.role:
        found += [(field, each) for field, wrong in scope_problems(row.role, row.region) for each in wrong]
    if row.region is not None and row.region not in regions:
        found.append(("region", Problem("unknown_region")))
    found += [
        (name, Problem("impossible_date" if looks_like_a_day(row.cells[name].strip()) else "bad_date"))
        for name, day in (("since", row.since), ("until", row.until))
        if day is None and row.cells.get(name, "").strip()
    ]
    if row.since is not None and row.until is not None and row.until < row.since:
        found.append(("until", Problem("before_since")))
    if not row.role and any((row.region, row.since, row.until)):
        found.append(("role", Problem("required")))
    return found
