"""Merges what two people did to the rows of one table, cell by cell.

Rows have no keys. Both sides are compared with the rows that the form had shown, of which only the digests of the
cells are known: equal rows are aligned first, and where as many rows stand in a gap on both sides, they are taken for
the same rows with other cells. A gap of another size was rewritten as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from workflows.field import Field
from workflows.fields.digests import of_stored

#: A stored row, and the digests of its cells in the order of the columns.
Row = Mapping[str, Any]
RowDigests = tuple[str, ...]


class Conflict(Exception):
    """The same cell was given two values, or a row was changed here and left out there."""


def digests_of(declared: Field, rows: Iterable[Row] | None) -> list[RowDigests]:
    """Return the digests of the cells of stored rows."""
    columns = declared.columns or {}
    return [tuple(of_stored(row.get(name)) for name in columns) for row in rows or ()]


def merge(declared: Field, base: Sequence[RowDigests], mine: Sequence[Row], theirs: Sequence[Row]) -> list[Row] | None:
    """Return the rows with the changes of both sides; None when the two do not go together.

    Rows that both have added at one place stand one after the other, those of `theirs` first, and once if they are the
    same. The number of rows stays within the bounds of the table, or there is no merging.
    """
    here, there = _changes(declared, base, mine), _changes(declared, base, theirs)
    found: list[Row] = []
    try:
        for place, shown in enumerate(base):
            found += _added(here.added.get(place, []), there.added.get(place, []))
            row = _row(declared, shown, here.rows[place], there.rows[place])
            found += [row] if row is not None else []
    except Conflict:
        return None
    found += _added(here.added.get(len(base), []), there.added.get(len(base), []))
    return found if (declared.min or 0) <= len(found) <= declared.most or found in (mine, theirs) else None


@dataclass(slots=True)
class _Changes:
    """One side: the row that stands for each row of the base, None for one left out; and rows added before a place."""

    rows: list[Row | None]
    added: dict[int, list[Row]] = field(default_factory=dict)


def _changes(declared: Field, base: Sequence[RowDigests], rows: Sequence[Row]) -> _Changes:
    found = _Changes([None] * len(base))
    matcher = SequenceMatcher(None, list(base), digests_of(declared, rows), autojunk=False)
    for _kind, begin, end, first, last in matcher.get_opcodes():
        if end - begin == last - first:
            found.rows[begin:end] = rows[first:last]
        else:
            found.added.setdefault(begin, []).extend(rows[first:last])
    return found


def _added(mine: list[Row], theirs: list[Row]) -> list[Row]:
    return theirs if mine == theirs else [*theirs, *mine]


def _row(declared: Field, shown: RowDigests, mine: Row | None, theirs: Row | None) -> Row | None:
    """Return one row of the base with the changes of both sides, None for one that was left out. Raises Conflict."""
    if mine == theirs:
        return mine
    is_mine, is_theirs = _is_changed(declared, shown, mine), _is_changed(declared, shown, theirs)
    if not is_mine:
        return theirs
    if not is_theirs:
        return mine
    if mine is None or theirs is None:
        raise Conflict
    return {
        name: _cell(was, mine.get(name), theirs.get(name))
        for was, name in zip(shown, declared.columns or {}, strict=True)
    }


def _is_changed(declared: Field, shown: RowDigests, row: Row | None) -> bool:
    return row is None or digests_of(declared, [row]) != [shown]


def _cell(was: str, mine: Any, theirs: Any) -> Any:
    if mine == theirs or of_stored(mine) == was:
        return theirs
    if of_stored(theirs) == was:
        return mine
    raise Conflict
