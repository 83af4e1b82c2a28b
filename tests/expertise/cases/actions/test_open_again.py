"""A step that opens a part asks back before it opens the same one again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from expertise.cases import desk
from expertise.cases.actions.fire import JustOpened
from tests.support.environment import done

WORDS = {"recommendation_text": "Sort it", "recommendation_addressee": "Akimat"}
STEP = "record_recommendation"


@pytest.fixture
def case(env):
    return env.walk(STEP)


def record(env, case, words=WORDS, *, key=None, asks_back=True):
    """The step, as the page sends it."""
    request = desk.Request(env.actor("coordinator"), case, env.version(case), key)
    fire = lambda db: desk.fire(desk.Unit(db, env.services), request, STEP, words, asks_back=asks_back)  # noqa: E731
    return env.transactions.run(fire)


def test_the_same_words_are_asked_back_and_others_are_not(env, time, case):
    opened = done(record(env, case)).opened[0]
    again = record(env, case)
    assert isinstance(again, JustOpened) and again.reference == opened
    assert isinstance(record(env, case, {name: f" {text} " for name, text in WORDS.items()}), JustOpened)
    done(record(env, case, {**WORDS, "recommendation_text": "Weigh it"}))
    done(record(env, case))  # another stands between them
    done(record(env, case, asks_back=False))  # a mail, or somebody who has confirmed it
    time.move(timedelta(minutes=16))
    done(record(env, case))


def test_a_part_that_has_ended_may_be_opened_anew_at_once(env, case):
    opened = done(record(env, case)).opened[0]
    done(env.fire("coordinator", opened, "recall", {"comment": "By mistake."}))
    done(record(env, case))


def test_the_same_request_gets_its_answer_again(env, case):
    first = done(record(env, case, key="one"))
    request = desk.Request(env.actor("coordinator"), case, first.version - 1, "one")
    again = env.transactions.run(
        lambda db: desk.fire(desk.Unit(db, env.services), request, STEP, WORDS, asks_back=True)
    )
    assert done(again).repeated and done(again).opened == first.opened
