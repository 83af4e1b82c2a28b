"""The clock's own work: remind, escalate, let time decide. Each once, and never for a stay that is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from expertise.base import clock
from expertise.base.database import table_of
from expertise.cases import fire_timer, queries
from expertise.reminders import timers as plan
from expertise.reminders.model import Timer
from tests.expertise.cases.scenery import on_sqlite

TIMERS = table_of(Timer)
MONTHS = timedelta(days=100)


@pytest.fixture
def timers(house):
    """The timers of a case in the order in which they fall due."""

    def of(reference, *conditions):
        with house.transactions.read() as session:
            own = select(TIMERS).where(TIMERS.c.case_id == house.row(reference).id, *conditions)
            return session.execute(own.order_by(TIMERS.c.due_at, TIMERS.c.id)).all()

    return of


@pytest.fixture
def fall(house):
    """Let a timer's moment come, as the worker does."""

    def do(timer):
        return house.transactions.run(lambda session: fire_timer.remind(session, house.shop, timer.id, timer.case_id))

    return do


@pytest.fixture
def planted(house):
    """A timer that the plan would not have set."""

    def plant(reference, **values):
        case = house.row(reference)
        given = {"case_id": case.id, "epoch": case.epoch, "kind": "remind", "rung": "planted", "due_at": clock.now()}
        with house.transactions.write() as session:
            number = session.scalar(insert(TIMERS).values(given | values).returning(TIMERS.c.id))
            return session.execute(select(TIMERS).where(TIMERS.c.id == number)).one()

    return plant


def test_a_reminder_is_one_event_and_one_letter(house, time, timers, fall):
    reference = house.walk("register")
    reminder = timers(reference)[0]
    assert (reminder.kind, reminder.rung, reminder.to_role) == ("remind", "on-the-day", "coordinator")
    time.go(reminder.due_at)
    before = house.row(reference)
    assert fall(reminder) == "done" and fall(reminder) == "stale"
    assert house.letters(reference).count(("deadline_reminder", "coordinator")) == 1
    after = house.row(reference)
    assert (after.version, after.state, after.due_at) == (before.version, before.state, before.due_at)
    assert after.sequence == before.sequence + 1
    event = house.look("coordinator", reference).events[0]
    assert (event.act, event.actor, event.machine) == ("clock:remind:on-the-day", "clock", True)
    done = timers(reference, TIMERS.c.id == reminder.id)[0]
    assert (done.outcome, done.done_at) == ("done", clock.now())


def test_an_escalation_goes_up(house, time, timers, fall):
    reference = house.walk("register")
    escalation = timers(reference)[-1]
    assert (escalation.kind, escalation.to_role) == ("escalate", "manager")
    time.go(escalation.due_at)
    assert fall(escalation) == "done"
    assert ("deadline_escalation", "manager") in house.letters(reference)
    assert house.look("manager", reference).events[0].act == f"clock:escalate:{escalation.rung}"


def test_time_decides_where_the_definition_says_so(house, time, timers, fall):
    reference = house.walk("confirm_complete")
    house.take("coordinator", reference, "return_for_completion", {"comment": "More"})
    lapse = timers(reference, TIMERS.c.kind == "lapse")[0]
    time.go(lapse.due_at)
    assert fall(lapse) == "done" and fall(lapse) == "stale"
    row = house.row(reference)
    assert (row.state, row.final, row.due_at) == ("lapsed", "lapsed", None)
    assert [timer.outcome for timer in timers(reference)] == ["done"]  # what was pending is forgotten
    event = house.look("coordinator", reference).events[0]
    assert (event.act, event.role, event.machine) == ("clock:step:lapse", "clock", True)
    assert ("deadline_lapsed", "requester") in house.letters(reference)


def test_silence_accepts_a_deliverable_and_an_offer_expires(house, time, timers, fall):
    reference = house.walk("deliverable.accept")
    for part, state, final in (("deliverable", "accepted_tacitly", "succeeded"),):
        each = house.part(reference, part)
        lapse = timers(each, TIMERS.c.kind == "lapse", TIMERS.c.done_at.is_(None))[0]
        time.go(lapse.due_at)
        assert fall(lapse) == "done"
        assert (house.row(each).state, house.row(each).final) == (state, final)
    house.take("coordinator", reference, "complete_delivery")
    offered = house.walk("offer.accept")
    offer = house.part(offered, "offer")
    lapse = timers(offer, TIMERS.c.kind == "lapse")[0]
    time.go(lapse.due_at)
    assert fall(lapse) == "done" and house.row(offer).state == "expired"
    assert house.row(offered).state == "expert_search"  # the search goes on
    house.take("coordinator", offered, "offer_assignment", {"expert": "other_expert"})


def test_a_timer_that_takes_the_number_of_a_forgotten_one_waits_for_its_own_day(house, time, timers, fall):
    """SQLite gives numbers anew: the worker has read `old`, and then the case moves on and plans again."""
    reference = house.walk("register")
    old = timers(reference)[0]
    time.go(old.due_at)
    house.take("coordinator", reference, "register")
    fresh = timers(reference)
    assert fall(old) == "stale" and timers(reference) == fresh
    house.take("requester", reference, "withdraw", {"comment": "x"})
    house.walk("register")  # now the number may be that of another case
    time.move(MONTHS)
    assert fall(old) == "stale"


def test_a_stay_that_is_over_reminds_nobody(house, timers, fall, planted):
    reference = house.walk("register")
    house.take("coordinator", reference, "register")
    written = house.letters(reference)
    late = planted(reference, epoch=1, to_role="coordinator")
    assert fall(late) == "stale" and timers(reference, TIMERS.c.id == late.id)[0].outcome == "stale"
    house.take("requester", reference, "withdraw", {"comment": "x"})
    ended = planted(reference, to_role="coordinator")
    assert fall(ended) == "stale"
    assert {letter for letter, _ in house.letters(reference)[len(written) :]} == {"case_ended_early"}


def test_a_step_that_time_may_not_take_is_noted_and_not_tried_again(house, fall, planted):
    reference = house.walk("register")
    before = house.row(reference)
    wrong = planted(reference, kind="lapse", step="lapse")
    assert fall(wrong) == "wrong_state"
    assert fall(wrong) == "stale" and house.row(reference) == before


@on_sqlite
def test_a_reminder_in_vain_is_still_recorded(house, fall, planted):
    reference = house.walk("register")
    written = house.letters(reference)
    assert fall(planted(reference, to_role="lender")) == "done"  # nobody holds that role
    assert house.letters(reference) == written
    assert house.look("auditor", reference).events[0].act == "clock:remind:planted"


def test_a_case_in_other_hands_is_left_for_the_next_round(house, time, timers, fall):
    """On PostgreSQL; SQLite lets one writer in at a time."""
    if house.transactions.engine.dialect.name != "postgresql":
        return
    reference = house.walk("offer.accept")
    offer = house.part(reference, "offer")
    for held, reminded in ((reference, reference), (offer, offer), (reference, offer)):  # a part waits for its whole
        timer = timers(reminded)[0]
        time.go(timer.due_at)
        with house.undone() as session:
            assert queries.lock_by_id(session, house.row(held).id) is not None
            assert fall(timer) is None
        assert timers(reminded, TIMERS.c.id == timer.id)[0].done_at is None
    assert fall(timers(offer)[0]) == "done"


def test_what_is_rolled_back_is_due_again(house, time, timers):
    reference = house.walk("register")
    timer = timers(reference)[0]
    time.go(timer.due_at)
    with house.undone() as session:
        assert fire_timer.remind(session, house.shop, timer.id, timer.case_id) == "done"
    assert timers(reference, TIMERS.c.id == timer.id)[0].done_at is None
    assert ("deadline_reminder", "coordinator") not in house.letters(reference)


def test_due_are_the_pending_ones_whose_moment_has_come_oldest_first(house, time, timers):
    first, second = house.walk("register"), house.walk("offer.accept")
    house.walk("confirm_complete")
    with house.transactions.write() as session:
        assert plan.due(session, clock.now()) == []
        later = clock.now() + MONTHS
        moments = [session.get(Timer, row.id).due_at for row in plan.due(session, later)]
        assert moments == sorted(moments) and len(moments) > 8
        assert [row.case_id for row in plan.due(session, later, 1)] == [house.row(first).id]
        plan.done(session, timers(first)[0].id, "done", later)
        assert plan.due(session, timers(first)[0].due_at) == []
        assert plan.due(session, timers(first)[1].due_at)[0].id == timers(first)[1].id
        assert house.row(second).id in {row.case_id for row in plan.due(session, later)}
