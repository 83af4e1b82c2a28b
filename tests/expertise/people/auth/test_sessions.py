"""Sessions: half-way, complete, proved, renewed, listed and ended one by one."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from expertise.base import clock
from expertise.people.auth import sessions, sign_in
from expertise.people.auth import sessions as session_list
from expertise.people.manage import accounts

HASH = sign_in.hash_password("right")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def person(transactions, time):
    with transactions.write() as session:
        return accounts.add_person(
            session, name="Approver", email="a@example.kz", language="kk", now=clock.now(), password_hash=HASH
        )


@pytest.fixture
def start(transactions, person):
    def start(**given):
        with transactions.write() as session:
            return sessions.start_session(session, person.id, clock.now(), **given)

    return start


@pytest.fixture
def ask(transactions):
    def ask(verb, *given):
        with transactions.write() as session:
            return verb(session, *given, clock.now())

    return ask


def test_half_way_opens_nothing_until_it_is_complete(start, ask, person):
    token = start(complete=False)
    assert ask(sessions.session_owner, token) is None
    assert ask(sessions.find_session, token) is None
    assert not ask(sessions.reauthenticated_recently, token)
    assert ask(sessions.reauthenticate, token) is None
    assert ask(sessions.awaiting_second_factor, token) == person.id
    whole = ask(sessions.complete, token)
    assert whole not in (None, token)
    assert ask(sessions.session_owner, whole).person_id == person.id
    assert ask(sessions.awaiting_second_factor, whole) is None
    assert ask(sessions.awaiting_second_factor, token) is None and ask(sessions.session_owner, token) is None


def test_half_way_ends_soon_and_a_complete_session_late(start, ask, time):
    token, other = start(complete=False), start(complete=False)
    time.move(sessions.SECOND_FACTOR_TIME - MINUTE)
    whole = ask(sessions.complete, other)
    time.move(MINUTE)
    assert ask(sessions.awaiting_second_factor, token) is None
    assert ask(sessions.complete, token) is None
    time.move(25 * MINUTE)
    assert ask(sessions.session_owner, whole) is not None


def test_complete_session_is_not_completed_twice(start, ask):
    assert ask(sessions.complete, start()) is None


def test_enter_can_be_told_that_a_second_factor_is_needed(transactions, person):
    with transactions.write() as session:
        attempt = sign_in.count_guess(session, person.email, "", clock.now())
        needed = sign_in.enter(session, attempt, clock.now(), second_factor_needed=True)
        assert not needed.complete
        assert sign_in.enter(session, attempt, clock.now()).complete


def test_renewed_token_replaces_the_old_one(start, ask, person, time):
    token = start()
    time.move(20 * MINUTE)
    new = ask(sessions.renew, token)
    assert ask(sessions.session_owner, token) is None
    assert ask(sessions.session_owner, new).person_id == person.id
    assert not ask(sessions.reauthenticated_recently, new), "a new token proves nothing"
    assert ask(sessions.renew, token) is None
    assert ask(sessions.renew, "unknown") is None


def test_token_renewed_by_eight_at_once_lives_on_in_one(start, ask):
    token, together, answers = start(), threading.Barrier(8), []

    def renew():
        together.wait()
        answers.append(ask(sessions.renew, token))

    threads = [threading.Thread(target=renew) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(answer is not None for answer in answers) == 1


def test_proof_grows_old_and_can_be_given_anew(start, ask, time):
    token = start()
    time.move(sessions.RECENT)
    assert ask(sessions.reauthenticated_recently, token)
    time.move(timedelta(seconds=1))
    assert not ask(sessions.reauthenticated_recently, token)
    new = ask(sessions.reauthenticate, token)
    assert ask(sessions.reauthenticated_recently, new)
    assert not ask(sessions.reauthenticated_recently, token)


def test_dead_session_cannot_be_brought_back(start, ask, time):
    token = start()
    time.move(sessions.IDLE)
    for verb in (sessions.renew, sessions.reauthenticate, sessions.complete):
        assert ask(verb, token) is None


def test_list_shows_what_lives_and_marks_mine(transactions, start, person, time):
    dead = start()
    time.move(sessions.IDLE)
    first = start()
    time.move(MINUTE)
    mine = start()
    with transactions.read() as session:
        listed = session_list.list_sessions(session, person.id, clock.now(), mine)
    assert [one.mine for one in listed] == [True, False]
    assert [one.started_at for one in listed] == [clock.now(), clock.now() - MINUTE]
    assert all(len(one.key) == session_list.SHORT for one in listed)
    assert not {dead, first, mine} & {one.key for one in listed}


def test_one_session_is_ended_by_its_owner_only(transactions, start, person, ask):
    here, there = start(), start()
    with transactions.write() as session:
        stranger = accounts.add_person(session, name="B", email="b@example.kz", language="ru", now=clock.now())
        key = next(one.key for one in session_list.list_sessions(session, person.id, clock.now(), here) if not one.mine)
        assert not session_list.end_one(session, stranger.id, key)
        for nothing in ("", "%", key[:-1], key + "0", "\udc80"[:0]):
            assert not session_list.end_one(session, person.id, nothing)
        assert session_list.end_one(session, person.id, key)
        assert not session_list.end_one(session, person.id, key)
    assert ask(sessions.session_owner, there) is None
    assert ask(sessions.session_owner, here) is not None
