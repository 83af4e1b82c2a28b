"""Durable steps: through the desk, and as raw driver code that writes the same rows.

The step goes to and fro between the terms of reference and their endorsement: each moves the case, appends an
event with what was said, replaces a ladder of three or five timers, queues a letter and keeps the answer to its key.
"""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, event, select

from expertise.audit.model import Event, PrivateValue
from expertise.cases.model import Answered, Case
from expertise.mail.model import OutgoingLetter
from expertise.reminders.model import Timer
from tests.support.environment import Environment, Member, done, together
from tests.support.stages import in_approval

TO_AND_FRO = (("coordinator", "send_for_endorsement", {}), ("requester", "ask_changes", {"comment": "Суды үнемдеу."}))
KEYS = itertools.count()


class Walker:
    """One case that goes to and fro."""

    def __init__(self, env: Environment) -> None:
        self.env = env
        self.case = in_approval(env)
        done(env.fire("approver", self.case, "send_back_terms", {"comment": "Уточните объём."}))
        self.version = env.case(self.case).version
        self.turn = 0

    def step(self) -> None:
        name, step, raw = TO_AND_FRO[self.turn]
        key = f"bench-{next(KEYS)}"
        self.version = done(self.env.fire(name, self.case, step, raw, self.version, key)).version
        self.turn = 1 - self.turn


def per_second(works: list[Callable[[], None]], seconds: float) -> float:
    """How many calls a second all of them do together, each in a thread of its own."""
    end = time.perf_counter() + seconds

    def work(place: int) -> int:
        number = 0
        while time.perf_counter() < end:
            works[place]()
            number += 1
        return number

    for each in works:  # prepares statements and fills caches
        for _ in range(4):
            each()
    end = time.perf_counter() + seconds
    begun = time.perf_counter()
    numbers = together(len(works), work)
    return sum(numbers) / (time.perf_counter() - begun)


# --- the limit --------------------------------------------------------------------------------


class Raw:
    """The rows of one step of the desk, written again and again by the driver alone, a transaction for each."""

    def __init__(self, walker: Walker) -> None:
        engine = walker.env.engine
        self.postgres = engine.dialect.name == "postgresql"
        self.mark = "%s" if self.postgres else "?"
        self.connection = _postgres(engine) if self.postgres else _sqlite(engine)
        self.written = []
        for _ in TO_AND_FRO:  # what is written again and again, to and fro
            walker.step()
            self.written.append(_written(walker))
        self.case = self.written[0]["case"]["id"]
        self.sequence = itertools.count(self.written[-1]["events"][0]["sequence"] + 1)

    def step(self) -> None:
        number = next(self.sequence)
        rows, cursor, mark = self.written[number % 2], self.connection.cursor(), self.mark
        cursor.execute("BEGIN" if self.postgres else "BEGIN IMMEDIATE")
        lock = " FOR NO KEY UPDATE" if self.postgres else ""
        cursor.execute(f"SELECT * FROM cases WHERE id = {mark}{lock}", (self.case,))
        cursor.fetchone()
        self._update(cursor, {**rows["case"], "sequence": number, "version": number})
        self._insert(cursor, "events", [{**row, "sequence": number} for row in rows["events"]])
        self._insert(cursor, "event_private", [{**row, "sequence": number} for row in rows["event_private"]])
        cursor.execute(f"DELETE FROM timers WHERE case_id = {mark} AND done_at IS NULL", (self.case,))
        self._insert(cursor, "timers", [{**row, "visit": number} for row in rows["timers"]])
        unique = f"raw:{self.case:010}:{number:010}"
        self._insert(
            cursor,
            "outbox",
            [{**row, "dedupe_key": unique + str(n), "message_id": f"<{unique}{n}@komek.example.kz>"}
             for n, row in enumerate(rows["outbox"])],
        )  # fmt: skip
        self._insert(cursor, "answered", [{**row, "key": unique} for row in rows["answered"]])
        cursor.execute("COMMIT")

    def _update(self, cursor: Any, row: dict[str, Any]) -> None:
        names = [name for name in row if name != "id"]
        setting = ", ".join(f"{name} = {self.mark}" for name in names)
        values = [row[name] for name in names]
        cursor.execute(f"UPDATE cases SET {setting} WHERE id = {self.mark}", (*values, self.case))

    def _insert(self, cursor: Any, table: str, rows: list[dict[str, Any]]) -> None:
        if rows:
            names = list(rows[0])
            marks = ", ".join(self.mark for _ in names)
            statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"
            cursor.executemany(statement, [tuple(row.values()) for row in rows])

    def close(self) -> None:
        self.connection.close()


def _written(walker: Walker) -> dict[str, Any]:
    """What the last step wrote, as the driver takes it; the columns of the case are those that a step changes."""
    env = walker.env
    case = env.case(walker.case)
    newest = {Event: case.sequence, PrivateValue: case.sequence}
    changed = ("id", "state", "final", "owner_role", "public", "entered_at", "due_at", "deadline", "visit", "clocks",
               "votes", "ended_at", "changed_at", "acted", "head", "sequence", "version")  # fmt: skip
    bind = env.engine.dialect

    def plain(model: Any, row: Any, leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
        columns = [column for column in model.__table__.c if column.name not in leave_out]
        return {column.name: _bound(column, row._mapping[column.name], bind) for column in columns}

    def of_case(model: Any) -> list[Any]:
        rows = [row for row in env.rows(model.__table__) if row.case_id == case.id]
        return [row for row in rows if row.sequence == newest[model]] if model in newest else rows

    letters = [row for row in of_case(OutgoingLetter) if f":{case.sequence}:" in row.dedupe_key]
    timers = [row for row in of_case(Timer) if row.done_at is None]
    with env.transactions.read() as session:
        answers = session.execute(select(Answered.__table__).order_by(Answered.at.desc(), Answered.key.desc())).all()
    return {
        "case": {name: value for name, value in plain(Case, case).items() if name in changed},
        "events": [plain(Event, row) for row in of_case(Event)],
        "event_private": [plain(PrivateValue, row) for row in of_case(PrivateValue)],
        "timers": [plain(Timer, row, ("id",)) for row in timers],
        "outbox": [plain(OutgoingLetter, row, ("id",)) for row in letters],
        "answered": [plain(Answered, row) for row in answers[:1]],
    }


def _bound(column: Any, value: Any, dialect: Any) -> Any:
    """As the driver takes it."""
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    return process(value) if process is not None else value


def _postgres(engine: Engine) -> Any:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg.connect(url, autocommit=True, prepare_threshold=0)
    connection.execute("SET timezone = 'UTC'")
    return connection


def _sqlite(engine: Engine) -> Any:
    connection = sqlite3.connect(engine.url.database or "", isolation_level=None, check_same_thread=False)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON", "busy_timeout=15000",
                   "wal_autocheckpoint=8000"):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")
    return connection


# --- counting ---------------------------------------------------------------------------------


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    """The statements that are sent meanwhile; one for many rows counts once, BEGIN and COMMIT do not count."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.split(maxsplit=1)[0] not in ("BEGIN", "PRAGMA"):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def statements(env: Environment, recipients: list[int]) -> dict[int, int]:
    """Recipients → statements of one step that is told to so many."""
    walker, found, there = Walker(env), {}, 1
    for wanted in recipients:
        env.add({f"clerk {n}": Member("requester", "kk", "akimat-kz-43") for n in range(there, wanted)})
        there = wanted
        for _ in range(2):
            walker.step()
        with counting(env.engine) as sent:
            walker.step()
        walker.step()
        found[wanted] = len(sent)
    return found
