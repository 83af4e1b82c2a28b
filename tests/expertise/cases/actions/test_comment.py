"""Whoever asks to be asked back does not say the same twice by going back; everybody else may say what they like."""

from __future__ import annotations

from datetime import timedelta

import pytest

from expertise.cases import desk
from expertise.cases.actions.attachments import Upload
from expertise.cases.actions.comment import REPEATED_WITHIN, JustSaid, Received
from tests.support.environment import done

ONE, OTHER = (Upload(sign * 64, 10, f"{sign}.txt", "text/plain") for sign in "ab")


@pytest.fixture
def case(env):
    return env.walk("register")


@pytest.fixture
def say(env, case):
    numbers = iter(range(100))

    def said(words, name="requester", *, asks_back=True, key="", at=case, **more):
        request = desk.Request(env.actor(name), at, key=key or f"key-{next(numbers)}")
        received = Received(words, asks_back=asks_back, **more)
        return env.transactions.run(lambda session: desk.comment(desk.Unit(session, env.services), request, received))

    return said


def test_the_same_words_are_asked_back_with_the_event_that_has_them(say, env):
    first = done(say("Жұмада хабарласамыз"))
    events = len(env.events(first.reference))
    assert say("  Жұмада хабарласамыз ") == JustSaid(env.events(first.reference)[-1].at, first.sequence)
    assert len(env.events(first.reference)) == events
    assert done(say("Жұмада хабарласамыз", asks_back=False)).sequence == first.sequence + 1


def test_the_same_request_gets_its_answer_and_no_question(say):
    first = done(say("Бір", key="the same"))
    assert done(say("Бір", key="the same")).sequence == first.sequence


def test_other_words_people_cases_days_and_notes_are_no_repetition(say, env, time):
    done(say("Бір", "coordinator"))
    done(say("Бір"))
    done(say("Бір", "coordinator", internal=True))
    assert isinstance(say("Бір", "coordinator", internal=True), JustSaid)
    done(say("Бір", at=env.walk("register")))
    done(say("Екі"))
    done(say("Бір"))  # something was said between the two
    time.move(REPEATED_WITHIN + timedelta(seconds=1))
    done(say("Бір"))


def test_files_that_were_not_there_make_another_comment(say):
    done(say("Файл", uploads=(ONE,)))
    assert isinstance(say("Файл"), JustSaid)  # a form that was gone back to has lost its files
    assert isinstance(say("Файл", uploads=(ONE,)), JustSaid)
    done(say("Файл", uploads=(ONE, OTHER)))
    done(say("", uploads=(ONE,)))
    done(say("", uploads=(ONE,)))  # without words nothing is compared
