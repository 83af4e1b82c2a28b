"""The clock's own work: remind, escalate, let time decide. Each once, and never for a stay that is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from expertise.base import clock
from expertise.base.database import table_of
from expertise.cases import fire_timer, queries
from expertise.cases.services import Unit
from expertise.reminders import timers as plan
from expertise.reminders.model import Timer
from tests.support.environment import on_sqlite

TIMERS = table_of(Timer)
MONTHS = timedelta(days=100)


@pytest.fixture
def timers(env):
    """The timers of a case in the order in which they fall due."""

    def of(reference, *conditions):
        with env.transactions.read() as session:
            own = select(TIMERS).where(TIMERS.c.case_id == env.case(reference).id, *conditions)
            return session.execute(own.order_by(TIMERS.c.due_at, TIMERS.c.id)).all()

    return of


@pytest.fixture
def fall(env):
    """Let a timer's moment come, as the worker does."""

    def do(timer):
        return env.transactions.run(
            lambda session: fire_timer.remind(Unit(session, env.services), timer.id, timer.case_id)
        )

    return do


@pytest.fixture
def planted(env):
    """A timer that the plan would not have set."""

    def plant(reference, **values):
        case = env.case(reference)
        given = {"case_id": case.id, "visit": case.visit, "kind": "remind", "rung": "planted", "due_at": clock.now()}
        with env.transactions.write() as session:
            number = session.scalar(insert(TIMERS).values(given | values).returning(TIMERS.c.id))
            return session.execute(select(TIMERS).where(TIMERS.c.id == number)).one()

    return plant


def test_a_reminder_is_one_event_and_one_letter(env, time, timers, fall):
    reference = env.walk("register")
    reminder = timers(reference)[0]
    assert (reminder.kind, reminder.rung, reminder.to_role) == ("remind", "on-the-day", "coordinator")
    time.go(reminder.due_at)
    before = env.case(reference)
    assert fall(reminder) == "done" and fall(reminder) == "stale"
    assert env.letters(reference).count(("deadline_reminder", "coordinator")) == 1
    after = env.case(reference)
    assert (after.version, after.state, after.due_at) == (before.version, before.state, before.due_at)
    assert after.sequence == before.sequence + 1
    event = env.look("coordinator", reference).events[0]
    assert (event.act, event.actor, event.machine) == ("clock:remind:on-the-day", "clock", True)
    done = timers(reference, TIMERS.c.id == reminder.id)[0]
    assert (done.outcome, done.done_at) == ("done", clock.now())


def test_an_escalation_goes_up(env, time, timers, fall):
    reference = env.walk("register")
    escalation = timers(reference)[-1]
    assert (escalation.kind, escalation.to_role) == ("escalate", "manager")
    time.go(escalation.due_at)
    assert fall(escalation) == "done"
    assert ("deadline_escalation", "manager") in env.letters(reference)
    assert env.look("manager", reference).events[0].act == f"clock:escalate:{escalation.rung}"


def test_time_decides_where_the_definition_says_so(env, time, timers, fall):
    reference = env.walk("confirm_complete")
    env.take("coordinator", reference, "return_for_completion", {"comment": "More"})
    lapse = timers(reference, TIMERS.c.kind == "lapse")[0]
    time.go(lapse.due_at)
    assert fall(lapse) == "done" and fall(lapse) == "stale"
    row = env.case(reference)
    assert (row.state, row.final, row.due_at) == ("lapsed", "lapsed", None)
    assert [timer.outcome for timer in timers(reference)] == ["done"]  # what was pending is forgotten
    event = env.look("coordinator", reference).events[0]
    assert (event.act, event.role, event.machine) == ("clock:step:lapse", "clock", True)
    assert ("deadline_lapsed", "requester") in env.letters(reference)


def test_silence_accepts_a_deliverable_and_an_offer_expires(env, time, timers, fall):
    reference = env.walk("deliverable.accept")
    for part, state, final in (("deliverable", "accepted_tacitly", "succeeded"),):
        each = env.part(reference, part)
        lapse = timers(each, TIMERS.c.kind == "lapse", TIMERS.c.done_at.is_(None))[0]
        time.go(lapse.due_at)
        assert fall(lapse) == "done"
        assert (env.case(each).state, env.case(each).final) == (state, final)
    env.take("coordinator", reference, "complete_delivery")
    offered = env.walk("offer.accept")
    offer = env.part(offered, "offer")
    lapse = timers(offer, TIMERS.c.kind == "lapse")[0]
    time.go(lapse.due_at)
    assert fall(lapse) == "done" and env.case(offer).state == "expired"
    assert env.case(offered).state == "expert_search"  # the search goes on
    env.take("coordinator", offered, "offer_assignment", {"expert": "other_expert"})


def test_a_timer_that_takes_the_number_of_a_forgotten_one_waits_for_its_own_day(env, time, timers, fall):
    """SQLite gives numbers anew: the worker has read `old`, and then the case moves on and plans again."""
    reference = env.walk("register")
    old = timers(reference)[0]
    time.go(old.due_at)
    env.take("coordinator", reference, "register")
    fresh = timers(reference)
    assert fall(old) == "stale" and timers(reference) == fresh
    env.take("requester", reference, "withdraw", {"comment": "x"})
    env.walk("register")  # now the number may be that of another case
    time.move(MONTHS)
    assert fall(old) == "stale"


def test_a_stay_that_is_over_reminds_nobody(env, timers, fall, planted):
    reference = env.walk("register")
    env.take("coordinator", reference, "register")
    written = env.letters(reference)
    late = planted(reference, visit=1, to_role="coordinator")
    assert fall(late) == "stale" and timers(reference, TIMERS.c.id == late.id)[0].outcome == "stale"
    env.take("requester", reference, "withdraw", {"comment": "x"})
    ended = planted(reference, to_role="coordinator")
    assert fall(ended) == "stale"
    assert {letter for letter, _ in env.letters(reference)[len(written) :]} == {"case_ended_early"}


def test_a_step_that_time_may_not_take_is_noted_and_not_tried_again(env, fall, planted):
    reference = env.walk("register")
    before = env.case(reference)
    wrong = planted(reference, kind="lapse", step="lapse")
    assert fall(wrong) == "wrong_state"
    assert fall(wrong) == "stale" and env.case(reference) == before


@on_sqlite
def test_a_reminder_in_vain_is_still_recorded(env, fall, planted):
    reference = env.walk("register")
    written = env.letters(reference)
    assert fall(planted(reference, to_role="lender")) == "done"  # nobody holds that role
    assert env.letters(reference) == written
    assert env.look("auditor", reference).events[0].act == "clock:remind:planted"


def test_a_case_in_other_hands_is_left_for_the_next_round(env, time, timers, fall):
    """On PostgreSQL; SQLite lets one writer in at a time."""
    if env.transactions.engine.dialect.name != "postgresql":
        return
    reference = env.walk("offer.accept")
    offer = env.part(reference, "offer")
    for held, reminded in ((reference, reference), (offer, offer), (reference, offer)):  # a part waits for its whole
        timer = timers(reminded)[0]
        time.go(timer.due_at)
        with env.undone() as session:
            assert queries.lock_by_id(session, env.case(held).id) is not None
            assert fall(timer) is None
        assert timers(reminded, TIMERS.c.id == timer.id)[0].done_at is None
    assert fall(timers(offer)[0]) == "done"


def test_what_is_rolled_back_is_due_again(env, time, timers):
    reference = env.walk("register")
    timer = timers(reference)[0]
    time.go(timer.due_at)
    with env.undone() as session:
        assert fire_timer.remind(Unit(session, env.services), timer.id, timer.case_id) == "done"
    assert timers(reference, TIMERS.c.id == timer.id)[0].done_at is None
    assert ("deadline_reminder", "coordinator") not in env.letters(reference)


def test_due_are_the_pending_ones_whose_moment_has_come_oldest_first(env, time, timers):
    first, second = env.walk("register"), env.walk("offer.accept")
    env.walk("confirm_complete")
    with env.transactions.write() as session:
        assert plan.claim(session, clock.now()) is None and not plan.is_due(session, clock.now())
        later = clock.now() + MONTHS
        claimed = []
        while (row := plan.claim(session, later, {each.id for each in claimed})) is not None:
            assert plan.is_due(session, later, {each.id for each in claimed})
            claimed.append(row)
        assert not plan.is_due(session, later, {each.id for each in claimed})
        moments = [session.get(Timer, row.id).due_at for row in claimed]
        assert moments == sorted(moments) and len(moments) > 8
        assert claimed[0].case_id == env.case(first).id
        assert env.case(second).id in {row.case_id for row in claimed}
        plan.done(session, timers(first)[0].id, "done", later)
        assert plan.claim(session, timers(first)[0].due_at) is None
        assert plan.claim(session, timers(first)[1].due_at).id == timers(first)[1].id
