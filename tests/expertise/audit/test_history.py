"""The histories of people: one chain each; whoever gets past the guards is found out, on both databases."""

from __future__ import annotations

import json
import threading

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from expertise.audit import append_only, history, history_verify
from expertise.base import clock

AIGUL, OTHER = history.person("p" + "1" * 20), history.organisation("akimat-kz-43")


@pytest.fixture
def told(transactions, time):
    """Three events of one person, one of an organisation."""
    with transactions.write() as session:
        history.note(session, AIGUL, "account:add", {"name": "Айгүл", "email": "aigul@example.kz"})
        history.acting(session, "p" + "2" * 20)
        history.note(session, AIGUL, "role:give", {"role": "coordinator"})
    with transactions.write() as session:
        history.note(session, AIGUL, "access:end", actor="p" + "3" * 20)
        history.note(session, OTHER, "organisation:add", {"name_kk": "А"})
    return transactions


def test_events_are_read_newest_first_with_who_did_them(told):
    with told.read() as session:
        found = history.read(session, AIGUL)
        assert history.read(session, history.person("nobody")) == []
    assert [(each.sequence, each.act, each.actor) for each in found] == [
        (3, "access:end", "p" + "3" * 20),
        (2, "role:give", "p" + "2" * 20),
        (1, "account:add", history.COMMAND_LINE),
    ]
    assert found[2].values == {"name": "Айгүл", "email": "aigul@example.kz"} and found[2].at == clock.now()


def test_an_event_says_nothing_personal(told):
    with told.read() as session:
        bodies = session.scalars(select(history.EVENTS.c.body).order_by(history.EVENTS.c.subject)).all()
    assert len(bodies) == 4
    assert all("Айгүл".encode() not in body and b"aigul" not in body and b"coordinator" not in body for body in bodies)
    assert set(json.loads(bodies[1])["commitments"]) == {"name", "email"}


def test_honest_histories_hold(told):
    with told.read() as session:
        assert history_verify.verify(session) == history_verify.Verified(2, 4, ())


ATTACKS = {
    "UPDATE history_events SET actor = 'p9' WHERE sequence = 2": (2, "the columns say something else than the event"),
    "UPDATE history_events SET leaf = body WHERE sequence = 2 AND act = 'role:give'": (2, "the event was changed"),
    "DELETE FROM history_events WHERE sequence = 3": (3, "the newest events are missing"),
    "UPDATE history_private SET value = '\"auditor\"' WHERE name = 'role'": (2, "the private value role was changed"),
    "DELETE FROM history_private WHERE name = 'email'": (1, "the private value email is missing"),
    "UPDATE history_private SET name = 'mail' WHERE name = 'email'": (1, "the private value email is missing"),
    "UPDATE histories SET sequence = 2, head = (SELECT leaf FROM history_events WHERE sequence = 2) "
    "WHERE sequence = 3": (4, "the newest events are missing"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_whoever_gets_past_the_guards_is_found_out(told, attack):
    _unguard(told.engine)
    with told.engine.begin() as connection:
        assert connection.execute(text(attack)).rowcount == 1
    with told.read() as session:
        [fault] = history_verify.verify(session).broken
    assert fault.case == AIGUL and (fault.sequence, fault.reason) == ATTACKS[attack]


def test_events_of_others_cannot_take_a_place(told):
    _unguard(told.engine)
    with told.engine.begin() as connection:
        for table in ("history_private", "history_events", "histories"):
            connection.execute(text(f"DELETE FROM {table} WHERE subject = '{OTHER}'"))
        connection.execute(
            text(f"INSERT INTO histories SELECT '{OTHER}', 1, leaf FROM history_events WHERE sequence = 1")
        )
        connection.execute(
            text(
                f"INSERT INTO history_events SELECT '{OTHER}', 1, at, act, actor, body, leaf "
                "FROM history_events WHERE sequence = 1"
            )
        )
    with told.read() as session:
        [fault] = history_verify.verify(session).broken
    assert (fault.case, fault.reason) == (OTHER, "the event belongs to another place")


@pytest.mark.parametrize("table", append_only.HISTORIES)
def test_the_database_refuses_to_change_them(told, table):
    statements = [f"UPDATE {table} SET sequence = 9", f"DELETE FROM {table} WHERE sequence = 1"]
    statements += [f"TRUNCATE {table} CASCADE"] * (told.engine.dialect.name == "postgresql")
    for statement in statements:
        with pytest.raises(DBAPIError, match="the trail is never changed"), told.engine.begin() as connection:
            connection.execute(text(statement))


def test_many_at_once_make_one_chain(transactions, time):
    """Also the very first event, for which there is no row to hold yet."""
    together = threading.Barrier(8)

    def write():
        together.wait()
        with transactions.write() as session:
            history.note(session, AIGUL, "role:give", {"role": "expert"})

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transactions.read() as session:
        assert history_verify.verify(session) == history_verify.Verified(1, 8, ())


def test_what_is_undone_leaves_no_event(transactions, time):
    with transactions.write() as session:
        history.note(session, AIGUL, "role:give")
        session.rollback()
    with transactions.read() as session:
        assert history.read(session, AIGUL) == []


def _unguard(engine):
    with engine.begin() as connection:
        for table in append_only.HISTORIES:
            on = f" ON {table}" if engine.dialect.name == "postgresql" else ""
            for verb in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER {table}_no_{verb}{on}"))
