"""What was written before to the same reader about the same case."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from expertise.base import clock
from expertise.cases.model import Case
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound import claims, results, thread
from expertise.mail.outbound.ics import CalendarDeadline

DUE = "2026-03-05T13:00:00+00:00"


@pytest.fixture
def send(env, post):
    """Sends one letter, of stay `visit`; gives what was around it."""
    place = iter(range(1000))

    def send(visit=1, due=DUE, **changes):
        post(1, start=next(place), context={"case_visit": visit, "case_version": visit, "due": due}, **changes)
        with env.write() as session:
            (claimed,) = claims.claim(session, clock.now())
            letter = claims.begin(session, claimed, clock.now())
            found = thread.thread_context(session, letter)
            results.accepted(session, letter, "250", clock.now())
        return found

    return send


def names(env):
    with env.read() as session:
        return session.scalars(select(OutgoingLetter.message_id).order_by(OutgoingLetter.id)).all()


def test_ten_earlier_letters_the_oldest_first(env, send):
    for _ in range(12):
        send()
    assert send().earlier == tuple(names(env)[2:12])


def test_letters_to_others_or_not_sent_are_no_part_of_the_thread(env, send, post):
    send(recipient_id=2)
    post(1, start=5000, not_before=clock.now() + timedelta(days=1))
    assert send().earlier == ()
    assert send(case_id=None) == thread.ThreadContext()


def test_head_of_the_trail_is_that_of_the_moment(env, send):
    with env.write() as session:
        session.execute(update(Case).values(sequence=7, head=bytes(range(32))))
    assert send().head == "ER-2026-0001 7 0001020304050607"


def test_deadline_is_taken_back_by_the_next_stays_first_letter(env, send):
    told = {"letter": "deadline_reminder"}
    assert send(1, **told).ended is None
    assert send(1).ended is None
    assert send(2, due="").ended == CalendarDeadline(1, DUE)
    assert send(2, due="").ended is None
    assert send(3, due="").ended is None


def test_deadline_that_was_never_sent_is_not_taken_back(env, send):
    told = {"letter": "case_progress"}
    send(1, **told)
    assert send(2, **told).ended is None
    send(2, letter="deadline_reminder", recipient_id=2)
    assert send(3, **told).ended is None
