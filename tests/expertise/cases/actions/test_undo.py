"""Taking back one's own step: the case is as it was before, but for its trail; and all that stands against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from expertise import worker
from expertise.audit import trail
from expertise.base import clock
from expertise.cases import desk
from expertise.cases import events as case_events
from expertise.cases.actions import extend as extending
from expertise.cases.actions.idempotency import Done
from expertise.cases.actions.undo import LASTS, NotUndoable
from expertise.mail.model import OutgoingLetter
from expertise.people.model import Grant
from expertise.reminders.model import Timer
from expertise.reports.follow_up import ASKED, matrix
from tests.support.environment import done, on_sqlite, together
from tests.support.invariants import assert_sound
from tests.support.rows import ROW
from workflows.refusals import NotFound, Stale, WrongRole

#: What a case is, apart from its trail and from how its deadline came about.
SAME = ("state", "final", "owner_role", "due_at", "fields", "votes", "assignee_id", "delegate_id", "public", "ended_at")


class Sound:
    """The environment as `invariants` looks at it."""

    def __init__(self, env):
        self.services, self.transactions = env.services, env.transactions

    def rows(self, table):
        with self.transactions.read() as session:
            return list(session.execute(select(table)).all())

    def verify(self):
        with self.transactions.read() as session:
            return trail.verify(session)


def by_mail(env, by, reference, step, raw=None):
    """The step as a reply takes it."""
    actor, seen = replace(env.actor(by), way="mail"), env.version(reference)
    return done(
        env.transactions.run(
            lambda s: desk.fire(desk.Unit(s, env.services), desk.Request(actor, reference, seen), step, raw or {})
        )
    )


def undo(env, by, reference, seen=None, key=None, way="mail"):
    actor = replace(env.actor(by), way=way)
    seen = env.version(reference) if seen is None else seen
    return env.transactions.run(
        lambda s: desk.undo(desk.Unit(s, env.services), desk.Request(actor, reference, seen, key))
    )


def plain(row):
    """The case without what is empty anyway."""
    found = {name: getattr(row, name) for name in SAME}
    return found | {"fields": {name: value for name, value in found["fields"].items() if value is not None}}


@pytest.fixture
def report(env, time):
    """A report that waits for the requester's word."""
    return env.part(env.walk("deliverable.accept"), "deliverable")


@pytest.fixture
def check(env, time):
    """A recommendation that the oblast has accepted."""
    reference = env.part(env.walk("recommendation.reject_recommendation"), "recommendation")
    env.take("requester", reference, "accept_recommendation")
    return reference


def test_the_case_is_as_it_was_but_for_its_trail(env, report, time):
    before = env.case(report)
    by_mail(env, "requester", report, "accept", {"comment": "Fine"})
    assert env.case(report).final == "succeeded"
    time.move(timedelta(hours=23))
    answer = undo(env, "requester", report)
    assert isinstance(answer, Done) and answer.state == "review"
    after = env.case(report)
    assert plain(after) == plain(before)
    assert (after.version, after.sequence, after.visit) == (before.version + 2, before.sequence + 2, before.visit + 2)
    assert after.undo is None
    happened = env.look("requester", report)
    assert [event.act for event in happened.events[:2]] == ["mail:undo:accept", "mail:step:accept"]
    assert happened.corrections[happened.events[1].sequence].entire, "the page strikes the step through"
    assert after.deadline["started_on"] == env.services.calendar.local_day(before.entered_at).isoformat()
    assert undo(env, "requester", report) == NotUndoable("nothing")
    by_mail(env, "requester", report, "accept")
    assert_sound(Sound(env))


@pytest.mark.parametrize("left", ["accepted", "sending", "uncertain", "told", "bounced"])
def test_what_has_not_left_stays_and_who_was_told_hears_of_it(env, report, left):
    by_mail(env, "requester", report, "accept")
    about = OutgoingLetter.letter == "deliverable_accepted"
    with env.transactions.write() as session:
        session.scalars(select(OutgoingLetter).where(about, OutgoingLetter.role == "expert")).one().state = left
    done(undo(env, "requester", report))
    with env.transactions.read() as session:
        rows = session.scalars(select(OutgoingLetter).where(about, OutgoingLetter.role == "coordinator")).all()
        assert rows and {(row.state, row.answer) for row in rows} == {("cancelled", "taken back")}
    told = [(letter, name) for letter, name in env.letters(report) if letter == "step_undone"]
    assert told == [("step_undone", "expert")]


def test_no_day_is_won_and_the_ladder_goes_on(env, report, time):
    due = env.case(report).due_at
    time.go(due - timedelta(hours=30))
    by_mail(env, "requester", report, "accept")
    time.move(timedelta(hours=20))
    done(undo(env, "requester", report))
    assert env.case(report).due_at == due
    with env.transactions.read() as session:
        waiting = select(Timer.rung, Timer.due_at).where(Timer.case_id == env.case(report).id, Timer.done_at.is_(None))
        assert dict(session.execute(waiting).all())["lapse"] == due
    assert_sound(Sound(env))


def test_after_the_deadline_before_it_nothing_is_taken_back(env, report, time):
    """Silence would have accepted by then."""
    due = env.case(report).due_at
    time.go(due - timedelta(hours=2))
    by_mail(env, "requester", report, "accept")
    time.go(due)
    assert undo(env, "requester", report) == NotUndoable("late")


def test_what_was_granted_counts_on(env, report, time):
    def extend(days):
        actor, seen = env.actor("coordinator"), env.version(report)
        raw = {"days": str(days), "comment": "Survey"}
        return env.transactions.run(
            lambda s: desk.extend(desk.Unit(s, env.services), desk.Request(actor, report, seen), raw)
        )

    done(extend(5))
    before = env.case(report)
    by_mail(env, "requester", report, "accept")
    time.move(timedelta(hours=3))
    done(undo(env, "requester", report))
    after = env.case(report)
    assert (after.due_at, after.deadline["extensions"]) == (before.due_at, 1)
    with env.transactions.read() as session:
        can = extending.offered(session, env.services.definitions.pinned(after.digest), after, env.actor("coordinator"))
    assert (can.times, can.given, can.allowed) == (1, 1, False)
    assert_sound(Sound(env))


def test_the_values_of_the_step_go_with_it(env, check, time):
    by_mail(env, "requester", check, "report_implemented", {"evidence": "Order 5"})
    assert env.case(check).fields["evidence"] == "Order 5"
    done(undo(env, "requester", check, way="signed"))
    assert (env.case(check).state, env.case(check).fields.get("evidence")) == ("waiting_first", None)
    with env.transactions.read() as session:
        events = case_events.read_events(session, env.case(check).id)
        definition = env.services.definitions.pinned(env.case(check).digest)
        assert events[-1].act == "signed:undo:report_implemented"
        assert case_events.kept(definition, events[-1]) == {"evidence": None}
    assert_sound(Sound(env))


def test_the_overview_asks_again(env, check, time):
    time.move(timedelta(days=31))
    worker.sweep(env.transactions, env.services)
    by_mail(env, "manager", check, "report_implemented", {"evidence": "Order 5"})
    done(undo(env, "manager", check))
    with env.transactions.read() as session:
        [line] = matrix(session, env.services, env.actor("manager"), clock.now())
    assert line.cells[0].outcome == ASKED


def test_a_day_later_it_is_too_late(env, check, time):
    by_mail(env, "requester", check, "report_implemented", {"evidence": "Order 5"})
    time.move(LASTS)
    assert undo(env, "requester", check) == NotUndoable("late")
    time.move(-timedelta(seconds=1))
    done(undo(env, "requester", check))


@on_sqlite
def test_only_who_did_it_and_still_may(env, report):
    by_mail(env, "requester", report, "accept")
    assert undo(env, "colleague", report) == NotUndoable("another")
    assert undo(env, "coordinator", report) == NotUndoable("another")
    assert undo(env, "neighbour", report) == NotFound()
    assert undo(env, "requester", report, seen=1) == Stale(1, env.version(report), env.case(report).changed_at)
    with env.transactions.write() as session:
        person = env.actor("requester").person_id
        session.execute(update(Grant).where(Grant.person_id == person).values(role="expert"))
    assert undo(env, "requester", report) == NotFound()
    with env.transactions.write() as session:
        session.execute(update(Grant).where(Grant.person_id == person).values(role="coordinator"))
    assert undo(env, "requester", report) == WrongRole(("requester",))


@on_sqlite
def test_whatever_happened_since_stands_against_it(env, report, check):
    whole = env.case(report).parent_id
    by_mail(env, "requester", report, "accept")
    done(env.comment("coordinator", report, "Thank you"))
    with env.transactions.read() as session:
        reference = session.scalar(select(desk.queries.CASES.c.reference).where(desk.queries.CASES.c.id == whole))
    env.take("coordinator", reference, "complete_delivery")
    assert undo(env, "requester", report) == NotUndoable("whole")
    by_mail(env, "requester", reference, "accept_final")
    given = {"recommendation_text": "More", "recommendation_addressee": "Akimat"}
    env.take("coordinator", reference, "record_recommendation", given)
    assert undo(env, "requester", reference) == NotUndoable("nothing")


@on_sqlite
def test_a_comment_or_a_claim_since_does_not(env, report):
    by_mail(env, "requester", report, "accept")
    done(env.comment("coordinator", report, "Thank you"))
    done(undo(env, "requester", report))


@on_sqlite
def test_who_signed_in_corrects_and_does_not_undo(env, report):
    env.take("requester", report, "accept")
    assert undo(env, "requester", report) == NotUndoable("nothing")


def test_two_at_once_take_it_back_once(env, report):
    by_mail(env, "requester", report, "accept")
    seen = env.version(report)
    answers = together(4, lambda place: undo(env, "requester", report, seen, f"key {place}"))
    assert sum(isinstance(answer, Done) for answer in answers) == 1, answers
    assert all(isinstance(answer, Done | Stale | NotUndoable) for answer in answers)
    assert [event.act for event in env.look("requester", report).events].count("mail:undo:accept") == 1


def test_the_same_request_twice_is_answered_twice(env, report):
    by_mail(env, "requester", report, "accept")
    seen = env.version(report)
    one, two = (done(undo(env, "requester", report, seen, "key")) for _ in range(2))
    assert two.repeated and two.sequence == one.sequence


@on_sqlite
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    waited=st.integers(0, 60 * 24 * 40),
    later=st.integers(0, 60 * 24 - 1),
    kind=st.sampled_from(["report", "check", "endorse"]),
)
def test_whenever_it_was_done_and_undone(env, prepared, time, waited, later, kind):
    """Minutes on the clock: the deadline is the very same, or the step cannot be taken back any more."""
    reference, who, step, raw = prepared[kind]
    time.go(datetime(2026, 3, 2, 6, tzinfo=UTC))
    with env.undone() as session:
        actor = replace(env.actor(who), way="mail")
        time.move(timedelta(minutes=waited))
        before = house_row(session, reference)
        done(desk.fire(desk.Unit(session, env.services), desk.Request(actor, reference, before.version), step, raw))
        time.move(timedelta(minutes=later))
        answer = desk.undo(desk.Unit(session, env.services), desk.Request(actor, reference, before.version + 1))
        after = house_row(session, reference)
        if before.due_at is not None and clock.now() >= before.due_at:
            assert answer == NotUndoable("late")
        else:
            assert isinstance(answer, Done), answer
            assert plain(after) == plain(before)


@pytest.fixture
def prepared(env, time):
    endorsed = env.walk("endorse")
    report = env.part(env.walk("deliverable.accept"), "deliverable")
    check = env.part(env.walk("recommendation.reject_recommendation"), "recommendation")
    env.take("requester", check, "accept_recommendation")
    return {
        "report": (report, "requester", "accept", {}),
        "check": (check, "manager", "report_implemented", {"evidence": "x"}),
        "endorse": (endorsed, "requester", "endorse", {"comment": "x"}),
    }


def house_row(session, reference):
    return session.execute(select(*ROW).where(desk.queries.CASES.c.reference == reference)).one()
