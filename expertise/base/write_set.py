"""The rows that one unit of work writes: collected by code that needs no database, and sent by one `flush`.

PostgreSQL gets them as a single statement, SQLite as a statement for each operation. All rows of a set must be
different ones, because PostgreSQL shows none of its parts what the others write. Triggers run and foreign keys are
checked after all of them. See docs/decisions/0030-write-set.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, count
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from expertise.base.crash import crashpoint
from expertise.base.database import Instant
from expertise.base.driver import bind_processor, dialect_of, send

Values = Mapping[str, Any]


class LostRow(RuntimeError):
    """A row that was to be changed is not as it was read, although it was locked."""


@dataclass(frozen=True, slots=True)
class Insert:
    """New rows, all with the same columns. `unless_there`: those whose key is taken are left out."""

    table: Table
    rows: Sequence[Values]
    unless_there: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """New values of the one row whose columns equal `key`."""

    table: Table
    key: Values
    values: Values


@dataclass(frozen=True, slots=True)
class Delete:
    """The end of all rows whose columns equal `key`, None included."""

    table: Table
    key: Values


Operation = Insert | Update | Delete


@dataclass(slots=True)
class WriteSet:
    """Operations on different rows, in their order. `claimed`: a new row whose key nobody may have taken before."""

    operations: list[Operation] = field(default_factory=list)
    claimed: Insert | None = None

    def insert(self, table: Table, rows: Sequence[Values], *, unless_there: bool = False) -> None:
        """Add new rows; nothing for none."""
        if rows:
            self.operations.append(Insert(table, rows, unless_there))

    def update(self, table: Table, key: Values, values: Values) -> None:
        """Change the row whose columns equal `key`. `flush` raises LostRow when there is none."""
        self.operations.append(Update(table, key, values))

    def delete(self, table: Table, key: Values) -> None:
        """Delete the rows whose columns equal `key`."""
        self.operations.append(Delete(table, key))

    def claim(self, table: Table, row: Values) -> None:
        """Add a new row, once; `flush` answers False when its key is taken."""
        self.claimed = Insert(table, [row], unless_there=True)


def flush(session: Session, writes: WriteSet) -> bool:
    """Send all of it. False: the claimed key was taken, and the unit must be undone. Raises LostRow."""
    operations = [*writes.operations, *([writes.claimed] if writes.claimed is not None else [])]
    if not operations:
        return True
    crashpoint("before_flush")
    together = dialect_of(session).name == "postgresql"
    counts = (_flush_together if together else _flush_one_by_one)(session, operations)
    crashpoint("after_flush")
    for operation, rows in zip(operations, counts, strict=True):
        if isinstance(operation, Update) and rows != 1:
            raise LostRow(operation.table.name)
    return writes.claimed is None or counts[-1] == 1


# --- the text of an operation -----------------------------------------------------------------


Convert = Callable[[Any], Any]
_POSTGRESQL, _SQLITE = PGDialect_psycopg(dbapi=psycopg), sqlite.dialect()


class OperationShape(NamedTuple):
    """All of an operation that its text depends on. `empty`: the columns of the key that are to be NULL."""

    kind: type[Operation]
    table: Table
    names: tuple[str, ...] = ()
    rows: int = 1
    unless_there: bool = False
    key: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()


def _shape(operation: Operation) -> OperationShape:
    if isinstance(operation, Insert):
        return OperationShape(
            Insert, operation.table, tuple(operation.rows[0]), len(operation.rows), operation.unless_there
        )
    key = operation.key
    empty = tuple(name for name, value in key.items() if value is None)
    names = tuple(operation.values) if isinstance(operation, Update) else ()
    return OperationShape(type(operation), operation.table, names, key=tuple(key), empty=empty)


def _values(operation: Operation) -> Iterator[Any]:
    """All values in the order of the text: rows or new values, then those of the key that are not NULL."""
    if isinstance(operation, Insert):
        names = operation.rows[0]
        return (row[name] for row in operation.rows for name in names)
    new = operation.values.values() if isinstance(operation, Update) else ()
    return chain(new, (value for value in operation.key.values() if value is not None))


def _converted(operations: Sequence[Operation], converters: Iterable[Convert]) -> list[Any]:
    """The values of the operations as the driver takes them."""
    values = chain.from_iterable(map(_values, operations))
    return [convert(value) for convert, value in zip(converters, values, strict=True)]


def _converters(shape: OperationShape, dialect: Dialect) -> tuple[Convert, ...]:
    """The conversions of the values of an operation, in the order of the text."""
    asked = (name for name in shape.key if name not in shape.empty)
    return tuple(_converter(shape.table.c[name].type, dialect) for name in (*shape.names * shape.rows, *asked))


def _converter(kind: TypeEngine[Any], dialect: Dialect) -> Convert:
    if isinstance(kind, Instant):
        return moment if dialect is _SQLITE else _aware
    return bind_processor(kind, dialect) or _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def moment(value: datetime | None) -> str | None:
    """A moment as `Instant` stores it on SQLite, a tenth of the time: space, six digits, no zone."""
    aware = _aware(value)
    return None if aware is None else aware.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _aware(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return value


def _changing(shape: OperationShape, value: Callable[[str], str]) -> str:
    """An UPDATE or DELETE; `value` gives the placeholder of the next value."""
    table = shape.table.name
    new = ", ".join(f"{name} = {value(name)}" for name in shape.names)
    asked = " AND ".join(f"{name} IS NULL" if name in shape.empty else f"{name} = {value(name)}" for name in shape.key)
    return f"DELETE FROM {table} WHERE {asked}" if shape.kind is Delete else f"UPDATE {table} SET {new} WHERE {asked}"


def _inserting(shape: OperationShape, value: Callable[[str], str]) -> str:
    """An INSERT; `value` gives the placeholder of the next value."""
    rows = ", ".join(f"({', '.join(map(value, shape.names))})" for _ in range(shape.rows))
    more = " ON CONFLICT DO NOTHING" if shape.unless_there else ""
    return f"INSERT INTO {shape.table.name} ({', '.join(shape.names)}) VALUES {rows}{more}"


# --- PostgreSQL: one statement -----------------------------------------------------------------


def _flush_together(session: Session, operations: Sequence[Operation]) -> Sequence[int]:
    shapes = tuple(map(_shape, operations))
    text, converters = _together(shapes)
    counts = iter(send(session, text, _converted(operations, converters)).fetchone())
    return [next(counts) if _is_counted(each) else 0 for each in shapes]


def _is_counted(shape: OperationShape) -> bool:
    return shape.kind is Update or shape.unless_there


@lru_cache(maxsize=1024)
def _together(shapes: tuple[OperationShape, ...]) -> tuple[str, tuple[Convert, ...]]:
    """All operations as one statement, their values numbered in order, and the conversions of these."""
    number = count(1)
    parts = [f"w{place} AS ({_part(shape, number)})" for place, shape in enumerate(shapes)]
    counts = [f"(SELECT count(*) FROM w{place})" for place, shape in enumerate(shapes) if _is_counted(shape)]
    text = f"WITH {', '.join(parts)} SELECT {', '.join(counts) or '1'}"
    return text, tuple(chain.from_iterable(_converters(shape, _POSTGRESQL) for shape in shapes))


def _part(shape: OperationShape, number: Iterator[int]) -> str:
    def value(name: str) -> str:
        kind = shape.table.c[name].type.compile(_POSTGRESQL)
        return f"${next(number)}::{kind.partition('(')[0]}"  # a cast to VARCHAR(60) would cut a text in silence

    if shape.kind is not Insert:
        return _changing(shape, value) + (" RETURNING 1" if shape.kind is Update else "")
    return _inserting(shape, value) + (" RETURNING 1" if shape.unless_there else "")


# --- SQLite: a statement for each operation ----------------------------------------------------


def _flush_one_by_one(session: Session, operations: Sequence[Operation]) -> Sequence[int]:
    counts = []
    for operation in operations:
        text, converters = _single(_shape(operation))
        counts.append(send(session, text, _converted([operation], converters)).rowcount)
        crashpoint(f"after_{operation.table.name}")
    return counts


@lru_cache(maxsize=1024)
def _single(shape: OperationShape) -> tuple[str, tuple[Convert, ...]]:
    """One operation as a statement, and the conversions of its values."""
    write = _inserting if shape.kind is Insert else _changing
    return write(shape, lambda _: "?"), _converters(shape, _SQLITE)
