"""Whoever gets past the guards is found out: the first broken event is named, on both databases."""

from __future__ import annotations

import json

import pytest
import rfc8785
from sqlalchemy import delete, insert, select, text, update

from expertise.audit import append_only, trail
from expertise.audit.chain import leaf_of
from expertise.audit.model import Event, PrivateValue
from expertise.base.database import table_of
from expertise.cases.queries import CASES
from tests.support.environment import on_sqlite

EVENTS, VALUES = table_of(Event), table_of(PrivateValue)


@pytest.fixture
def case(env):
    """A case with five events, in a database whose guards are removed."""
    env.begin()  # a neighbour whose chain stays whole
    reference = env.walk("confirm_complete")
    env.take("coordinator", reference, "return_for_completion", {"comment": "Say more about the landfill."})
    engine = env.transactions.engine
    with engine.begin() as connection:
        for table in append_only.TABLES:
            for verb in ("update", "delete"):
                on = f" ON {table}" if engine.dialect.name == "postgresql" else ""
                connection.execute(text(f"DROP TRIGGER {table}_no_{verb}{on}"))
    return env.case(reference)


@pytest.fixture
def verified(env):
    def verify(reference=None):
        with env.transactions.read() as session:
            return trail.verify(session, reference)

    return verify


@pytest.fixture
def tamper(env, case, verified):
    """Change the database and return the one problem that verification finds."""

    def do(*statements):
        with env.transactions.write() as session:
            for statement in statements:
                assert session.execute(statement).rowcount != 0
        broken = verified().broken
        assert [each.case for each in broken] == [case.reference]
        assert verified(case.reference).broken == broken
        return broken[0].sequence, broken[0].reason

    return do


def event(case, sequence):
    return (EVENTS.c.case_id == case.id) & (EVENTS.c.sequence == sequence)


def value(case, sequence):
    return (VALUES.c.case_id == case.id) & (VALUES.c.sequence == sequence)


@pytest.fixture
def forged(env, case):
    """An event's body with words exchanged, and its leaf recomputed: what a patient forger would do."""

    def forge(sequence, **words):
        with env.transactions.read() as session:
            body = session.scalar(select(EVENTS.c.body).where(event(case, sequence)))
        body = rfc8785.dumps({**json.loads(body), **words})
        return {"body": body, "leaf": leaf_of(body)}

    return forge


def test_an_honest_trail_holds(verified, case):
    found = verified()
    assert (found.cases, found.broken) == (2, ()) and found.events == case.sequence + 1
    assert verified(case.reference).cases == 1
    assert verified("ER-1999-0001").cases == 0


def test_a_changed_body(tamper, case):
    assert tamper(update(EVENTS).where(event(case, 3)).values(body=b"{}")) == (3, "the event was changed")


@on_sqlite
def test_a_body_that_cannot_be_read(tamper, case):
    for body in (b"\xff", b"[]", b"{}", b"{"):
        broken = tamper(update(EVENTS).where(event(case, 3)).values(body=body, leaf=leaf_of(body)))
        assert broken == (3, "the event cannot be read")


@on_sqlite
def test_words_of_the_wrong_kind_are_found_and_stop_nothing(tamper, case, forged):
    for words in ({"commitments": []}, {"commitments": {"comment": 5}}, {"commitments": None}, {"previous": 7}):
        assert tamper(update(EVENTS).where(event(case, 3)).values(**forged(3, **words)))[0] == 3


@on_sqlite
def test_a_body_exchanged_with_its_leaf_breaks_the_next_event(tamper, case, forged):
    broken = tamper(update(EVENTS).where(event(case, 3)).values(**forged(3, rule="expertise_request@9/submit")))
    assert broken == (4, "the event does not follow the one before it")


@on_sqlite
def test_the_newest_event_exchanged_with_its_leaf_breaks_the_head(tamper, case, forged):
    last = case.sequence
    broken = tamper(update(EVENTS).where(event(case, last)).values(**forged(last, version=99)))
    assert broken == (last, "the case does not point to its newest event")


def test_a_deleted_event(tamper, case):
    assert tamper(delete(VALUES).where(value(case, 4)), delete(EVENTS).where(event(case, 4))) == (
        4,
        "an event is missing",
    )


def test_the_tail_cut_off(tamper, case):
    last = case.sequence
    assert tamper(delete(VALUES).where(value(case, last)), delete(EVENTS).where(event(case, last))) == (
        last,
        "the newest events are missing",
    )


@on_sqlite
def test_all_events_gone(tamper, case):
    broken = tamper(
        delete(VALUES).where(VALUES.c.case_id == case.id), delete(EVENTS).where(EVENTS.c.case_id == case.id)
    )
    assert broken == (1, "the newest events are missing")


@on_sqlite
def test_two_events_that_changed_places(tamper, case):
    """3 and 4 exchanged: 4 in the place of 3 follows something that was not before it."""
    away = 1000
    swaps = [update(EVENTS).where(event(case, old)).values(sequence=new) for old, new in ((2, away), (3, 2), (away, 3))]
    assert tamper(*swaps) == (2, "the event does not follow the one before it")


@on_sqlite
def test_an_event_of_another_case(tamper, case, env, forged):
    """Same place, same hash before it, another name: a chain cannot be lent."""
    with env.transactions.read() as session:
        other = session.execute(select(EVENTS).where(EVENTS.c.case_id != case.id)).one()
    broken = tamper(update(EVENTS).where(event(case, 1)).values(body=other.body, leaf=other.leaf))
    assert broken == (1, "the event belongs to another place")


@pytest.mark.parametrize(
    ("column", "lie"),
    [("act", "person:step:close"), ("actor", "clock"), ("role", "manager"), ("to_state", "closed")],
)
@on_sqlite
def test_a_column_that_says_something_else(tamper, case, column, lie):
    broken = tamper(update(EVENTS).where(event(case, 3)).values({column: lie}))
    assert broken == (3, "the columns say something else than the event")


@on_sqlite
def test_a_moment_moved(tamper, case):
    later = case.changed_at.replace(year=2030)
    assert tamper(update(EVENTS).where(event(case, 3)).values(at=later))[0] == 3


@on_sqlite
def test_an_event_that_begins_elsewhere(tamper, case, forged):
    words = forged(3, **{"from": "closed"})
    broken = tamper(update(EVENTS).where(event(case, 3)).values(from_state="closed", **words))
    assert broken == (3, "the event begins in another state than the one before it ended in")


def test_a_private_value_changed(tamper, case):
    broken = tamper(update(VALUES).where(value(case, case.sequence)).values(value='"Approved, of course."'))
    assert broken == (case.sequence, "the private value comment was changed")


@on_sqlite
def test_a_nonce_changed(tamper, case):
    broken = tamper(update(VALUES).where(value(case, case.sequence)).values(nonce=b"x" * 32))
    assert broken == (case.sequence, "the private value comment was changed")


@on_sqlite
def test_a_private_value_missing(tamper, case):
    broken = tamper(delete(VALUES).where(value(case, 1), VALUES.c.name == "contact_person"))
    assert broken == (1, "the private value contact_person is missing")


@on_sqlite
def test_a_private_value_that_no_event_names(tamper, case):
    foreign = {"case_id": case.id, "sequence": 2, "name": "comment", "nonce": b"x" * 32, "value": '"planted"'}
    broken = tamper(insert(VALUES).values(foreign))
    assert broken == (2, "a private value that no event names: comment")


def test_a_case_turned_to_another_head_or_state(tamper, case):
    where = CASES.c.id == case.id
    broken = tamper(update(CASES).where(where).values(head=b"x" * 32))
    assert broken == (case.sequence, "the case does not point to its newest event")
    broken = tamper(update(CASES).where(where).values(head=case.head, state="closed"))
    assert broken == (case.sequence, "the case is in another state than its events say")
    broken = tamper(update(CASES).where(where).values(state=case.state, sequence=case.sequence + 1))
    assert broken == (case.sequence + 1, "the newest events are missing")


@on_sqlite
def test_every_broken_chain_is_named_once(env, case, verified):
    with env.transactions.write() as session:
        session.execute(update(EVENTS).where(EVENTS.c.sequence == 1).values(role="auditor"))
    assert [(each.sequence, each.reason) for each in verified().broken] == [
        (1, "the columns say something else than the event")
    ] * 2


@on_sqlite
def test_chains_are_read_in_batches(env, monkeypatch, verified):
    monkeypatch.setattr(trail, "BATCH", 2)
    for _ in range(5):
        env.begin()
    found = verified()
    assert (found.cases, found.events, found.broken) == (5, 5, ())


def test_nothing_personal_stands_in_the_clear(env):
    """A whole life of a case: neither names, nor addresses, nor what was said, in any body."""
    reference = env.walk()
    env.comment("requester", reference, "A comment in confidence")
    with env.transactions.read() as session:
        bodies = "".join(body.decode() for body in session.scalars(select(EVENTS.c.body)))
        said = set(session.scalars(select(VALUES.c.value)))
    assert "Head of the unit" in {json.loads(each) for each in said if each.startswith('"')}
    for words in ("Head of the unit", "unit@example.kz", "confidence", "Not ours", "landfill", "Public need"):
        assert words not in bodies
