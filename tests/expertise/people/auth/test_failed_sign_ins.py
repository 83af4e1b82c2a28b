"""Who guesses at somebody's password stands in that person's history: counted, not listed, and at nobody's expense."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from expertise import config, worker
from expertise.audit import history, history_verify
from expertise.base import clock
from expertise.people.auth import (
    failed_sign_ins,
    password_reset,
    second_factor,
    sign_in,
    totp,
)
from expertise.people.auth.failed_sign_ins import CODES, PASSWORDS, RESETS
from expertise.people.manage import accounts
from expertise.people.model import Person

EMAIL, PASSWORD, KEY = "coordinator@example.kz", "жеті өзен, жеті тау", "k" * 40
HASH = sign_in.hash_password(PASSWORD)


@pytest.fixture
def person(transactions, time):
    facts = {"name": "Coordinator", "language": "kk", "now": clock.now(), "password_hash": HASH}
    with transactions.write() as session:
        accounts.add_person(session, email="other@example.kz", **facts)
        return accounts.add_person(session, email=EMAIL, **facts)


@pytest.fixture
def told(transactions, person):
    """The failed sign-ins in the history, the newest first: (act, how many)."""

    def told(kind):
        with transactions.read() as session:
            assert history_verify.verify(session).broken == ()
            happened = history.read(session, history.person(person.key))
        assert all(each.actor == history.CLOCK for each in happened if each.act == kind.act)
        return [each.values["count"] for each in happened if each.act == kind.act]

    return told


@pytest.fixture
def guess(transactions, monkeypatch):
    """Without the hash, which is slow and another test's."""
    monkeypatch.setattr(sign_in, "verify", lambda _hash, given: given == PASSWORD)

    def guess(times, email=EMAIL, password="wrong"):
        for number in range(times):
            with transactions.write() as session:
                sign_in.sign_in(session, email, password, f"203.0.113.{number}", clock.now())

    return guess


def listen(transactions):
    return worker.listen(transactions)


def test_what_is_told_is_what_closes_the_account():
    assert PASSWORDS.least == sign_in.PER_ACCOUNT and CODES.least <= second_factor.PER_PERSON


def test_a_few_wrong_passwords_are_nobodys_business(transactions, guess, told):
    guess(PASSWORDS.least - 1)
    assert listen(transactions) == 0 and told(PASSWORDS) == []


def test_the_worker_notes_a_closed_account_once_an_hour(transactions, guess, told, time):
    guess(30)
    assert [listen(transactions), listen(transactions)] == [1, 0]
    assert told(PASSWORDS) == [10]
    for _ in range(6):
        time.move(timedelta(minutes=16))
        guess(30)
        listen(transactions)
    assert told(PASSWORDS) == [40, 10], "whoever goes on is counted, and does not fill the history"


def test_of_who_is_not_there_nothing_is_told(transactions, person, guess, told):
    guess(10, email="nobody@example.kz")
    assert listen(transactions) == 0


def test_the_same_statements_for_known_and_unknown_when_the_account_closes(transactions, guess, person, sent):
    """What is noted is noted later, by another process."""
    guess(9)
    guess(9, email="nobody@example.kz")
    sent.clear()
    guess(2)
    known, sent[:] = list(sent), []
    guess(2, email="nobody@example.kz")
    assert sent == known


def test_many_wrong_ones_before_a_right_one_are_told_at_once(transactions, guess, told):
    guess(2)
    guess(1, password=PASSWORD)
    assert told(PASSWORDS) == [], "a slip of the finger"
    guess(3)
    guess(1, password=PASSWORD)
    assert told(PASSWORDS) == [3]
    assert listen(transactions) == 0


def test_requests_for_a_new_password_are_told(transactions, told, person, time):
    for _ in range(5):
        with transactions.write() as session:
            password_reset.ask_reset(session, EMAIL, "203.0.113.7", clock.now())
    assert listen(transactions) == 1
    assert told(RESETS) == [password_reset.PER_ACCOUNT]


def test_wrong_codes_behind_a_right_password_are_told(transactions, told, person):
    now = clock.now()
    with transactions.write() as session:
        mine = session.get_one(Person, person.id)
        secret = second_factor.begin(session, mine, KEY).secret
        second_factor.confirm(session, mine, totp.code(secret, int(now.timestamp()) // totp.STEP), KEY, now)
    for _ in range(CODES.least):
        with transactions.write() as session:
            second_factor.check(session, session.get_one(Person, person.id), "000000", KEY, now)
    assert listen(transactions) == 1
    assert told(CODES) == [CODES.least]


def test_what_is_forgotten_at_night_is_told_before(transactions, guess, told, time, tmp_path):
    guess(10)
    time.move(timedelta(hours=2))
    worker.tidy(transactions, replace(config.read({}), data=tmp_path))
    assert told(PASSWORDS) == [10]


def test_of_many_workers_one_notes(transactions, guess, told):
    guess(10)
    with transactions.read() as session:
        waiting = failed_sign_ins.due_notes(session, clock.now())
    now, together, noted = clock.now(), threading.Barrier(4), []

    def note():
        together.wait()
        noted.append(transactions.run(lambda session: failed_sign_ins.note(session, waiting[0], now)))

    threads = [threading.Thread(target=note) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(noted) == [False, False, False, True] and told(PASSWORDS) == [10]
