"""L, the limit: the rows of a step written by the database's driver alone, with nothing of ours in between.

BEGIN, SELECT … FOR UPDATE of each case, UPDATE, DELETE and INSERT of each table with one statement a table, COMMIT.
All texts are made once; values are bound as the driver takes them; PostgreSQL prepares every statement.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy import JSON, BigInteger, Column, Dialect, Engine, Integer, MetaData, String, Table, make_url
from sqlalchemy.dialects import postgresql, sqlite

from expertise.base.database import Base, Instant
from tests.benchmarks.written import Operation, Row, Script, Value, tables

#: What a step will ask for in letters, as the table of the design has it. Used until the step itself writes such a row.
INTENT = Table(
    "bench_intents",
    MetaData(),
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("case_id", BigInteger, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("visit", Integer),
    Column("version", Integer),
    Column("state", String(60)),
    Column("step", String(60)),
    Column("role", String(20)),
    Column("letters", JSON),
    Column("acted", JSON),
    Column("organisation_id", BigInteger),
    Column("region", String(20)),
    Column("expert_id", BigInteger),
    Column("lender_id", BigInteger),
    Column("due_at", Instant),
    Column("at", Instant),
)
#: Rows of letters that the step writes itself as long as it writes no intent.
LETTERS = {"outbox", "mail_tokens", "outbox_log"}


def prepare(engine: Engine) -> None:
    """Make the table of intents where the application has none."""
    if not _has_intents():
        INTENT.metadata.create_all(engine)


def _has_intents() -> bool:
    return any("intent" in name for name in Base.metadata.tables)


def limit(script: Script) -> Script:
    """The script as L writes it: an intent instead of letters."""
    if any("intent" in each.table for each in script.operations):
        return script
    kept = [each for each in script.operations if each.table not in LETTERS]
    numbers = {row["case_id"].base: row["sequence"] for each in kept if each.table == "events" for row in each.rows}
    intents = [_intent(case, sequence) for case, sequence in numbers.items()]
    return Script(script.cases, (*kept, Operation("insert", INTENT.name, tuple(intents))))


def _intent(case: int, sequence: Value) -> dict[str, Value]:
    moment = datetime(2026, 11, 30, 10, tzinfo=UTC)
    plain = {
        "visit": 7, "version": 9, "state": "endorsement", "step": "send_for_endorsement", "role": "coordinator",
        "letters": {"requester": "terms_to_endorse"}, "acted": {"who": "Coordinator"}, "organisation_id": 7,
        "region": "KZ-43", "expert_id": None, "lender_id": None, "due_at": moment, "at": moment,
    }  # fmt: skip
    return {"case_id": Value(case), "sequence": sequence, **{name: Value(value) for name, value in plain.items()}}


# --- statements -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Statement:
    """A text with its parameters; `moving` are the places of those that differ from time to time."""

    text: str
    parameters: tuple[Any, ...]
    moving: tuple[tuple[int, Value], ...] = ()

    def at(self, n: int) -> tuple[Any, ...]:
        if not self.moving:
            return self.parameters
        values = list(self.parameters)
        for place, value in self.moving:
            values[place] = value.at(n)
        return tuple(values)


class Compiler:
    """Turns operations into statements of a dialect."""

    def __init__(self, postgres: bool) -> None:
        self.postgres = postgres
        self.mark = "%s" if postgres else "?"
        self.dialect: Dialect = postgresql.psycopg.dialect() if postgres else sqlite.dialect()
        self.tables = {**tables(), INTENT.name: INTENT}

    def statements(self, operation: Operation) -> list[Statement]:
        table = self.tables[operation.table]
        if operation.kind == "insert":
            return [self._insert(table, operation.rows)]
        if operation.kind == "update":
            pairs = zip(operation.rows, operation.keys, strict=True)
            return [self._update(table, row, key) for row, key in pairs]
        return [self._delete(table, key) for key in operation.keys]

    def lock(self, case: int) -> Statement:
        ending = " FOR NO KEY UPDATE" if self.postgres else ""
        return Statement(f"SELECT * FROM cases WHERE id = {self.mark}{ending}", (case,))

    def _insert(self, table: Table, rows: Sequence[dict[str, Value]]) -> Statement:
        marks = f"({', '.join([self.mark] * len(rows[0]))})"
        text = f"INSERT INTO {table.name} ({', '.join(rows[0])}) VALUES {', '.join([marks] * len(rows))}"
        return self._statement(text, [(table.c[name], value) for row in rows for name, value in row.items()])

    def _update(self, table: Table, row: dict[str, Value], key: dict[str, Value]) -> Statement:
        settings = ", ".join(f"{name} = {self.mark}" for name in row)
        text = f"UPDATE {table.name} SET {settings} WHERE {self._where(key)}"
        return self._statement(text, [(table.c[name], value) for name, value in (*row.items(), *key.items())])

    def _delete(self, table: Table, key: dict[str, Value]) -> Statement:
        given = [(table.c[name], value) for name, value in key.items() if value.base is not None]
        return self._statement(f"DELETE FROM {table.name} WHERE {self._where(key)}", given)

    def _where(self, key: dict[str, Value]) -> str:
        return " AND ".join(
            f"{name} IS NULL" if value.base is None else f"{name} = {self.mark}" for name, value in key.items()
        )

    def _statement(self, text: str, given: list[tuple[Column[Any], Value]]) -> Statement:
        bound = tuple(self._bound(column, value.at(0)) for column, value in given)
        moving = tuple((place, value) for place, (_, value) in enumerate(given) if value.each or value.unique)
        return Statement(text, bound, moving)

    def _bound(self, column: Column[Any], value: Any) -> Any:
        process = column.type.dialect_impl(self.dialect).bind_processor(self.dialect)
        return process(value) if process is not None else value


# --- the loop ---------------------------------------------------------------------------------


class Driver:
    """Takes the steps of its scripts in turn.

    `start` is the number of the first step: loops that take the scripts of one case by turns begin far apart. On a case
    that others step on at the same time (`contended`) the number of the step is read from the locked row.
    """

    def __init__(self, url: str, given: Sequence[Script], start: int = 0, *, contended: bool = False) -> None:
        self.postgres = url.startswith("postgresql")
        compiler = Compiler(self.postgres)
        self.connection = open_driver(url)
        self.cursor = self.connection.cursor()
        self.execute: Callable[..., Any] = self.cursor.execute
        self.begin = "BEGIN" if self.postgres else "BEGIN IMMEDIATE"
        self.locks = [compiler.lock(case) for case in given[0].cases]
        self.steps = [[s for operation in each.operations for s in compiler.statements(operation)] for each in given]
        self.number = start
        self.first = first_sequence(given[0])
        self.contended = contended
        if contended:
            self.cursor.execute("SELECT * FROM cases WHERE id = -1")
            self.place = [column[0] for column in self.cursor.description].index("sequence")

    def step(self) -> bool:
        execute = self.execute
        execute(self.begin)
        for lock in self.locks:
            execute(lock.text, lock.parameters)
            row = self.cursor.fetchone()
        number = row[self.place] + 1 - self.first if self.contended else self.number
        n, shape = divmod(number, len(self.steps))
        for statement in self.steps[shape]:
            execute(statement.text, statement.at(n))
        self.between(shape)
        execute("COMMIT")
        self.number += 1
        return True

    def between(self, shape: int) -> None:
        """Do what a library does beside the rows, inside the transaction; nothing here."""

    def backend(self) -> int | None:
        return self.connection.info.backend_pid if self.postgres else None

    def close(self) -> None:
        self.connection.close()


def first_sequence(script: Script) -> int:
    """The number of the first event that the script writes for its (last) case."""
    rows = [row for each in script.operations if each.table == "events" for row in each.rows]
    return next(row["sequence"].base for row in rows if row["case_id"].base == script.cases[-1])


def open_driver(url: str) -> Any:
    """A connection of the driver, set up as the application sets up its own."""
    if url.startswith("postgresql"):
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        connection = psycopg.connect(plain, autocommit=True, prepare_threshold=0)
        connection.execute("SET timezone = 'UTC'")
        return connection
    connection = sqlite3.connect(make_url(url).database or "", isolation_level=None, check_same_thread=False)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON", "busy_timeout=15000",
                   "wal_autocheckpoint=8000"):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")
    return connection


def as_rows(given: dict[str, Value], n: int) -> Row:
    """A row of a script as plain values, for libraries that bind themselves."""
    return {name: value.at(n) for name, value in given.items()}
