"""The timers table follows the plan of each stay, and the case row can explain its deadline."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import select

from expertise.base import clock
from expertise.base.database import table_of
from expertise.reminders import timers
from expertise.reminders.model import Timer
from tests.support.environment import on_sqlite
from workflows.deadlines import Plan, plan


def rows(env, reference):
    with env.transactions.read() as session:
        own = select(table_of(Timer)).where(Timer.case_id == env.case(reference).id)
        return session.execute(own.order_by(Timer.due_at, Timer.id)).all()


def test_a_stay_has_the_ladder_of_its_definition(env):
    reference = env.walk("confirm_complete")
    definition, case = env.services.definitions.current("expertise_request"), env.case(reference)
    planned = plan(definition, case.state, env.services.calendar, case.entered_at).timers
    assert [(row.kind, row.rung, row.to_role, row.due_at) for row in rows(env, reference)] == [
        (timer.kind.value, timer.rung, timer.to, timer.due_at) for timer in planned
    ]
    assert {row.visit for row in rows(env, reference)} == {case.visit}


def test_leaving_forgets_what_was_pending_and_keeps_what_was_done(env, time):
    reference = env.walk("register")
    first = rows(env, reference)[0]
    with env.transactions.write() as session:
        timers.done(session, first.id, "done", clock.now())
    env.take("requester", reference, "withdraw", {"comment": "x"})
    assert [(row.rung, row.outcome) for row in rows(env, reference)] == [(first.rung, "done")]


def test_staying_changes_no_timer(env, time):
    reference = env.walk("offer_assignment")
    before = rows(env, reference)
    time.move(timedelta(days=2))
    env.take("coordinator", reference, "offer_assignment", {"expert": "expert"})
    env.comment("coordinator", reference, "x")
    assert rows(env, reference) == before


@on_sqlite
def test_a_deadline_is_explained_as_plain_json(env):
    case = env.case(env.walk("confirm_complete"))
    assert json.loads(json.dumps(case.deadline)) == case.deadline
    assert case.deadline == {
        "amount": 5,
        "unit": "working days",
        "extended": 0,
        "extensions": 0,
        "not_after": None,
        "started_on": "2026-03-02",
        "used": 0,
        "paused": 0,
        "moved": 0,
        "due_on": "2026-03-10",
        "confirmed": env.services.calendar.confirmed(2026),
        "days_off": [{"day": "2026-03-09", "working": False, "source": case.deadline["days_off"][0]["source"]}],
    }
    assert timers.explained(Plan().explanation) is None and env.case(env.begin()).deadline is None
