"""How people want to be written to: defaults by position, choices that are kept, and what nobody can switch off."""

from __future__ import annotations

import pytest

from expertise.base import clock
from expertise.base.letter_kinds import LetterKind
from expertise.people.manage import notification_preferences
from expertise.people.manage.notification_preferences import CHANGEABLE, CHOICES, Choice
from expertise.people.model import Grant, Person
from workflows.refusals import Invalid

PARTY, STAFF, FORMER = 1, 2, 3


@pytest.fixture
def people(transactions, time):
    with transactions.write() as session:
        for number in (PARTY, STAFF, FORMER):
            session.add(Person(id=number, name="x", email=f"{number}@example.kz", created_at=clock.now()))
        session.flush()
        session.add(Grant(person_id=PARTY, role="requester"))
        session.add(Grant(person_id=STAFF, role="manager"))
        session.add(Grant(person_id=FORMER, role="manager", until=clock.now().date().replace(day=1)))
    return transactions


@pytest.fixture
def choose(people):
    def keep(person, **wanted):
        with people.write() as session:
            return notification_preferences.choose(session, person, wanted, clock.now())

    return keep


@pytest.fixture
def stop(people):
    def end(person, kind):
        with people.write() as session:
            return notification_preferences.stop(session, person, kind, clock.now())

    return end


@pytest.fixture
def wants(people):
    def read(person, kind):
        with people.read() as session:
            return notification_preferences.of(session, [person])[person].of(kind)

    return read


def test_every_kind_of_letter_has_its_choices():
    assert set(CHOICES) == set(LetterKind)
    assert set(CHANGEABLE) == set(LetterKind) - {LetterKind.ACCOUNT, LetterKind.RECEIPT, LetterKind.OBLIGATORY}


def test_parties_get_letters_and_the_team_gets_a_digest(people):
    with people.read() as session:
        found = notification_preferences.of(session, [PARTY, STAFF, FORMER, 77])
    assert {person: wanted.has_digest for person, wanted in found.items()} == {
        PARTY: False,
        STAFF: True,
        FORMER: False,
    }
    assert [
        found[STAFF].of(kind) for kind in (LetterKind.TASK, LetterKind.ESCALATION, LetterKind.REMINDER, LetterKind.STEP)
    ] == [
        Choice.IMMEDIATE,
        Choice.IMMEDIATE,
        Choice.DIGEST,
        Choice.DIGEST,
    ]
    assert {found[PARTY].of(kind) for kind in LetterKind if kind is not LetterKind.DIGEST} == {Choice.IMMEDIATE}


def test_a_choice_is_kept_and_can_be_changed(choose, wants):
    assert choose(STAFF, step="off", reminder="immediate") is None
    assert (wants(STAFF, LetterKind.STEP), wants(STAFF, LetterKind.REMINDER)) == (Choice.OFF, Choice.IMMEDIATE)
    assert choose(STAFF, step="digest") is None
    assert (wants(STAFF, LetterKind.STEP), wants(STAFF, LetterKind.REMINDER)) == (Choice.DIGEST, Choice.IMMEDIATE)
    assert wants(PARTY, LetterKind.STEP) is Choice.IMMEDIATE, "somebody else's"


@pytest.mark.parametrize("kind", ["account", "receipt", "obligatory", "no such", ""])
def test_what_must_come_cannot_be_switched_off(choose, stop, wants, kind):
    refused = choose(STAFF, **{"step": "off", kind: "off"})
    assert isinstance(refused, Invalid) and refused.errors[0][0] == kind
    assert wants(STAFF, LetterKind.STEP) is Choice.DIGEST, "all or nothing"
    if kind in list(LetterKind):
        assert stop(STAFF, LetterKind(kind)) is Choice.IMMEDIATE is wants(STAFF, LetterKind(kind))


def test_tasks_and_escalations_cannot_be_silenced(choose, stop, wants):
    for kind in (LetterKind.TASK, LetterKind.ESCALATION):
        assert isinstance(choose(STAFF, **{kind: "off"}), Invalid)
        assert stop(PARTY, kind) is Choice.DIGEST is wants(PARTY, LetterKind.DIGEST)


def test_stopping_takes_effect_at_once_and_twice_is_once(stop, wants):
    for _ in range(2):
        for kind in (LetterKind.REMINDER, LetterKind.STEP, LetterKind.DIGEST):
            assert stop(STAFF, kind) is Choice.OFF is wants(STAFF, kind)


def test_without_a_digest_nothing_waits_for_one(stop, wants):
    """Who ends the digest is not flooded instead, and still hears of what is theirs to do."""
    stop(STAFF, LetterKind.TASK)
    stop(STAFF, LetterKind.DIGEST)
    assert wants(STAFF, LetterKind.STEP) is wants(STAFF, LetterKind.REMINDER) is Choice.OFF
    assert wants(STAFF, LetterKind.TASK) is wants(STAFF, LetterKind.ESCALATION) is Choice.IMMEDIATE


def test_a_letter_cannot_be_put_into_a_digest_that_never_comes(choose, wants):
    refused = choose(PARTY, step="digest")
    assert refused.errors[0][0] == "digest" and refused.errors[0][1][0].code == "digest_needed"
    assert choose(PARTY, step="digest", digest="digest") is None
    assert wants(PARTY, LetterKind.STEP) is Choice.DIGEST
    assert choose(PARTY, step="off", digest="off") is None
