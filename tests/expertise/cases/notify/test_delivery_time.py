"""Which letter leaves when: kinds, preferences, hours; and what is looked at again when it is about to leave."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select, update

from expertise.base import clock
from expertise.base.database import table_of
from expertise.base.letter_kinds import LetterKind
from expertise.cases import fire_timer
from expertise.cases.notify import delivery_time, recheck
from expertise.cases.queries import CASES
from expertise.cases.services import Unit
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound import claims
from expertise.people.absences import NewAbsence, record
from expertise.people.manage import notification_preferences
from expertise.people.model import Grant, Person
from expertise.reminders.model import Timer
from tests.support.environment import on_sqlite
from tests.support.people import add_person

HERE = ZoneInfo("Asia/Almaty")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=HERE)


@pytest.fixture
def outbox(env):
    """Letters of one kind: reader → row."""

    def of(letter):
        with env.transactions.read() as session:
            wanted = select(Person.name, table_of(OutgoingLetter)).join(
                Person, Person.id == OutgoingLetter.recipient_id
            )
            found = session.execute(wanted.where(OutgoingLetter.letter == letter).order_by(OutgoingLetter.id))
            return {row.name: row for row in found}

    return of


@pytest.fixture
def states(outbox):
    return lambda letter: {name: row.state for name, row in outbox(letter).items()}


@pytest.fixture
def wish(env):
    def keep(name, **wanted):
        with env.transactions.write() as session:
            assert notification_preferences.choose(session, env.actor(name).person_id, wanted, clock.now()) is None

    return keep


@pytest.fixture
def claim(env):
    """What a carrier takes now, as (letter, reader's address)."""

    def take():
        with env.transactions.write() as session:
            look = partial(recheck.look, env.services)
            return {(each.letter, each.email) for each in claims.claim(session, clock.now(), recheck=look)}

    return take


@pytest.fixture
def fall(env, time):
    """Let the timers of a case fall due, one after the other, each at its moment."""

    def due(reference, kind="remind"):
        wanted = select(Timer.id, Timer.case_id, Timer.due_at).where(
            Timer.case_id == env.case(reference).id, Timer.kind == kind, Timer.done_at.is_(None)
        )
        with env.transactions.read() as session:
            found = session.execute(wanted.order_by(Timer.due_at)).first()
        time.go(max(found.due_at, clock.now()))
        done = env.transactions.run(
            lambda session: fire_timer.remind(Unit(session, env.services), found.id, found.case_id)
        )
        assert done == "done"

    return due


def test_the_team_is_told_news_in_the_digest_and_tasks_at_once(env, states):
    env.walk("confirm_complete")
    assert set(states("request_received").values()) == {"queued"}  # a task of the coordinators
    assert states("request_registered")["requester"] == "queued"  # obligatory
    env.walk("approve_terms")
    assert set(states("terms_endorsed").values()) == {"gathered"}  # news


def test_what_is_not_wanted_is_written_down_and_does_not_leave(env, wish, outbox, claim):
    wish("requester", step="off")
    env.walk("confirm_complete")
    row = outbox("case_progress")["requester"]
    assert (row.state, row.answer) == ("cancelled", delivery_time.NOT_WANTED)
    assert outbox("case_progress")["colleague"].state == "queued"
    assert ("case_progress", "requester@example.kz") not in claim()


@on_sqlite
@pytest.mark.parametrize(
    ("now", "leaves"), [("2026-03-02 21:00", "2026-03-03 08:00"), ("2026-03-07 12:00", "2026-03-10 08:00")]
)
def test_nobody_is_written_to_at_night_or_on_a_free_day(env, time, outbox, claim, now, leaves):
    time.go(at(now))
    env.walk("register")
    rows = [*outbox("request_received").values(), *outbox("request_registered").values()]
    assert len(rows) == 5 and {row.not_before for row in rows} == {at(leaves)}
    assert claim() == set()
    time.go(at(leaves))
    assert len(claim()) == 5


@on_sqlite
def test_a_letter_that_was_put_off_into_the_night_waits_for_the_morning(env, time, outbox, claim):
    env.walk("register")
    time.go(at("2026-03-02 22:00"))
    assert claim() == set()
    assert {row.not_before for row in outbox("request_received").values()} == {at("2026-03-03 08:00")}


@on_sqlite
def test_what_somebody_waits_for_leaves_at_night(env, time, claim):
    time.go(at("2026-03-07 23:00"))
    wishes = notification_preferences.Preferences(
        {kind: choices[0] for kind, choices in notification_preferences.CHOICES.items()}
    )
    with env.transactions.write() as session:
        leaves = {
            kind: delivery_time.terms(session, env.services, kind, wishes, clock.now()).not_before
            for kind in set(LetterKind) - {LetterKind.DIGEST}
        }
    at_night = {kind for kind, moment in leaves.items() if moment == clock.now()}
    assert at_night == {LetterKind.ACCOUNT, LetterKind.RECEIPT}
    assert {leaves[kind] for kind in leaves.keys() - at_night} == {at("2026-03-10 08:00")}


def test_reminders_of_the_last_day_break_into_the_digest(env, states, wish, fall):
    reference = env.walk("find_eligible")  # eligibility: 2 working days before, on the day
    fall(reference)
    assert states("deadline_reminder") == {"coordinator": "gathered", "deputy": "gathered"}
    wish("deputy", reminder="off")
    fall(reference)
    assert states("deadline_reminder") == {"coordinator": "queued", "deputy": "cancelled"}
    fall(reference, "escalate")
    assert states("deadline_escalation")["manager"] == "queued"


def test_a_reminder_ends_when_the_next_rung_is_due(env, time, outbox, fall, claim):
    reference = env.walk("find_eligible")
    env.walk("confirm_complete")
    fall(reference)
    first = outbox("deadline_reminder")["coordinator"]
    fall(reference)
    second = outbox("deadline_reminder")["coordinator"]
    assert first.expires_at == clock.now() == second.not_before
    fall(reference, "escalate")
    assert second.expires_at == clock.now()
    assert outbox("deadline_escalation")["manager"].expires_at > clock.now() + timedelta(days=10)
    assert "deadline_reminder" not in {letter for letter, _ in claim()}


def test_who_lost_the_role_gets_no_reminder_and_who_has_it_now_does(env, time, outbox, states, wish, fall, claim):
    wish("coordinator", reminder="immediate")
    reference = env.walk("find_eligible")
    fall(reference)
    assert states("deadline_reminder") == {"coordinator": "queued", "deputy": "gathered"}
    with env.transactions.write() as session:
        session.execute(delete(Grant).where(Grant.person_id == env.actor("coordinator").person_id))
        add_person(session, "newcomer", like="coordinator")
    wish("newcomer", reminder="immediate")
    assert ("deadline_reminder", "coordinator@example.kz") not in claim()
    row = outbox("deadline_reminder")["coordinator"]
    assert (row.state, row.answer) == ("cancelled", recheck.NOT_THEIRS)
    assert claim() == {("deadline_reminder", "newcomer@example.kz")}
    assert states("deadline_reminder")["deputy"] == "gathered"


def test_who_belongs_elsewhere_by_now_is_told_nothing_of_the_old_case(env, states, claim):
    env.walk("confirm_complete")
    with env.transactions.write() as session:
        neighbour = select(Person.organisation_id).where(Person.name == "neighbour").scalar_subquery()
        session.execute(update(Person).where(Person.name == "requester").values(organisation_id=neighbour))
    taken = claim()
    assert ("case_progress", "requester@example.kz") not in taken
    assert ("case_progress", "colleague@example.kz") in taken
    assert ("request_registered", "requester@example.kz") in taken  # it was theirs when it was decided


def test_no_reminder_for_a_state_that_was_left(env, wish, fall, claim, states):
    wish("coordinator", reminder="immediate")
    reference = env.walk("find_eligible")
    fall(reference)
    env.take("requester", reference, "withdraw", {"comment": "Done"})
    assert "deadline_reminder" not in {letter for letter, _ in claim()}
    assert states("deadline_reminder")["coordinator"] == "cancelled"


def test_who_changed_their_mind_before_it_left_is_spared(env, wish, claim, outbox):
    env.walk("confirm_complete")
    wish("requester", step="off")
    assert ("case_progress", "requester@example.kz") not in claim()
    assert outbox("case_progress")["requester"].answer == delivery_time.NOT_WANTED


def test_who_has_the_case_in_hand_is_reminded_alone_or_with_a_deputy(env, states, fall):
    reference = env.walk("find_eligible")
    _give(env, reference, "coordinator")
    fall(reference)
    assert set(states("deadline_reminder")) == {"coordinator"}
    with env.transactions.write() as session:
        away, stand_in = (session.get_one(Person, env.actor(name).person_id) for name in ("coordinator", "deputy"))
        today = clock.now().date()
        wanted = NewAbsence(today, today + timedelta(days=30), deputy_id=stand_in.id)
        record(session, away, wanted, recorded_by_id=away.id, now=clock.now())
    fall(reference)
    assert set(states("deadline_reminder")) == {"coordinator", "deputy"}


def test_a_reminder_follows_the_case_into_other_hands(env, wish, states, fall, claim):
    for name in ("coordinator", "deputy"):
        wish(name, reminder="immediate")
    reference = env.walk("find_eligible")
    _give(env, reference, "coordinator")
    fall(reference)
    _give(env, reference, "deputy")
    claim()
    assert states("deadline_reminder")["coordinator"] == "cancelled"
    assert states("deadline_reminder")["deputy"] in ("queued", "sending")


def _give(env, reference, name):
    """As `holding` does; its own tests are in test_holding.py."""
    with env.transactions.write() as session:
        person = env.actor(name).person_id
        session.execute(update(CASES).where(CASES.c.reference == reference).values(assignee_id=person))
