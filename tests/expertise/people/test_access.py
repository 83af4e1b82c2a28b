"""Which roles somebody has in a case, and who is told in which role. Both must give the same answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from expertise.base import clock
from expertise.people.absences import NewAbsence, Scope, record
from expertise.people.access import CLOCK, PART, Actor, HeldGrant, load_actor, recipients
from expertise.people.model import Absence, Grant, Person
from expertise.people.reach import Party, Place
from tests.support.people import PEOPLE, add_person

TODAY = date(2026, 3, 2)
WORKFLOW = "expertise_request"
HERE = Place(WORKFLOW, "KZ-43", 7, (Party("expert", person_id=9), Party("lender", organisation_id=5)))
ROLES = ("requester", "coordinator", "approver", "manager", "expert", "auditor", "administrator")


def holding(*grants, **more):
    return Actor(key="p", person_id=1, grants=tuple(HeldGrant(*grant) for grant in grants), **more)


@pytest.mark.parametrize(
    ("actor", "roles"),
    [
        (holding(), set()),
        (holding(("coordinator",)), {"coordinator"}),
        (holding(("coordinator", "KZ-43")), {"coordinator"}),
        (holding(("coordinator", "KZ-47")), set()),
        (holding(("coordinator", "KZ-47"), ("approver", "KZ-43"), ("manager",)), {"approver", "manager"}),
        (holding(("requester",), organisation_id=7), {"requester"}),
        (holding(("requester",), organisation_id=8), set()),
        (holding(("requester",)), set()),
        (holding(("expert",)), set()),
        (Actor(key="p", person_id=9, grants=(HeldGrant("expert"),)), {"expert"}),
        (Actor(key="p", person_id=9), set()),
        (holding(("auditor",)), {"auditor"}),
        (holding(("administrator", "KZ-47")), {"administrator"}),
        (holding(("lender",)), set()),
        (holding(("lender",), organisation_id=5), {"lender"}),
        (holding(("lender",), organisation_id=7), set()),
        (CLOCK, {"clock"}),
        (PART, {"part"}),
    ],
)
def test_roles_in_a_case(actor, roles):
    assert actor.roles_in(HERE) == roles


def test_nobody_owns_a_case_without_owner_or_expert():
    nowhere = Place(WORKFLOW)
    assert holding(("requester",), organisation_id=None).roles_in(nowhere) == set()
    assert Actor(key="p", person_id=None, grants=(HeldGrant("expert"),)).roles_in(nowhere) == set()
    assert holding(("coordinator", "KZ-43")).roles_in(nowhere) == set()
    assert holding(("coordinator",)).roles_in(nowhere) == {"coordinator"}


def test_staff_are_the_team_and_those_who_watch():
    staff = {role for role in ROLES if holding((role,)).is_staff}
    assert staff == {"coordinator", "approver", "manager", "auditor", "administrator"}
    assert not CLOCK.is_staff and not CLOCK.has("clock")


@pytest.fixture
def people(reference, time):
    """Everybody of the cast; numbers by name."""
    with reference.write() as session:
        for name in PEOPLE:
            add_person(session, name)
        return dict(session.execute(select(Person.name, Person.id)).all())


def test_an_actor_is_an_active_person_with_the_grants_of_the_day(reference, people):
    with reference.write() as session:
        found = load_actor(session, people["twofold"], TODAY)
        assert found.name == "twofold" and found.grants == (HeldGrant("requester"), HeldGrant("approver"))
        assert found.machine is None and found.organisation_id is not None
        assert load_actor(session, 4711, TODAY) is None
        session.execute(update(Person).where(Person.id == people["twofold"]).values(active=False))
        session.expire_all()
        assert load_actor(session, people["twofold"], TODAY) is None


@pytest.mark.parametrize(
    ("since", "until", "held"),
    [(0, 0, True), (None, 0, True), (0, None, True), (1, None, False), (None, -1, False), (-5, 5, True)],
)
def test_a_grant_holds_from_its_first_to_its_last_day(reference, people, since, until, held):
    days = {"since": since, "until": until}
    values = {name: None if days[name] is None else TODAY + timedelta(days=days[name]) for name in days}
    with reference.write() as session:
        session.execute(update(Grant).where(Grant.person_id == people["manager"]).values(values))
        assert load_actor(session, people["manager"], TODAY).has("manager") is held
        told = recipients(session, ["manager"], HERE, TODAY)
        assert bool(told) is held


def test_who_has_a_role_is_who_is_told_in_it(reference, people):
    """Two ways to one answer: the roles of an actor, and the one statement that finds recipients."""
    with reference.read() as session:
        actors = {name: load_actor(session, number, TODAY) for name, number in people.items()}
        for owner, region, expert in (
            (actors["requester"].organisation_id, "KZ-43", None),
            (actors["neighbour"].organisation_id, "KZ-47", people["expert"]),
            (None, None, people["other_expert"]),
            (None, None, people["nobody"]),
        ):
            place = Place(WORKFLOW, region, owner, (Party("expert", person_id=expert),) if expert else ())
            told = {(found.role, found.name) for found in recipients(session, ROLES, place, TODAY)}
            assert told == {(role, name) for name, actor in actors.items() for role in actor.roles_in(place)}


def test_recipients_are_found_by_one_statement_or_none(reference, people, sent):
    with reference.read() as session:
        assert recipients(session, [], HERE, TODAY) == []
        session.connection()  # SQLite says BEGIN
        sent.clear()
        found = recipients(session, [*ROLES, *ROLES, "clock", "lender"], HERE, TODAY)
        assert len(sent) == 1
    assert len(found) == len(set(found)) and {each.language for each in found} == {"kk", "ru", "en"}


def test_a_role_given_twice_is_told_once(reference, people):
    with reference.write() as session:
        session.add(Grant(person_id=people["coordinator"], role="coordinator", region=None))
        session.flush()
        told = recipients(session, ["coordinator"], HERE, TODAY)
        assert [each.name for each in told].count("coordinator") == 1


# --- deputies ---------------------------------------------------------------------------------


@pytest.fixture
def lend(reference, people):
    """`lend("approver", "manager")`: the approver is away this month, the manager stands in."""

    def note(absent, deputy, **scope):
        with reference.write() as session:
            wish = NewAbsence(date(2026, 3, 1), date(2026, 3, 31), deputy_id=people[deputy], scope=Scope(**scope))
            noted = record(
                session,
                session.get_one(Person, people[absent]),
                wish,
                recorded_by_id=people[absent],
                now=clock.now(),
            )
            assert isinstance(noted, Absence)

    return note


def test_a_deputy_has_the_roles_of_the_absent_person_and_knows_whose_they_are(reference, people, lend):
    lend("approver", "manager")
    with reference.read() as session:
        deputy, absent = (load_actor(session, people[name], TODAY) for name in ("manager", "approver"))
        after = load_actor(session, people["manager"], date(2026, 4, 1))
    assert deputy.roles_in(HERE) == {"manager", "approver"}
    lent = deputy.standing_in(region="KZ-43", workflow="expertise_request")
    assert {role: each.key for role, each in lent.items()} == {"approver": absent.key}
    assert after.roles_in(HERE) == {"manager"}


def test_a_role_of_one_s_own_is_not_lent(reference, people, lend):
    lend("coordinator", "deputy")
    with reference.read() as session:
        deputy = load_actor(session, people["deputy"], TODAY)
    assert deputy.standing_in(region="KZ-43", workflow="expertise_request") == {}


@pytest.mark.parametrize("scope", [{}, {"role": "coordinator"}, {"role": "manager"}, {"region": "KZ-43"}])
@pytest.mark.parametrize("place", ["KZ-43", "KZ-47"])
def test_deputies_are_told_exactly_where_they_may_act(reference, people, lend, scope, place):
    lend("coordinator", "manager", **scope)
    here = replace(HERE, region=place)
    with reference.read() as session:
        actors = {name: load_actor(session, number, TODAY) for name, number in people.items()}
        told = {(found.role, found.name) for found in recipients(session, ["coordinator"], here, TODAY)}
    assert told == {("coordinator", name) for name, each in actors.items() if "coordinator" in each.roles_in(here)}


def test_a_role_limited_to_a_workflow_stays_within_it(reference, people):
    with reference.write() as session:
        session.execute(update(Grant).where(Grant.person_id == people["manager"]).values(workflow="loan_referral"))
    with reference.read() as session:
        manager = load_actor(session, people["manager"], TODAY)
        for workflow, expected in (("loan_referral", {"manager"}), ("expertise_request", set())):
            here = replace(HERE, workflow=workflow)
            assert manager.roles_in(here) == expected
            assert {found.role for found in recipients(session, ["manager"], here, TODAY)} == expected
