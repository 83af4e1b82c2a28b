"""A unit of work runs whole, is repeated whole, or leaves nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import OperationalError

from expertise.base import driver
from expertise.base.database import prepare
from expertise.base.errors import DatabaseAway, TryAgain
from expertise.base.transaction import ATTEMPTS, Transactions
from expertise.cases.model import Counter
from tests.support.environment import on_sqlite
from workflows.refusals import NotFound

NOBODY_LISTENS = "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=2"


def count(session, workflow="w"):
    session.add(Counter(workflow=workflow, year=2026, number=1))


@pytest.fixture
def stored(transactions):
    def number():
        with transactions.read() as session:
            return session.scalar(select(func.count()).select_from(Counter))

    return number


def test_a_unit_is_committed_and_answers(transactions, stored):
    def unit(session):
        count(session)
        return "answer"

    assert transactions.run(unit) == "answer" and stored() == 1


def test_a_refusal_undoes_what_was_begun(transactions, stored):
    def unit(session):
        count(session)
        session.flush()
        return NotFound()

    assert transactions.run(unit) == NotFound() and stored() == 0


def test_a_fault_undoes_what_was_begun(transactions, stored):
    def unit(session):
        count(session)
        session.flush()
        raise LookupError

    with pytest.raises(LookupError):
        transactions.run(unit)
    assert stored() == 0


def test_reading_never_writes(transactions, stored):
    with transactions.read() as session:
        count(session)
        session.flush()
    assert stored() == 0


def test_a_unit_that_met_its_twin_is_run_anew_from_the_beginning(transactions, stored):
    attempts = []

    def unit(session):
        attempts.append(1)
        count(session, workflow=f"w{len(attempts)}")
        session.flush()
        if len(attempts) < ATTEMPTS:
            raise TryAgain
        return len(attempts)

    assert transactions.run(unit) == ATTEMPTS and stored() == 1


def test_a_unit_that_always_meets_its_twin_gives_up(transactions, stored):
    attempts = []

    def unit(session):
        attempts.append(1)
        count(session)
        session.flush()
        raise TryAgain

    with pytest.raises(TryAgain):
        transactions.run(unit)
    assert len(attempts) == ATTEMPTS and stored() == 0


class Undone(Exception):
    """What the driver says of a deadlock or a lost connection."""

    def __init__(self, sqlstate):
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
@on_sqlite
def test_what_the_database_undid_itself_is_run_anew(transactions, stored, sqlstate):
    attempts = []

    def unit(session):
        attempts.append(1)
        if len(attempts) == 1:
            raise OperationalError("UPDATE", {}, Undone(sqlstate))
        count(session)
        return "done"

    assert transactions.run(unit) == "done" and len(attempts) == 2 and stored() == 1
    with pytest.raises(OperationalError):
        transactions.run(lambda session: (_ for _ in ()).throw(OperationalError("UPDATE", {}, Undone(sqlstate))))


@on_sqlite
def test_a_lost_connection_is_never_run_anew(transactions):
    attempts = []

    def unit(session):
        attempts.append(1)
        raise OperationalError("COMMIT", {}, Undone("57P01"))

    with pytest.raises(DatabaseAway):
        transactions.run(unit)
    assert len(attempts) == 1  # nobody knows whether it happened


def test_a_row_held_too_long_by_somebody_else_is_said_so(engine, transactions):
    """PostgreSQL: lock_timeout. SQLite: busy_timeout, made short for the test."""
    transactions.run(count)
    if engine.dialect.name == "postgresql":
        hold, ask = "SELECT * FROM counters FOR UPDATE", "SET lock_timeout = 50"
    else:
        hold, ask = "UPDATE counters SET number = 2", "PRAGMA busy_timeout = 50"
    with transactions.write() as first:
        first.execute(text(hold))
        impatient = Transactions(engine)
        with engine.connect() as connection:
            connection.exec_driver_sql(ask)
            connection.commit()  # its settings stay with it when the pool gives it out again
        with pytest.raises(DatabaseAway):
            impatient.run(lambda session: session.execute(text("UPDATE counters SET number = 3")))
    with transactions.read() as session:
        assert session.scalar(select(Counter.number)) in (1, 2)


def test_a_server_that_is_not_there_is_said_so():
    away = Transactions(create_engine(NOBODY_LISTENS))
    for use in (away.read, away.write):
        with pytest.raises(DatabaseAway), use() as session:
            session.execute(text("SELECT 1"))
    with pytest.raises(DatabaseAway):
        away.run(lambda session: session.execute(text("SELECT 1")))


@on_sqlite
def test_a_folder_that_is_not_there_is_said_so(tmp_path, engine):
    away = Transactions(prepare(create_engine(f"sqlite:///{tmp_path / 'no' / 'such.sqlite'}")))
    with pytest.raises(DatabaseAway):
        away.run(count)


@on_sqlite
def test_sqlite_takes_its_write_lock_before_it_reads(engine, transactions):
    """A second writer waits at BEGIN and then sees what the first one did: no lost update, no "database is locked"."""
    with transactions.write() as first, engine.connect() as second:
        first.execute(select(func.count()).select_from(Counter))  # only reads so far
        second.exec_driver_sql("PRAGMA busy_timeout = 20")
        with pytest.raises(OperationalError, match="locked"):
            second.execute(text("INSERT INTO counters VALUES ('w', 2026, 1)"))
        second.rollback()
        with transactions.read() as reader:  # readers are let through
            assert reader.scalar(select(func.count()).select_from(Counter)) == 0


@on_sqlite
def test_no_connection_left_is_said_so(engine):
    """All connections are in use for longer than a request may wait."""
    crowded = Transactions(prepare(create_engine(engine.url, pool_size=1, max_overflow=0, pool_timeout=0.05)))
    with crowded.read() as first:
        first.execute(text("SELECT 1"))
        with pytest.raises(DatabaseAway), crowded.write():
            pass
    crowded.run(count)
    crowded.engine.dispose()


def test_a_rollback_undoes_what_went_past_the_session(transactions):
    """The driver's own statements and those of the session are one transaction, also where the session has none yet."""
    transactions.run(count)
    with transactions.write() as session:
        driver.send(session, "UPDATE counters SET number = 50", ())
        session.rollback()
    with transactions.write() as session:
        session.execute(text("UPDATE counters SET number = 60"))
        driver.send(session, "UPDATE counters SET number = 70", ())
        session.rollback()
    with transactions.read() as session:
        assert session.scalar(select(Counter.number)) == 1


def test_a_refusal_undoes_what_went_past_the_session(transactions):
    transactions.run(count)

    def refused(session):
        driver.send(session, "UPDATE counters SET number = 50", ())
        return NotFound()

    assert transactions.run(refused) == NotFound()
    with transactions.read() as session:
        assert session.scalar(select(Counter.number)) == 1
