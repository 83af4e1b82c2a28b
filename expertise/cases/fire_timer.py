"""A timer's moment has come: remind, escalate, or let the clock take its step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Row

from expertise.audit.act import Act, Subject
from expertise.base.crash import crashpoint
from expertise.cases import desk, queries
from expertise.cases.actions import deadline
from expertise.cases.actions.change import Change
from expertise.cases.actions.outcome import Outcome, Request
from expertise.cases.notify.intents import DueRung, Letter, Notice
from expertise.cases.notify.notify import STEP_LETTER_LIVES
from expertise.cases.queries import CaseRow
from expertise.cases.services import Unit
from expertise.people.access import CLOCK
from expertise.reminders import timers
from expertise.reminders.timers import TimerEnd
from workflows.clocks import is_running
from workflows.refusals import Refusal

LETTERS = {"remind": "deadline_reminder", "escalate": "deadline_escalation"}


def remind(unit: Unit, timer_id: int, case_id: int) -> str | None:
    """Do what the timer says and mark it; returns the outcome, None when it must wait.

    It waits while somebody else holds the case, and while a change of the calendar is still to move its deadline.

    Holding the case is the claim: two workers never do one timer twice, and a rolled-back one is due again.
    """
    session, now = unit.session, unit.now
    case = queries.claim(session, case_id)
    if case is None:
        return None
    timer = timers.pending(session, timer_id, case_id, now)
    if timer is None:
        return TimerEnd.STALE
    if deadline.outdated(session, unit.services, unit.services.definitions.pinned(case.digest), case):
        return None
    crashpoint("timer_after_claim")
    timers.done(session, timer_id, TimerEnd.DONE, now)  # first, because a lapse forgets the timers that are pending
    end = _effect(unit, case, timer)
    if isinstance(end, Refusal) and _may_come(unit, case, timer.step):
        _hold(unit, case, timer, end)
        return end.code
    outcome = end.code if isinstance(end, Refusal) else end.value
    if end is not TimerEnd.DONE:
        timers.done(session, timer_id, outcome, now)
    return outcome


def _effect(unit: Unit, case: CaseRow, timer: Row[Any]) -> TimerEnd | Refusal:
    if case.final is not None or not _is_current(case, timer):
        return TimerEnd.STALE
    if timer.kind == "lapse":
        answer = desk.fire(unit, Request(CLOCK, case.reference, case.version), timer.step, {})
        return answer if isinstance(answer, Refusal) else TimerEnd.DONE
    desk.apply(unit, _reminder(unit, case, timer))
    return TimerEnd.DONE


def _is_current(case: CaseRow, timer: Row[Any]) -> bool:
    """Whether the stay of the timer lasts, or its clock runs."""
    return is_running(case.clocks, timer.clock, timer.visit) if timer.clock else timer.visit == case.visit


def _may_come(unit: Unit, case: CaseRow, step: str) -> bool:
    """Whether the step starts from where the case stands; no waiting helps one that does not."""
    transition = unit.services.definitions.pinned(case.digest).transitions.get(step)
    return transition is not None and case.state in transition.sources


def _hold(unit: Unit, case: CaseRow, timer: Row[Any], refusal: Refusal) -> None:
    """Try again later, until the stay ends. The trail says so once for each reason, the page of the case as long."""
    timers.postpone(unit.session, timer, case.due_at or unit.now, refusal.code, unit.now)
    if timer.outcome != refusal.code:
        act = Act(CLOCK.source, Subject.HELD, timer.step)
        desk.apply(unit, Outcome(replace(_note(unit, case, act), private={"refusal": refusal.code})))


def _note(unit: Unit, case: CaseRow, act: Act) -> Change:
    """An event by the clock that leaves the case as it is."""
    definition = unit.services.definitions.pinned(case.digest)
    return Change(
        case=case,
        definition=definition,
        actor=CLOCK,
        role="clock",
        act=act,
        rule=f"{definition.key}@{definition.version}/{case.state}",
        now=unit.now,
        target=case.state,
        moves=False,
    )


def _reminder(unit: Unit, case: CaseRow, timer: Row[Any]) -> Outcome:
    change = _note(unit, case, Act(CLOCK.source, timer.kind, timer.rung))
    to = timer.to_role or case.owner_role  # a reminder of a clock goes to whose turn it is
    return Outcome(change, Notice((Letter(to, LETTERS[timer.kind]),), rung=_rung(unit, timer)))


def _rung(unit: Unit, timer: Row[Any]) -> DueRung:
    """A reminder says something until the next rung does; belated is what was due on an earlier day."""
    calendar = unit.services.calendar
    following = timers.next_due(unit.session, timer)
    belated = calendar.local_day(timer.due_at) < calendar.local_day(unit.now)
    return DueRung(timer.rung, following or unit.now + STEP_LETTER_LIVES, belated)
