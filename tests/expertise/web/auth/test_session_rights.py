"""A session is bound to the rights with which it began: other rights, another session, and the old one is dead."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from expertise.base import clock
from expertise.people import absences
from expertise.people.absences import NewAbsence
from expertise.people.manage import accounts
from expertise.people.model import Grant, Organisation, Person, SignIn


@pytest.fixture
def write(app):
    return app.extensions["komek"].transactions.write


def person(session, name):
    return session.scalars(select(Person).where(Person.email == f"{name}@example.kz")).one()


def signed_in(visitor):
    return visitor.see("/").status_code == 200


def sessions(write, name):
    with write() as session:
        return len(session.scalars(select(SignIn).where(SignIn.person_id == person(session, name).id)).all())


def give(session):
    accounts.grant_role(session, person(session, "requester"), "expert")


def take(session):
    accounts.revoke_role(session, person(session, "requester"), "requester")


def give_past_the_verbs(session):
    session.add(Grant(person_id=person(session, "requester").id, role="auditor"))


def move(session):
    other = session.scalar(select(Organisation.id).where(Organisation.key == "akimat-kz-47"))
    session.execute(update(Person).where(Person.email == "requester@example.kz").values(organisation_id=other))


def lead(session):
    session.execute(update(Person).where(Person.email == "requester@example.kz").values(lead=True))


@pytest.mark.parametrize("change", [give, take, give_past_the_verbs, move, lead])
def test_other_rights_end_the_session_for_good(visit, write, change):
    visitor, other = visit("requester"), visit("approver")
    assert signed_in(visitor) and signed_in(other)
    with write() as session:
        change(session)
    assert not signed_in(visitor) and not signed_in(visitor)
    assert sessions(write, "requester") == 0
    assert signed_in(other), "nobody else is touched"


def test_a_deputy_signs_in_anew_when_the_absence_begins_and_when_it_ends(visit, write, time):
    deputy = visit("coordinator")
    assert signed_in(deputy)
    with write() as session:
        away, instead = person(session, "approver"), person(session, "coordinator")
        wish = NewAbsence(date(2026, 3, 3), date(2026, 3, 3), deputy_id=instead.id)
        absences.record(session, away, wish, recorded_by_id=away.id, now=clock.now())
    assert signed_in(deputy), "it has not begun"
    time.move(timedelta(days=1) - timedelta(hours=1))
    deputy = visit("coordinator")
    assert signed_in(deputy)
    time.go(clock.now() + timedelta(minutes=20))
    with write() as session:
        absences.end(session, session.scalars(select(absences.Absence)).one(), clock.now())
    assert not signed_in(deputy)


def test_the_same_rights_go_on(visit, write):
    visitor = visit("requester")
    for _ in range(3):
        assert signed_in(visitor)
    with write() as session:
        accounts.set_language(session, person(session, "requester"), "kk")
    assert signed_in(visitor) and sessions(write, "requester") == 1


def test_a_post_with_other_rights_does_nothing(visit, write):
    visitor = visit("approver")
    form = visitor.hidden("/absences")
    with write() as session:
        give_past_the_verbs_to(session, "approver")
    days = {"since": "03.03.2026", "until": "04.03.2026", "cause": "leave"}
    assert visitor.client.post("/absences", data={**form, **days}).status_code == 303
    with write() as session:
        assert session.scalars(select(absences.Absence)).all() == []


def give_past_the_verbs_to(session, name):
    session.add(Grant(person_id=person(session, name).id, role="auditor"))
