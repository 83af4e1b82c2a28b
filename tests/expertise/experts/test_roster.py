"""Whom a coordinator may choose, and what is said about them."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from expertise.base import clock
from expertise.experts.model import RosterEntry
from expertise.experts.roster import Wish, candidates, wish_of
from expertise.people.absences import NewAbsence, record
from expertise.people.manage import accounts
from expertise.people.model import Grant, Person, Topic
from tests.support import stages
from tests.support.databases import KINDS, database
from tests.support.environment import environment
from tests.support.people import MAIN_CAST

TODAY = date(2026, 3, 2)


@pytest.fixture(params=KINDS)
def env(request, tmp_path, time):
    with database(request.param, tmp_path, MAIN_CAST) as engine:
        yield environment(engine)


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
        "expert",
        (),
        (),
        None,
        "",
    )
    assert not first.fits and first.assignments == 0


def test_who_knows_the_topic_comes_first(env, enter):
    enter("expert", ["waste"], languages=["en", "ru"], days_free=45, profile="Landfills and tariffs")
    assert names(env) == ["expert", "other_expert"]
    assert names(env, "waste") == ["expert", "other_expert"]
    with env.transactions.read() as session:
        found = candidates(session, "waste", TODAY)[0]
    assert found.fits and found.languages == ("en", "ru")
    assert found.days_free == 45 and found.profile == "Landfills and tariffs"


def test_a_topic_above_or_below_is_near_enough(env, enter):
    with env.transactions.read() as session:
        below = session.execute(select(Topic.key, Topic.parent).where(Topic.parent.is_not(None))).first()
    enter("expert", [below.parent])
    assert names(env, below.key) == ["expert", "other_expert"]
    assert names(env, below.parent) == ["expert", "other_expert"]


def test_running_assignments_are_counted_and_the_less_busy_comes_first(env):
    stages.delivering(env)
    with env.transactions.read() as session:
        assert {each.name: each.assignments for each in candidates(session, None, TODAY)} == {
            "other_expert": 0,
            "expert": 1,
        }


def test_who_is_off_the_roster_or_has_left_or_held_the_role_once_is_not_offered(env, enter):
    enter("expert", ["waste"], listed=False)
    assert names(env) == ["other_expert"]
    with env.transactions.write() as session:
        grant = session.scalar(select(Grant).where(Grant.person_id == env.actor("other_expert").person_id))
        grant.until = date(2026, 3, 1)
    assert names(env) == []
    assert names(env, today=date(2026, 3, 1)) == ["other_expert"]
    with env.transactions.write() as session:
        accounts.deactivate_person(session, session.get(Person, env.actor("other_expert").person_id))
    assert names(env, today=date(2026, 3, 1)) == []


# --- what the request asks for --------------------------------------------------------------------


def found(env, topic=None, today=TODAY, **wish):
    with env.transactions.read() as session:
        return {each.name: each for each in candidates(session, topic, today, Wish(**wish))}


def test_the_very_topic_comes_before_the_one_above_it(env, enter):
    with env.transactions.read() as session:
        below = session.execute(select(Topic.key, Topic.parent).where(Topic.parent.is_not(None))).first()
    enter("other_expert", [below.parent])
    enter("expert", [below.key])
    assert names(env, below.key) == ["expert", "other_expert"]
    assert names(env, below.parent) == ["other_expert", "expert"]


def test_who_speaks_the_language_of_the_work_comes_first(env, enter):
    enter("other_expert", ["waste"], languages=["ru"])
    enter("expert", ["waste"], languages=["kk", "en"])
    for languages, order in (({"kk"}, ["expert", "other_expert"]), ({"ru"}, ["other_expert", "expert"])):
        assert list(found(env, "waste", languages=frozenset(languages))) == order
    both = found(env, languages=frozenset({"kk", "ru"}))
    assert both["expert"].lacking == {"ru"} and both["other_expert"].lacking == {"kk"}
    enter_topic = found(env, "water_supply", languages=frozenset({"ru"}))
    assert list(enter_topic) == ["other_expert", "expert"]


@pytest.mark.parametrize(
    ("today", "most"),
    [(date(2026, 11, 30), 23), (date(2026, 12, 31), 1), (date(2026, 12, 26), 4), (date(2026, 1, 1), 30)],
)
def test_no_more_days_are_free_than_working_days_are_left_in_the_year(env, enter, today, most):
    enter("expert", ["waste"], days_free=30)
    assert found(env, today=today)["expert"].days_free <= most
    assert found(env, today=today)["other_expert"].days_free is None


def test_days_are_counted_in_the_time_that_the_request_asks_for(env, enter):
    enter("expert", ["waste"], days_free=60)
    enter("other_expert", ["waste"], days_free=5)
    week = {"since": date(2026, 6, 1), "until": date(2026, 6, 5)}
    assert found(env, **week)["expert"].days_in_period == 5
    past = {"since": date(2025, 1, 5), "until": date(2026, 3, 6)}  # it has begun already: today is Monday
    assert found(env, **past)["expert"].days_in_period == 5
    assert list(found(env, "waste", days=10, since=date(2026, 6, 1), until=date(2026, 7, 31))) == [
        "expert",
        "other_expert",
    ]
    assert not found(env, days=6, **week)["expert"].enough and found(env, days=5, **week)["expert"].enough
    over = found(env, today=date(2026, 11, 30), since=date(2026, 12, 21), until=date(2027, 1, 15))
    assert over["other_expert"].days_in_period < over["expert"].days_in_period < 20


def test_absences_are_no_free_days(env, enter):
    enter("expert", ["waste"], days_free=60)
    with env.transactions.write() as session:
        person = session.get(Person, env.actor("expert").person_id)
        leave = NewAbsence(date(2026, 6, 1), date(2026, 6, 4))
        record(session, person, leave, recorded_by_id=person.id, now=clock.now())
    assert found(env, since=date(2026, 6, 1), until=date(2026, 6, 5))["expert"].days_in_period == 1


def test_what_is_wanted_stands_in_the_fields_that_the_definition_names(env):
    field = env.services.definitions.current("expertise_request").fields["expert"]
    fields = {"languages": "kazakh_russian", "expert_days": 20, "desired_start": "2026-06-01", "latest_date": None}
    assert wish_of(field, fields) == Wish(frozenset({"kk", "ru"}), 20, date(2026, 6, 1), None)
    assert wish_of(field, {"languages": "any_language"}) == Wish()
    with env.transactions.read() as session:
        assert candidates(session, "waste", TODAY)[0].enough
