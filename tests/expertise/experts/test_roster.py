"""Whom a coordinator may choose, and what is said about them."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from expertise.experts.model import RosterEntry
from expertise.experts.roster import candidates
from expertise.people.manage import accounts
from expertise.people.model import Grant, Person, Topic
from tests.support import stages
from tests.support.databases import KINDS, database
from tests.support.environment import SETTLED, Environment

TODAY = date(2026, 3, 2)


@pytest.fixture(params=KINDS)
def env(request, tmp_path, time):
    with database(request.param, tmp_path, SETTLED) as engine:
        yield Environment(engine)


@pytest.fixture
def enter(env):
    """An entry in the roster for one of the people of the environment."""

    def add(name, topics, **more):
        with env.transactions.write() as session:
            entry = {"languages": ["ru"], "days_free": 20, "profile": None, "listed": True, **more}
            session.add(RosterEntry(person_id=env.actor(name).person_id, topics=topics, **entry))

    return add


def names(env, topic=None, today=TODAY):
    with env.transactions.read() as session:
        return [each.name for each in candidates(session, topic, today)]


def test_an_expert_without_an_entry_can_be_chosen_and_is_known_by_name_only(env):
    with env.transactions.read() as session:
        first = candidates(session, "waste", TODAY)[0]
    assert (first.name, first.topics, first.languages, first.days_free, first.profile) == (
        "Busy expert",
        (),
        (),
        None,
        "",
    )
    assert not first.fits and first.assignments == 0


def test_who_knows_the_topic_comes_first(env, enter):
    enter("expert", ["waste"], languages=["en", "ru"], days_free=45, profile="Landfills and tariffs")
    assert names(env) == ["Busy expert", "Expert"]
    assert names(env, "waste") == ["Expert", "Busy expert"]
    with env.transactions.read() as session:
        found = candidates(session, "waste", TODAY)[0]
    assert found.fits and found.languages == ("en", "ru")
    assert found.days_free == 45 and found.profile == "Landfills and tariffs"


def test_a_topic_above_or_below_is_near_enough(env, enter):
    with env.transactions.read() as session:
        below = session.execute(select(Topic.key, Topic.parent).where(Topic.parent.is_not(None))).first()
    enter("expert", [below.parent])
    assert names(env, below.key) == ["Expert", "Busy expert"]
    assert names(env, below.parent) == ["Expert", "Busy expert"]


def test_running_assignments_are_counted_and_the_less_busy_comes_first(env):
    stages.delivering(env)
    with env.transactions.read() as session:
        assert {each.name: each.assignments for each in candidates(session, None, TODAY)} == {
            "Busy expert": 0,
            "Expert": 1,
        }


def test_who_is_off_the_roster_or_has_left_or_held_the_role_once_is_not_offered(env, enter):
    enter("expert", ["waste"], listed=False)
    assert names(env) == ["Busy expert"]
    with env.transactions.write() as session:
        grant = session.scalar(select(Grant).where(Grant.person_id == env.actor("busy expert").person_id))
        grant.until = date(2026, 3, 1)
    assert names(env) == []
    assert names(env, today=date(2026, 3, 1)) == ["Busy expert"]
    with env.transactions.write() as session:
        accounts.deactivate_person(session, session.get(Person, env.actor("busy expert").person_id))
    assert names(env, today=date(2026, 3, 1)) == []
