"""People, roles and organisations."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from expertise.base import clock
from expertise.people.access import load_actor
from expertise.people.auth import sign_in
from expertise.people.auth.sessions import start_session
from expertise.people.manage import accounts
from expertise.people.model import Grant, Person
from workflows.refusals import Invalid, Problem

TODAY = date(2026, 3, 2)


@pytest.fixture
def session(reference, time):
    with reference.write() as session:
        yield session


def new(session, **changes):
    given = {"name": "Coordinator", "email": "coordinator@example.kz", "language": "ru", "now": clock.now()} | changes
    return accounts.add_person(session, **given)


def test_person_gets_a_pseudonym(session):
    person = new(session, name=" Coordinator\u202e \n One ", email=" Coordinator@Example.kz ")
    assert (person.name, person.email, person.active) == ("Coordinator One", "coordinator@example.kz", True)
    assert person.key.startswith("p") and len(person.key) == 21


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"name": " "}, "name", "required"),
        ({"name": "x" * 161}, "name", "too_long"),
        ({"email": "no address"}, "email", "bad_email"),
        ({"email": "a@b@c.kz"}, "email", "bad_email"),
        ({"email": "a@localhost"}, "email", "bad_email"),
        ({"email": "x" * 60 + "@" + "y" * 200 + ".kz"}, "email", "bad_email"),
        ({"language": "de"}, "language", "unknown_choice"),
    ],
)
def test_person_that_cannot_be_stored(session, changes, field, code):
    limits = {"too_long": (("max", 160),)}
    assert new(session, **changes) == Invalid(((field, (Problem(code, limits.get(code, ())),)),))


def test_address_belongs_to_one_person(session):
    new(session)
    assert new(session, email="COORDINATOR@example.kz") == Invalid((("email", (Problem("taken"),)),))


def test_role_is_held_from_a_day_to_a_day(session):
    person = new(session)
    accounts.grant_role(session, person, "coordinator", "KZ-43", since=date(2026, 3, 1), until=date(2026, 3, 31))
    assert load_actor(session, person.id, TODAY).has("coordinator")
    assert not load_actor(session, person.id, date(2026, 4, 1)).has("coordinator")


@pytest.mark.parametrize("region", [None, "KZ-43"])
def test_role_given_twice_is_one_role(session, region):
    person = new(session)
    accounts.grant_role(session, person, "approver", region)
    accounts.grant_role(session, person, "approver", region, until=date(2026, 12, 31))
    assert session.scalar(select(func.count()).select_from(Grant)) == 1
    assert session.scalars(select(Grant.until)).all() == [date(2026, 12, 31)]


@pytest.mark.parametrize("role", ["anyone", "clock", "part", "king"])
def test_role_nobody_can_be_given(session, role):
    assert accounts.grant_role(session, new(session), role) == Invalid((("role", (Problem("unknown_choice"),)),))


def test_role_that_ends_before_it_begins(session):
    refusal = accounts.grant_role(session, new(session), "manager", since=TODAY, until=date(2026, 3, 1))
    assert refusal.errors[0][0] == "until"


def test_role_taken_back_is_gone(session):
    person = new(session)
    accounts.grant_role(session, person, "manager")
    accounts.grant_role(session, person, "manager", "KZ-43")
    accounts.revoke_role(session, person, "manager")
    assert [grant.region for grant in load_actor(session, person.id, TODAY).grants] == ["KZ-43"]


@pytest.mark.parametrize(
    "change",
    [
        accounts.deactivate_person,
        lambda session, person: accounts.set_password(session, person, sign_in._NOBODY),
        lambda session, person: accounts.grant_role(session, person, "auditor"),
        lambda session, person: accounts.revoke_role(session, person, "auditor"),
    ],
)
def test_change_of_rights_ends_every_session(session, change):
    person, other = new(session), new(session, email="other@example.kz")
    token, others = start_session(session, person.id, clock.now()), start_session(session, other.id, clock.now())
    change(session, person)
    assert sign_in.find_session(session, token, clock.now()) is None
    assert sign_in.find_session(session, others, clock.now()) == other.id


def test_new_password_keeps_the_session_it_was_typed_in(session):
    person = new(session)
    here, there = (start_session(session, person.id, clock.now()) for _ in range(2))
    accounts.set_password(session, person, sign_in._NOBODY, keep_session=here)
    assert sign_in.find_session(session, here, clock.now()) == person.id
    assert sign_in.find_session(session, there, clock.now()) is None


def test_deactivated_person_comes_back_with_the_same_name_in_the_trail(session):
    person = new(session)
    key = person.key
    accounts.deactivate_person(session, person)
    assert load_actor(session, person.id, TODAY) is None
    accounts.reactivate_person(session, person)
    assert load_actor(session, person.id, TODAY).key == key


def test_language_is_one_of_three(session):
    person = new(session)
    assert accounts.set_language(session, person, "kk") is None
    assert accounts.set_language(session, person, "de").errors == (("language", (Problem("unknown_choice"),)),)
    assert session.scalar(select(Person.language)) == "kk"


def test_organisation_needs_a_name_in_every_language(session):
    names = {"kk": "Мекеме", "ru": "Учреждение", "en": "Institution"}
    assert accounts.add_organisation(session, key="institution", names=names, region="KZ-43").name_kk == "Мекеме"
    assert accounts.add_organisation(session, key="institution", names=names).errors[0][0] == "key"
    assert accounts.add_organisation(session, key="other", names=names | {"kk": " "}).errors[0][0] == "name_kk"
