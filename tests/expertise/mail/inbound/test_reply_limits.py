"""How many answers one address, one case and one domain get, and from when on they get some again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from expertise.base import clock
from expertise.mail.inbound import reply_limits
from expertise.mail.inbound.reply_limits import (
    DEEPEST,
    PER_ADDRESS_DAY,
    PER_ADDRESS_HOUR,
    PER_CASE_DAY,
    PER_DOMAIN_HOUR,
)
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.people.model import Person

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def answered(env):
    """`answered(30, to=2, case=1)`: so many answers were written now."""
    written = 0

    def write(number, to=1, case=None, prefix=reply_limits.PREFIX):
        nonlocal written
        now, first = clock.now(), written
        written += number
        keys = [f"{prefix}{first + place}" for place in range(number)]
        with env.write() as session:
            queue(session, [NewLetter(key, "mail_receipt", to, case, None, {}, now, now + DAY) for key in keys], now)

    return write


@pytest.fixture
def exceeded(env):
    def ask(to=1, case=None, depth=0):
        with env.read() as session:
            return reply_limits.exceeded(session, to, case, depth, clock.now())

    return ask


def test_an_address_gets_five_an_hour(answered, exceeded, time):
    answered(PER_ADDRESS_HOUR - 1)
    assert exceeded() is None
    answered(1)
    assert (exceeded(), exceeded(to=2)) == ("address_hour", None)
    time.move(HOUR)
    assert exceeded() is None


def test_an_address_gets_twenty_a_day(answered, exceeded, time):
    for _ in range(PER_ADDRESS_DAY // PER_ADDRESS_HOUR):
        assert exceeded() is None
        answered(PER_ADDRESS_HOUR)
        time.move(HOUR)
    assert exceeded() == "address_day"
    time.move(DAY)
    assert exceeded() is None


def test_a_case_is_answered_about_thirty_times_a_day_whoever_asks(answered, exceeded, time):
    for reader in (1, 2, 3):
        answered(PER_CASE_DAY // 3, to=reader, case=1)
    time.move(2 * HOUR)  # so that it is not the address that is told too much
    assert exceeded(to=2, case=1) == "case_day"
    assert exceeded(to=2) is None
    time.move(DAY)
    assert exceeded(to=2, case=1) is None


def test_a_domain_gets_two_hundred_an_hour(env, answered, exceeded, time):
    answered(PER_DOMAIN_HOUR, to=2)
    assert exceeded(to=1) == "domain_hour"
    with env.write() as session:
        session.execute(update(Person).where(Person.id == 1).values(email="reader1@not-example.kz"))
    assert exceeded(to=1) is None
    assert exceeded(to=3) == "domain_hour"
    time.move(HOUR)
    assert exceeded(to=3) is None


def test_letters_that_nobody_caused_by_mail_do_not_count(answered, exceeded):
    answered(PER_DOMAIN_HOUR, case=1, prefix="case:")
    assert exceeded(case=1) is None


def test_an_answer_to_answers_comes_to_an_end(exceeded):
    assert (exceeded(depth=DEEPEST), exceeded(depth=DEEPEST + 1)) == (None, "depth")


def test_what_is_too_much_is_held_with_its_reason_and_only_that(env, answered):
    answered(2)
    with env.write() as session:
        reply_limits.hold(session, "mail:1", "case_day")
    with env.read() as session:
        found = {row.dedupe_key: (row.state, row.answer) for row in session.query(OutgoingLetter)}
    assert found == {"mail:0": ("queued", None), "mail:1": ("held", "answers: case_day")}
