"""What is to be signed: once, soon, for one purpose, by one person, in one browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from expertise.base import clock
from expertise.people.auth import webauthn_challenges
from expertise.people.auth.webauthn_challenges import (
    ADD,
    PROVE,
    SIGN_IN,
    ChallengeRequest,
    forget_challenges,
    issue,
    take,
)
from expertise.people.manage import accounts
from expertise.people.model import PasskeyChallenge

ASKED = ChallengeRequest(SIGN_IN, "cookie")


@pytest.fixture
def person(transactions, time):
    with transactions.write() as session:
        return accounts.add_person(session, name="A", email="a@example.kz", language="kk", now=clock.now()).id


def given(transactions, asked=ASKED):
    with transactions.write() as session:
        return issue(session, asked, clock.now())


def taken(transactions, asked=ASKED):
    with transactions.write() as session:
        return take(session, asked, clock.now())


def test_it_is_good_once(transactions, time):
    challenge = given(transactions)
    assert len(challenge) == 43
    assert taken(transactions) == challenge
    assert taken(transactions) is None


def test_it_is_good_for_five_minutes(transactions, time):
    for late, works in ((timedelta(0), False), (timedelta(seconds=1), True)):
        given(transactions)
        time.move(webauthn_challenges.LASTS - late)
        assert (taken(transactions) is not None) is works


def test_another_purpose_browser_or_person_has_none(transactions, person):
    asked = ChallengeRequest(PROVE, "cookie", person)
    challenge = given(transactions, asked)
    for other in (replace(asked, purpose=ADD), replace(asked, cookie="other")):
        assert taken(transactions, other) is None
    assert taken(transactions, asked) == challenge
    for other in (person + 1, None):
        given(transactions, asked)
        assert taken(transactions, replace(asked, person_id=other)) is None
        assert taken(transactions, asked) is None, "it is gone with the wrong answer"


def test_a_newer_one_voids_the_older(transactions, time):
    older, newer = given(transactions), given(transactions)
    assert older != newer and taken(transactions) == newer
    assert taken(transactions) is None


def test_of_two_at_once_one_has_it(transactions, time):
    given(transactions)
    found, together = [], Barrier(4)

    def run():
        together.wait()
        found.append(taken(transactions))

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and sum(each is not None for each in found) == 1


def test_the_cookie_is_not_in_the_database(transactions, time):
    given(transactions)
    with transactions.read() as session:
        assert "cookie" not in session.scalars(select(PasskeyChallenge)).one().bound


def test_the_night_forgets_what_nobody_answered(transactions, time):
    given(transactions)
    time.move(timedelta(minutes=2))
    given(transactions, ChallengeRequest(SIGN_IN, "other"))
    time.move(timedelta(minutes=4))
    with transactions.write() as session:
        forget_challenges(session, clock.now())
        assert session.scalar(select(func.count()).select_from(PasskeyChallenge)) == 1
