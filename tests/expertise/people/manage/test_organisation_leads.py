"""Members of organisations: invited, changed, looked after by those who may."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise.base import clock
from expertise.people.auth import password_links, sessions
from expertise.people.manage import accounts, organisation_leads
from expertise.people.model import Grant, Organisation, Person
from workflows.refusals import Invalid


@pytest.fixture
def env(reference, time):
    """Two akimats by key."""
    with reference.read() as session:
        found = session.execute(select(Organisation.key, Organisation.id))
        return {key: number for key, number in found if key in ("akimat-kz-43", "akimat-kz-10")}


@pytest.fixture
def session(reference, env):
    with reference.write() as session:
        yield session


def invite(session, organisation_id=None, **changes):
    given = {"name": "Requester", "email": "r@example.kz", "language": "kk", "organisation_id": organisation_id}
    return organisation_leads.invite_person(session, **(given | changes), now=clock.now())


def change(session, person, **changes):
    kept = {name: getattr(person, name) for name in ("name", "email", "language", "organisation_id")}
    return organisation_leads.change_person(session, person, **(kept | changes), now=clock.now())


def codes(answer):
    return [(field, problem.code) for field, problems in answer.errors for problem in problems]


def test_invited_person_sets_a_password_by_the_pass(session, env):
    person, issued = invite(session, env["akimat-kz-43"])
    assert person.password is None
    assert issued.purpose == "invitation" and issued.ends_at == clock.now() + timedelta(days=14)
    assert password_links.use(session, issued.token, "hash", clock.now()) == person.id


def test_all_that_is_wrong_is_said_at_once(session):
    assert codes(invite(session, name=" ", email="x", language="de")) == [
        ("name", "required"),
        ("email", "bad_email"),
        ("language", "unknown_choice"),
    ]


def test_change_of_address_ends_links_to_the_old_one(session):
    person, issued = invite(session)
    assert change(session, person, name="  Other\tname ") is None
    assert person.name == "Other name"
    assert password_links.find_valid(session, issued.token, clock.now()) is not None
    assert change(session, person, email=" Other@Example.KZ ") is None
    assert person.email == "other@example.kz"
    assert password_links.find_valid(session, issued.token, clock.now()) is None


def test_change_that_cannot_be_stored_changes_nothing(session):
    person, _issued = invite(session)
    invite(session, email="taken@example.kz")
    assert codes(change(session, person, email="taken@example.kz", name="New")) == [("email", "taken")]
    assert codes(change(session, person, name="", language="de")) == [
        ("name", "required"),
        ("language", "unknown_choice"),
    ]
    assert person.name == "Requester"
    assert change(session, person) is None


def test_other_organisation_ends_sessions_and_the_lead(session, env):
    person, _issued = invite(session, env["akimat-kz-43"])
    assert organisation_leads.set_lead(session, person, True) is None
    token = sessions.start_session(session, person.id, clock.now())
    assert change(session, person, language="ru") is None
    assert sessions.session_owner(session, token, clock.now()) is not None and person.lead
    assert change(session, person, organisation_id=env["akimat-kz-10"]) is None
    assert sessions.session_owner(session, token, clock.now()) is None
    assert not person.lead


def test_lead_needs_an_organisation_and_begins_with_a_new_session(session, env):
    nowhere, _issued = invite(session)
    assert isinstance(organisation_leads.set_lead(session, nowhere, True), Invalid)
    assert not nowhere.lead
    person, _issued = invite(session, env["akimat-kz-43"], email="lead@example.kz")
    token = sessions.start_session(session, person.id, clock.now())
    assert organisation_leads.set_lead(session, person, True) is None
    assert sessions.session_owner(session, token, clock.now()) is None


def test_members_are_those_of_the_organisation(session, env):
    here, there = env["akimat-kz-43"], env["akimat-kz-10"]
    for name, organisation in (("B", here), ("A", here), ("C", there), ("D", None), ("0", here)):
        invite(session, organisation, name=name, email=f"{name}@example.kz")
    accounts.deactivate_person(session, session.scalars(select(Person).where(Person.name == "0")).one())
    assert [person.name for person in organisation_leads.members(session, here)] == ["A", "B", "0"]


@pytest.mark.parametrize(
    ("roles", "lead", "own", "target", "target_roles", "may"),
    [
        ({"administrator"}, False, None, 7, {"administrator"}, True),
        ({"requester"}, True, 7, 7, {"requester"}, True),
        ({"requester"}, True, 7, 7, set(), True),
        ({"expert", "requester"}, True, 7, 7, {"expert", "requester"}, True),
        ({"expert"}, True, 7, 7, {"expert"}, True),
        ({"requester"}, True, 7, 7, {"expert"}, False),  # nobody gives, or takes over, the other side of a case
        ({"expert"}, True, 7, 7, {"expert", "requester"}, False),
        (set(), True, 7, 7, {"requester"}, False),
        (set(), True, 7, 7, set(), True),
        ({"requester"}, False, 7, 7, {"requester"}, False),
        ({"requester"}, True, 7, 8, {"requester"}, False),
        ({"requester"}, True, 7, None, {"requester"}, False),
        ({"requester"}, True, None, None, {"requester"}, False),
        ({"coordinator"}, True, 7, 7, {"coordinator"}, False),
        ({"coordinator"}, True, 7, 7, {"approver"}, False),
        ({"manager"}, True, 7, 7, {"requester", "auditor"}, False),
        ({"coordinator", "approver", "manager", "auditor", "lender"}, False, 7, 7, set(), False),
    ],
)
def test_who_may_look_after_whom(roles, lead, own, target, target_roles, may):
    answer = organisation_leads.may_manage(
        roles, lead=lead, organisation_id=own, target_organisation_id=target, target_roles=target_roles
    )
    assert answer is may


def test_role_for_one_workflow_stands_beside_the_one_for_all(session):
    person, _issued = invite(session)
    wide = accounts.grant_role(session, person, "coordinator", "KZ-43")
    narrow = accounts.grant_role(session, person, "coordinator", "KZ-43", workflow="expertise_request")
    assert wide.id != narrow.id
    assert accounts.grant_role(session, person, "coordinator", "KZ-43", workflow="expertise_request").id == narrow.id
    accounts.revoke_role(session, person, "coordinator", "KZ-43")
    assert [grant.workflow for grant in session.scalars(select(Grant))] == ["expertise_request"]
    accounts.revoke_role(session, person, "coordinator", "KZ-43", workflow="expertise_request")
    assert session.scalars(select(Grant)).all() == []


def test_role_given_by_eight_at_once_is_held_once(reference, env):
    with reference.write() as session:
        person, _issued = invite(session)
    together = threading.Barrier(8)

    def give():
        together.wait()
        with reference.write() as session:
            accounts.grant_role(session, session.get_one(Person, person.id), "approver")

    threads = [threading.Thread(target=give) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reference.read() as session:
        assert [grant.role for grant in session.scalars(select(Grant))] == ["approver"]
