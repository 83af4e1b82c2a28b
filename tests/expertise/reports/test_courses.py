"""The courses of cases: stays from the trail, lead times in working days, the stages of board and funnel."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest

from expertise.reports import courses
from expertise.reports.counts import Selection
from expertise.reports.courses import Courses, Stay
from tests.support.contents import definitions
from tests.support.days import MONDAY
from workflows.calendar import Calendar

REQUEST = "expertise_request"


def at(days: float) -> datetime:
    return MONDAY + timedelta(days=days)


def move(act, to, days):
    return SimpleNamespace(act=act, to_state=to, at=at(days))


def test_the_stays_of_a_case_are_the_states_of_its_trail(env, time):
    reference = env.walk("finish_analysis")
    time.move(timedelta(days=3))
    env.walk("register")
    actor = env.actor("manager")
    with env.transactions.read() as session:
        read = courses.courses(session, actor, Selection(REQUEST))
        few = courses.courses(session, actor, Selection(REQUEST), most=1)
    stays = read.stays[env.case(reference).id]
    assert [stay.state for stay in stays] == env.states(reference)
    assert all(stay.left == after.entered for stay, after in pairwise(stays))
    assert stays[-1].left is None and read.all_read
    assert len(few.stays) == 1 and not few.all_read
    with env.transactions.read() as session:
        assert courses.courses(session, env.actor("neighbour"), Selection(REQUEST)).stays == {}


def test_a_step_that_was_taken_back_leaves_no_stay():
    moves = [
        move("person:case:open", "draft", 0),
        move("person:step:submit", "submitted", 1),
        move("mail:step:register", "check", 2),
        move("mail:undo:register", "submitted", 2.1),
        move("person:step:register", "check", 4),
    ]
    assert courses._stays(moves) == (
        Stay("draft", at(0), at(1)),
        Stay("submitted", at(1), at(4)),
        Stay("check", at(4)),
    )


def test_lead_times_count_working_days_of_stays_that_ended():
    # From 2 March 2026: 0, 1, 2, 4, 9 and 13 working days, because 9 and 23 March are days off.
    days = [0, 1, 2, 7, 14, 21]
    stays = {number: (Stay("a", at(0), at(each)), Stay("b", at(each))) for number, each in enumerate(days)}
    found = courses.lead_times(Courses(stays, all_read=True), ("a", "b"), Calendar.kazakhstan())
    assert (found["a"].cases, found["a"].median, found["a"].p90) == (6, 3, 13)
    assert (found["b"].cases, found["b"].median) == (0, None)


@pytest.mark.parametrize("definition", definitions().values(), ids=lambda each: each.key)
def test_every_open_state_stands_in_one_column(definition):
    open_ = [key for key, state in definition.states.items() if state.final is None]
    for by_state in (False, True):
        columns = [state for stage in courses.stages(definition, by_state=by_state) for state in stage.states]
        assert sorted(columns) == sorted(open_)
    steps = courses.funnel_stages(definition)
    assert set(steps[0].states) == set(definition.states)
    for before, after in pairwise(steps[1:]):
        assert set(after.states) < set(before.states)


def test_a_funnel_counts_who_came_to_a_stage_or_beyond(env):
    definition = env.services.definitions.current(REQUEST)
    env.walk("register")
    env.walk("approve_terms")
    env.walk("")
    with env.transactions.read() as session:
        read = courses.courses(session, env.actor("manager"), Selection(REQUEST))
    numbers = courses.funnel(read, courses.funnel_stages(definition))
    assert numbers[:2] == [3, 2] and numbers[-1] == 1 and numbers == sorted(numbers, reverse=True)
