"""The rows that a step writes, found by comparing the database before and after it.

Nothing here names a column of the desk: whatever the step writes, the driver alone and the other libraries write too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Engine, Table, UniqueConstraint, select

from expertise.base.database import Base

#: Tables that no step writes; reading them would only take time.
STILL = {"definitions", "regions", "topics", "organisations"}
Row = dict[str, Any]
Key = tuple[Any, ...]


@dataclass
class Written:
    """The rows that one step wrote. Keys are primary keys; values are as SQLAlchemy reads them."""

    inserted: dict[str, dict[Key, Row]] = field(default_factory=dict)
    changed: dict[str, dict[Key, Row]] = field(default_factory=dict)  # whole rows as they are afterwards
    differing: dict[str, set[str]] = field(default_factory=dict)  # names of the columns that changed
    deleted: dict[str, dict[Key, Row]] = field(default_factory=dict)


def tables() -> dict[str, Table]:
    """Every table a step may write, by name."""
    return {name: table for name, table in Base.metadata.tables.items() if name not in STILL}


def key_of(table: Table) -> list[str]:
    """The columns that tell a row from others.

    Not a number that the database gives where there is something better: SQLite gives a deleted row's number again.
    """
    constraints = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    numbered = table.autoincrement_column is not None and table.name != "cases"
    wanted = constraints[0] if numbered and constraints else table.primary_key
    return [column.name for column in wanted.columns]


def snapshot(engine: Engine) -> dict[str, dict[Key, Row]]:
    """Table → primary key → row, of the whole database; for small ones."""
    with engine.connect() as connection:
        found = {}
        for name, table in tables().items():
            names = key_of(table)
            rows = [dict(row) for row in connection.execute(select(table)).mappings()]
            found[name] = {tuple(row[column] for column in names): row for row in rows}
        return found


def written_by(engine: Engine, step: Callable[[], object]) -> Written:
    """Take the step and return what it wrote."""
    before = snapshot(engine)
    step()
    after = snapshot(engine)
    result = Written()
    for name, rows in after.items():
        old = before[name]
        inserted = {key: row for key, row in _sorted(rows) if key not in old}
        changed = {key: row for key, row in _sorted(rows) if key in old and old[key] != row}
        deleted = {key: row for key, row in old.items() if key not in rows}
        for place, part in ((result.inserted, inserted), (result.changed, changed), (result.deleted, deleted)):
            if part:
                place[name] = part
        if changed:
            result.differing[name] = {c for key, row in changed.items() for c in row if row[c] != old[key][c]}
    return result


def _sorted(rows: dict[Key, Row]) -> list[tuple[Key, Row]]:
    return sorted(rows.items(), key=lambda item: repr(item[0]))


# --- the same again ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Value:
    """A value of a column at the n-th time. `base` alone, `base + each * n` for a number that grows, or `base` with
    the number appended for a text that must be unique."""

    base: Any
    each: int = 0
    unique: bool = False

    def at(self, n: int) -> Any:
        return f"{self.base}{n}" if self.unique else self.base + self.each * n if self.each else self.base


@dataclass(frozen=True)
class Operation:
    """A change to rows of one table: they are inserted, updated by key, or deleted.

    `rows` has a mapping of columns to values for each row; `keys` has the same for their keys, of updates and deletes.
    """

    kind: str  # insert, update or delete
    table: str
    rows: tuple[dict[str, Value], ...] = ()
    keys: tuple[dict[str, Value], ...] = ()


@dataclass(frozen=True)
class Script:
    """A step that may be written again any number of times: to be called with n = 0, 1, 2, …

    `cases` are the ids of the cases it changes, the parent first.
    """

    cases: tuple[int, ...]
    operations: tuple[Operation, ...]


def scripts(engine: Engine, step: Callable[[], object], shapes: int) -> list[Script]:
    """Take the step `2 * shapes` times and return a script for each of its shapes, which follow one another in turn."""
    found = [written_by(engine, step) for _ in range(2 * shapes)]
    return [_script(found[place], found[place + shapes], found) for place in range(shapes)]


def _script(first: Written, second: Written, every: list[Written]) -> Script:
    rows = second.changed["cases"]
    parts_last = sorted(rows, key=lambda key: (rows[key]["parent_id"] is not None, key))
    return Script(tuple(key[0] for key in parts_last), tuple(_operations(first, second, every)))


def _operations(first: Written, second: Written, every: list[Written]) -> Iterator[Operation]:
    every_table = tables()
    for name, rows in second.changed.items():
        table, before = every_table[name], first.changed.get(name, {})
        names = sorted(set().union(*(written.differing.get(name, set()) for written in every)))
        for key, row in rows.items():
            values = {column: _value(table, column, before.get(key, row), row) for column in names}
            keys = dict(zip(key_of(table), map(Value, key), strict=True))
            yield Operation("update", name, (values,), (keys,))
    for name, rows in second.deleted.items():
        yield _deletion(every_table[name], list(first.deleted.get(name, {}).values()), list(rows.values()))
    for name, rows in second.inserted.items():
        table, before = every_table[name], list(first.inserted.get(name, {}).values())
        pairs = zip(before if len(before) == len(rows) else rows.values(), rows.values(), strict=True)
        yield Operation("insert", name, tuple(_row(table, old, new) for old, new in pairs))


def _deletion(table: Table, before: list[Row], rows: list[Row]) -> Operation:
    """Pending timers go by their case; other rows go by their keys."""
    if "done_at" in table.c:
        cases = sorted({row["case_id"] for row in rows})
        return Operation(
            "delete", table.name, keys=tuple({"case_id": Value(case), "done_at": Value(None)} for case in cases)
        )
    pairs = zip(before if len(before) == len(rows) else rows, rows, strict=True)
    keys = tuple({name: _value(table, name, old[name], new) for name in key_of(table)} for old, new in pairs)
    return Operation("delete", table.name, keys=keys)


def _row(table: Table, before: Row, row: Row) -> dict[str, Value]:
    given = [column for column in table.c if not _numbered(table, column)]
    return {column.name: _value(table, column.name, before, row) for column in given}


def _value(table: Table, name: str, before: Row, row: Row) -> Value:
    """The value at the second time, and how it goes on from there."""
    old, new = before[name], row[name]
    if type(new) is int and type(old) is int and new != old:
        return Value(new + (new - old), new - old)
    if isinstance(new, str) and new != old and name in _unique(table):
        return Value(f"bench-{row.get('case_id', '')}-{new[:30]}-", unique=True)
    return Value(new)


def _numbered(table: Table, column: Column[Any]) -> bool:
    """Whether the database itself numbers the rows by this column."""
    return table.autoincrement_column is column


def _unique(table: Table) -> set[str]:
    constraints = [c for c in table.constraints if isinstance(c, UniqueConstraint)]
    single = {column.name for column in table.c if column.unique}
    keys = {column.name for column in table.primary_key.columns}
    return keys | single | {column.name for constraint in constraints for column in constraint.columns}
