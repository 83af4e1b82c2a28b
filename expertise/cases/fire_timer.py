"""A timer's moment has come: remind, escalate, or let the clock take its step. The desk's verb `remind`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.base.crash import crashpoint
from expertise.cases import desk, queries
from expertise.cases.actions import change as records
from expertise.cases.actions import deadline
from expertise.cases.actions.change import Change
from expertise.cases.notify import notify
from expertise.cases.notify.notify import reminded
from expertise.cases.queries import CaseRow
from expertise.cases.services import Services
from expertise.people.access import CLOCK
from expertise.reminders import timers
from workflows.refusals import Refusal

LETTERS = {"remind": "deadline_reminder", "escalate": "deadline_escalation"}


def remind(session: Session, services: Services, timer_id: int, case_id: int) -> str | None:
    """Do what the timer says and mark it; returns the outcome, None when it must wait.

    It waits while somebody else holds the case, and while a change of the calendar is still to move its deadline.

    Holding the case is the claim: two workers never do one timer twice, and a rolled-back one is due again.
    """
    case = queries.claim(session, case_id)
    if case is None:
        return None
    now = clock.now()
    timer = timers.pending(session, timer_id, case_id, now)
    if timer is None:
        return "stale"
    if deadline.outdated(session, services, services.definitions.pinned(case.digest), case):
        return None
    crashpoint("timer_after_claim")
    timers.done(session, timer_id, "done", now)  # first, because a lapse forgets the timers that are pending
    outcome = _effect(session, services, case, timer, now)
    if outcome != "done":
        timers.done(session, timer_id, outcome, now)
    return outcome


def _effect(session: Session, services: Services, case: CaseRow, timer: Row[Any], now: datetime) -> str:
    if timer.visit != case.visit or case.final is not None:
        return "stale"
    if timer.kind == "lapse":
        answer = desk.fire(session, services, CLOCK, case.reference, timer.step, {}, case.version)
        return answer.code if isinstance(answer, Refusal) else "done"
    definition = services.definitions.pinned(case.digest)
    change = Change(
        case=case,
        definition=definition,
        actor=CLOCK,
        role="clock",
        act=f"clock:{timer.kind}:{timer.rung}",
        rule=f"{definition.key}@{definition.version}/{case.state}",
        now=now,
        target=case.state,
        moves=False,
    )
    columns = records.moved(session, services, change)
    notify.tell(
        session,
        services,
        records.subject_of(change, columns),
        {timer.to_role: LETTERS[timer.kind]},
        now,
        rung=_rung(session, services, timer, now),
        only=reminded(session, services, case, timer.to_role, now),
    )
    return "done"


def _rung(session: Session, services: Services, timer: Row[Any], now: datetime) -> notify.Rung:
    """A reminder says something until the next rung does; belated is what was due on an earlier day."""
    following = timers.next_due(session, timer)
    belated = services.calendar.local_day(timer.due_at) < services.calendar.local_day(now)
    return notify.Rung(timer.rung, following or now + notify.STEP_LETTER_LIVES, belated)
