"""A set of writes: each database ends with the rows that SQLAlchemy would have written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from expertise.audit.model import Event, PrivateValue
from expertise.base import clock, write_set
from expertise.base.database import Instant, table_of
from expertise.base.write_set import LostRow, WriteSet, flush
from expertise.cases.model import Answered, Case, CaseActor
from expertise.cases.notify.model import Intent
from expertise.reminders.model import Timer
from tests.support.databases import KINDS, database
from tests.support.environment import environment
from tests.support.people import MAIN_CAST
from tests.support.stages import draft

CASES, EVENTS, VALUES, TIMERS = (table_of(each) for each in (Case, Event, PrivateValue, Timer))
ACTORS, ANSWERED, INTENTS = (table_of(each) for each in (CaseActor, Answered, Intent))
AT = datetime(2026, 3, 2, 11, 5, 7, 12, tzinfo=timezone(timedelta(hours=5)))


@pytest.fixture(params=KINDS)
def env(request, tmp_path, time):
    with database(request.param, tmp_path, MAIN_CAST) as engine:
        yield environment(engine)


@pytest.fixture
def case(env):
    return env.case(draft(env))


def rows(env, table):
    with env.transactions.read() as session:
        return [dict(row) for row in session.execute(select(table)).mappings()]


def event_of(case, sequence, **other):
    return {
        "case_id": case.id,
        "sequence": sequence,
        "at": AT,
        "act": "person:comment:add",
        "actor": "p1",
        "role": "requester",
        "instead_of": None,
        "from_state": "draft",
        "to_state": "draft",
        "body": '{"сөз":"\\u0000 \'қ\' \\"x\\""}'.encode(),
        "leaf": bytes(range(32)),
        **other,
    }


def intent_of(case, sequence):
    return {
        "case_id": case.id,
        "sequence": sequence,
        "at": AT,
        "visit": 1,
        "version": 1,
        "state": "draft",
        "due_at": None,
        "letters": [["manager", "told", None], ["requester", "сұрақ", [1, 2]]],
        "step": None,
        "role": None,
        "person": "Ә'\\\"%s%%",
        "acted": {"who": "Айгүл"},
        "event_case_id": case.id,
        "event_sequence": sequence,
        "organisation_id": None,
        "region": "KZ-43",
        "parties": [],
        "rung": None,
        "until": AT,
        "belated": True,
    }


def test_rows_are_those_that_sqlalchemy_writes(env, case):
    """Moments, bytes, JSON, booleans, text with quotes: column by column, one way and the other."""
    expected = {}
    for table, row in ((EVENTS, event_of(case, 2)), (INTENTS, intent_of(case, 2))):
        with env.transactions.write() as session:
            session.execute(insert(table), row)
            names = ", ".join(row)
            expected[table.name] = session.execute(text(f"SELECT {names} FROM {table.name} WHERE sequence = 2")).all()
            session.rollback()
    writes = WriteSet()
    writes.insert(EVENTS, [event_of(case, 2)])
    writes.insert(INTENTS, [intent_of(case, 2)])
    with env.transactions.write() as session:
        assert flush(session, writes)
    with env.transactions.read() as session:
        for table, row in ((EVENTS, event_of(case, 2)), (INTENTS, intent_of(case, 2))):
            names = ", ".join(row)
            stored = session.execute(text(f"SELECT {names} FROM {table.name} WHERE sequence = 2")).all()
            assert stored == expected[table.name]


def test_a_row_is_changed_and_nothing_beside_it(env, case):
    before = rows(env, CASES)[0]
    values = {
        "title": "Тақырып",
        "amount": Decimal("1234567890123.45"),
        "currency": "KZT",
        "fields": {"a": [1, None, {"ә": "б"}]},
        "deadline": None,
        "undo": {"to": "draft"},
        "public": True,
        "changed_at": AT,
        "head": bytes(32),
        "version": 7,
    }
    writes = WriteSet()
    writes.update(CASES, {"id": case.id, "sequence": case.sequence}, values)
    with env.transactions.write() as session:
        assert flush(session, writes)
    assert rows(env, CASES)[0] == {**before, **values, "changed_at": AT.astimezone(UTC)}


def test_a_row_that_is_not_as_it_was_read_undoes_everything(env, case):
    writes = WriteSet()
    writes.insert(EVENTS, [event_of(case, 2)])
    writes.update(CASES, {"id": case.id, "sequence": case.sequence + 1}, {"version": 9})
    with pytest.raises(LostRow), env.transactions.write() as session:
        flush(session, writes)
    assert [row["sequence"] for row in rows(env, EVENTS)] == [1]


def test_rows_end_where_the_key_says_none_as_well(env, case):
    def timer(rung, done_at):
        named = {
            "case_id": case.id,
            "clock": "",
            "visit": 1,
            "kind": "remind",
            "rung": rung,
            "to_role": "manager",
            "step": None,
        }
        return {**named, "due_at": AT, "done_at": done_at}

    writes = WriteSet()
    writes.insert(TIMERS, [timer("one", None), timer("two", AT), timer("three", None)])
    with env.transactions.write() as session:
        assert flush(session, writes)
    writes = WriteSet()
    writes.delete(TIMERS, {"case_id": case.id, "done_at": None})
    writes.insert(TIMERS, [{**timer("one", None), "visit": 2}])
    with env.transactions.write() as session:
        assert flush(session, writes)
    assert {(row["visit"], row["rung"]) for row in rows(env, TIMERS)} == {(1, "two"), (2, "one")}


def test_a_row_that_is_there_is_left_alone(env, case):
    actor = {"case_id": case.id, "root_id": case.id, "role": "requester"}
    before = {row["person"] for row in rows(env, ACTORS)}
    writes = WriteSet()
    writes.insert(ACTORS, [{**actor, "person": each} for each in (*before, "p9", "p9")], unless_there=True)
    with env.transactions.write() as session:
        assert flush(session, writes)
    assert sorted(row["person"] for row in rows(env, ACTORS)) == sorted({*before, "p9"})


def test_a_key_is_claimed_once(env, case):
    row = {"actor": "p1", "key": "k", "fingerprint": "f" * 64, "answer": {"opened": []}, "at": AT}
    for expected in (True, False):
        writes = WriteSet()
        writes.insert(EVENTS, [event_of(case, 2 if expected else 3)])
        writes.claim(ANSWERED, row)
        with env.transactions.write() as session:
            assert flush(session, writes) is expected
            if not expected:
                session.rollback()
    assert [each["sequence"] for each in rows(env, EVENTS)] == [1, 2]


def test_nothing_is_sent_for_nothing(env):
    with env.transactions.write() as session:
        writes = WriteSet()
        writes.insert(EVENTS, [])
        assert flush(session, writes)


@pytest.mark.parametrize(
    "wrong",
    [{"sequence": 1}, {"case_id": 999_999}, {"to_state": None}],
    ids=["a key that is taken", "a case that is not there", "a column that must have a value"],
)
def test_what_the_database_refuses_is_said_as_sqlalchemy_says_it(env, case, wrong):
    writes = WriteSet()
    writes.insert(EVENTS, [event_of(case, **{"sequence": 2, **wrong})])
    with pytest.raises(IntegrityError) as refused, env.transactions.write() as session:
        flush(session, writes)
    assert "p1" not in str(refused.value.statement)
    assert [row["sequence"] for row in rows(env, EVENTS)] == [1]


def test_a_text_that_no_column_can_hold_is_refused(env, case):
    """PostgreSQL has no NUL in a text; SQLite takes it."""
    writes = WriteSet()
    writes.insert(EVENTS, [event_of(case, 2, actor="a\0b")])
    if env.engine.dialect.name == "sqlite":
        with env.transactions.write() as session:
            assert flush(session, writes)
    else:
        with pytest.raises(DBAPIError), env.transactions.write() as session:
            flush(session, writes)


@given(st.datetimes(min_value=datetime(1950, 1, 2), max_value=datetime(2100, 1, 1)), st.integers(-14, 14))
@settings(max_examples=200)
def test_a_moment_is_written_as_the_column_type_writes_it(naive, hours):
    at = naive.replace(tzinfo=timezone(timedelta(hours=hours)))
    dialect = write_set._SQLITE
    bind = Instant().dialect_impl(dialect).bind_processor(dialect)
    assert write_set.moment(at) == bind(at)
    assert write_set.moment(None) is None


def test_a_moment_without_a_zone_is_refused_on_both(env, case):
    writes = WriteSet()
    writes.insert(EVENTS, [event_of(case, 2, at=AT.replace(tzinfo=None))])
    with pytest.raises(ValueError, match="time zone"), env.transactions.write() as session:
        flush(session, writes)


def test_a_text_that_is_too_long_is_refused_and_not_cut(env, case):
    writes = WriteSet()
    writes.insert(EVENTS, [event_of(case, 2, role="r" * 21)])
    if env.engine.dialect.name == "postgresql":
        with pytest.raises(DBAPIError, match="too long"), env.transactions.write() as session:
            flush(session, writes)
    else:  # SQLite knows no length
        with env.transactions.write() as session:
            assert flush(session, writes)
        assert rows(env, EVENTS)[-1]["role"] == "r" * 21


def test_operations_are_values():
    """So that a preview can look at them, and a test compare them."""
    writes = WriteSet()
    writes.delete(TIMERS, {"case_id": 1})
    assert writes.operations == [replace(writes.operations[0])]
    assert clock.now().tzinfo is not None
