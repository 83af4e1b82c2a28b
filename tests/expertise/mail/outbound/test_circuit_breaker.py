"""When the queue is paused, when it goes on, and that all carriers see the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from expertise.base import clock
from expertise.mail.model import LetterLog
from expertise.mail.outbound import circuit_breaker

SECOND = timedelta(seconds=1)


@pytest.fixture
def ended(env, post):
    """Attempts of one letter that ended just now: `ended(accepted=15, failed=5)`."""
    post()

    def note(**numbers):
        with env.write() as session:
            for what, number in numbers.items():
                row = {"letter_id": 1, "number": 1, "what": what, "at": clock.now(), "ended_at": clock.now()}
                session.execute(insert(LetterLog), [row] * number)

    return note


def reckon(env):
    with env.write() as session:
        return circuit_breaker.trip_if_failing(session, clock.now())


def allowance(env, limit=50):
    with env.write() as session:
        return circuit_breaker.allowance(session, clock.now(), limit)


def status(env):
    with env.read() as session:
        return circuit_breaker.status(session)


@pytest.mark.parametrize(
    ("numbers", "paused"),
    [
        ({"accepted": 16, "failed": 4}, False),
        ({"accepted": 15, "failed": 5}, True),
        ({"accepted": 15, "uncertain": 3, "unreachable": 2}, True),
        ({"failed": 19}, False),
        ({"unreachable": 20}, True),
        ({"postponed": 100, "accepted": 1}, False),
    ],
)
def test_more_than_a_fifth_of_enough_attempts(env, time, ended, numbers, paused):
    ended(**numbers)
    assert reckon(env) == status(env).open == paused


def test_only_the_last_ten_minutes_count(env, time, ended):
    ended(failed=20)
    time.move(circuit_breaker.WINDOW)
    assert not reckon(env)


def test_attempt_that_has_not_ended_does_not_count(env, time, ended):
    ended(failed=19)
    with env.write() as session:
        session.execute(insert(LetterLog), {"letter_id": 1, "number": 2, "what": "attempt", "at": clock.now()})
    assert not reckon(env)


def test_open_breaker_lets_one_letter_through_after_a_pause(env, time):
    with env.write() as session:
        circuit_breaker.trip(session, "535 wrong", clock.now())
    assert status(env) == circuit_breaker.BreakerStatus(
        True, "535 wrong", clock.now(), clock.now() + circuit_breaker.PAUSE
    )
    assert allowance(env) == 0
    time.move(circuit_breaker.PAUSE - SECOND)
    assert allowance(env) == 0
    time.move(SECOND)
    assert [allowance(env), allowance(env)] == [1, 0]
    time.move(circuit_breaker.TRIAL)  # the carrier that took it died
    assert [allowance(env), allowance(env)] == [1, 0]


def test_tripping_again_keeps_since_when(env, time):
    begun = clock.now()
    for reason in ("first", "second"):
        with env.write() as session:
            circuit_breaker.trip(session, reason, clock.now())
        time.move(circuit_breaker.PAUSE)
    assert (status(env).opened_at, status(env).reason) == (begun, "second")


def test_what_went_wrong_before_it_was_closed_is_forgiven(env, time, ended):
    ended(failed=30)
    assert reckon(env)
    with env.write() as session:
        assert circuit_breaker.close(session, clock.now(), person_id=1)
        assert not circuit_breaker.close(session, clock.now(), person_id=1)
    assert allowance(env) == 50
    assert not reckon(env)
    time.move(SECOND)
    ended(accepted=19, failed=1)
    assert not reckon(env)
    ended(failed=20)
    assert reckon(env)
