"""Deputies at the desk: they act for somebody, the trail says so, and four eyes see both."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import delete, select

from expertise.audit import trail
from expertise.audit.model import Event
from expertise.base import clock
from expertise.base.write_set import WriteSet, flush
from expertise.cases import queries
from expertise.cases.desk import Done
from expertise.cases.model import Case
from expertise.cases.parties import ACTORS, write_actors
from expertise.cases.views import case_view
from expertise.mail.letters import templates
from expertise.mail.model import OutgoingLetter
from expertise.people.absences import NewAbsence, record
from expertise.people.model import Absence, Person
from expertise.reports import worklists
from workflows.definition import LANGUAGES
from workflows.refusals import FourEyes, WrongRole


@pytest.fixture
def away(env):
    """`away("approver", "manager")`: the approver is away, the manager stands in."""

    def note(absent, deputy):
        with env.transactions.write() as session:
            wish = NewAbsence(date(2026, 1, 1), date(2027, 12, 31), deputy_id=env.actor(deputy).person_id)
            person = session.get_one(Person, env.actor(absent).person_id)
            noted = record(session, person, wish, recorded_by_id=person.id, now=clock.now())
            assert isinstance(noted, Absence)

    return note


def test_without_an_absence_the_manager_cannot_approve(env):
    reference = env.walk("approve_terms")
    assert isinstance(env.fire("manager", reference, "approve_terms"), WrongRole)


def test_a_deputy_approves_and_the_trail_names_both(env, away):
    reference = env.walk("approve_terms")
    away("approver", "manager")
    deputy = env.actor("manager")
    with env.transactions.read() as session:
        assert reference in {row.reference for row in worklists.desk(session, deputy)}
        assert queries.find(session, deputy, reference) is not None
    assert isinstance(env.fire("manager", reference, "approve_terms"), Done)
    row = env.case(reference)
    assert set(row.acted["approver"]) == {deputy.key, env.actor("approver").key}
    with env.transactions.read() as session:
        newest = session.execute(
            select(Event.actor, Event.role, Event.instead_of).where(
                Event.case_id == row.id, Event.sequence == row.sequence
            )
        ).one()
        shown = case_view.look(session, env.services, deputy, reference, clock.now()).events[0]
        assert trail.verify(session, reference).broken == ()
    assert tuple(newest) == (deputy.key, "approver", env.actor("approver").key)
    assert shown.instead_of == env.actor("approver").name


def test_a_deputy_who_wrote_the_terms_does_not_approve_them(env, away):
    reference = env.walk("approve_terms")
    away("approver", "coordinator")
    assert env.fire("coordinator", reference, "approve_terms") == FourEyes("coordinator")


def test_nobody_approves_for_somebody_who_could_not(env, away):
    """The absent person acted on the other side, so their deputy may not use their right either."""
    reference = env.walk("approve_terms")
    with env.transactions.write() as session:
        case = queries.find(session, env.actor("manager"), reference)
        session.execute(delete(ACTORS).where(ACTORS.c.case_id == case.id))
        writes = WriteSet()
        write_actors(writes, case.id, case.id, "coordinator", [env.actor("approver").key])
        assert flush(session, writes)
    away("approver", "manager")
    assert env.fire("manager", reference, "approve_terms") == FourEyes("coordinator")


@pytest.fixture
def written(env):
    """The letters of that name about a case: reader → text in English."""

    def written(reference, letter):
        about = select(Case.id).where(Case.reference == reference).scalar_subquery()
        wanted = select(Person.name, OutgoingLetter.context).join(Person, Person.id == OutgoingLetter.recipient_id)
        with env.transactions.read() as session:
            found = session.execute(
                wanted.where(OutgoingLetter.case_id == about, OutgoingLetter.letter == letter)
            ).all()
        return {name: templates.render(letter, "en", context).text for name, context in found}

    return written


def test_letters_name_both(env, away, written):
    """Who acted and in whose place; and to a deputy, in whose place the letter is read."""
    away("approver", "manager")
    reference = env.walk("approve_terms")
    asked = written(reference, "terms_to_approve")
    reads = "This letter has come to you as a deputy. Away: approver."
    assert reads in asked["manager"] and "deputy" not in asked["approver"]
    env.take("manager", reference, "approve_terms")
    told = written(reference, "terms_approved")
    assert told and all("The step was taken by a deputy: manager. Away: approver." in text for text in told.values())


def test_who_has_the_role_reads_for_nobody(env, away, written):
    """Nor does anybody get the same letter twice."""
    away("approver", "twofold")
    reference = env.walk("approve_terms")
    assert "deputy" not in written(reference, "terms_to_approve")["twofold"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sentences_are_there_in_every_language(language):
    both = {"who": "Ғ. Әуезова", "absent": "Ұ. Құрманов"}
    text = templates.render("terms_approved", language, {"acted": both, "reads": both}).text
    assert text.count("Ұ. Құрманов") == 2 and text.count("Ғ. Әуезова") == 1
    assert "Ұ. Құрманов" not in templates.render("terms_approved", language, {}).text
