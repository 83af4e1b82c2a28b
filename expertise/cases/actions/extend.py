"""More time for a case: a reasoned decision of who may grant it, limited in number and size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from expertise.audit.act import Act, Subject
from expertise.cases.actions import deadline as planning
from expertise.cases.actions.change import Change
from expertise.cases.actions.decide import standing
from expertise.cases.actions.outcome import Outcome
from expertise.cases.lookups import Known
from expertise.cases.notify.intents import Notice
from expertise.cases.queries import CaseRow
from expertise.cases.services import Unit
from expertise.people.access import Actor
from workflows.calendar import Calendar
from workflows.deadlines import Explanation
from workflows.decision import Verdict, decide, offers
from workflows.definition import Definition
from workflows.extension import DAYS, STEP, UNTIL, days_asked, extendable, form_of
from workflows.fields import types
from workflows.refusals import Invalid, Missing, NotExtendable, NotReady, Problem, Refusal

LETTER = "deadline_extended"


@dataclass(frozen=True, slots=True)
class ExtensionOffer:
    """That this person may grant more time: the decision as a form, what stands against it, how often it may be."""

    form: Definition
    verdict: Verdict
    times: int
    given: int

    @property
    def allowed(self) -> bool:
        """Nothing stands against it."""
        return self.verdict.allowed and self.given < self.times


def offered(session: Session, definition: Definition, case: CaseRow, actor: Actor) -> ExtensionOffer | None:
    """The decision to extend, when it belongs to one of the person's roles."""
    if not extendable(definition.states[case.state]):
        return None
    form = form_of(definition, case.state)
    verdicts = offers(form, standing(session, form, case, actor, (form.transitions[STEP],)))
    return ExtensionOffer(form, verdicts[0], *_times(definition, case)) if verdicts else None


def extend(unit: Unit, actor: Actor, case: CaseRow, raw: Mapping[str, Any]) -> Outcome | Refusal:
    """Grant more time in the present state. `raw`: `days` or `until` (a date), and the reason as `comment`.

    The days are of the deadline's own unit and are added to its budget; the ladder starts anew.
    """
    definition = unit.services.definitions.pinned(case.digest)
    grant = _grant(unit, definition, case, actor, raw)
    if isinstance(grant, Refusal):
        return grant
    deadline = planning.staying(unit.session, unit.services, definition, case, more=grant.days, now=unit.now)
    calendar = unit.services.calendars.of(unit.session, case.organisation_id)
    problem = _vain(case, deadline.explanation, calendar, unit.now)
    if problem is not None:
        return Invalid(((DAYS if raw.get(DAYS) else UNTIL, (problem,)),))
    change = Change(
        case=case,
        definition=definition,
        actor=actor,
        role=grant.role,
        act=Act(actor.source, Subject.DEADLINE, STEP),
        rule=f"{definition.key}@{definition.version}/{case.state}/{STEP}",
        now=unit.now,
        target=case.state,
        private={"comment": grant.comment, "days": grant.days, **planning.moved(case, deadline)},
        replanned=deadline,
        ladder_anew=True,
    )
    owner = definition.states[case.state].owner
    letters = {role: LETTER for role in (owner, "requester") if role is not None}
    return Outcome(change, Notice.to(letters, STEP))


@dataclass(frozen=True, slots=True)
class _Grant:
    """A decision that may be taken: in which role, for how many days, why."""

    role: str
    days: int
    comment: str


def _grant(unit: Unit, definition: Definition, case: CaseRow, actor: Actor, raw: Mapping[str, Any]) -> _Grant | Refusal:
    """Authority is asked before the values are looked at."""
    session = unit.session
    refusal = _barred(session, definition, case, actor)
    if refusal is not None:
        return refusal
    form = form_of(definition, case.state)
    step = form.transitions[STEP]
    loaded = types.load(form, step.asks, raw, Known(session, case.id))
    if loaded.errors:
        return Invalid(loaded.errors)
    verdict = decide(form, STEP, standing(session, form, case, actor, (step,)), loaded.values)
    if not verdict.allowed:
        return verdict.refusals[0]
    calendar = unit.services.calendars.of(session, case.organisation_id)
    days = days_asked(form, loaded.values, calendar, _due_on(case))
    if days is None:
        return NotReady((Missing("answer", DAYS, (verdict.role or "",)),))
    return days if isinstance(days, Invalid) else _Grant(verdict.role or "", days, loaded.values["comment"])


def _barred(session: Session, definition: Definition, case: CaseRow, actor: Actor) -> Refusal | None:
    if not extendable(definition.states[case.state]):
        return NotExtendable(0)
    form = form_of(definition, case.state)
    verdict = decide(form, STEP, standing(session, form, case, actor, (form.transitions[STEP],)))
    if not verdict.allowed:
        return verdict.refusals[0]
    times, given = _times(definition, case)
    return NotExtendable(times) if given >= times else None


def _vain(case: CaseRow, why: Explanation | None, calendar: Calendar, now: datetime) -> Problem | None:
    """Why the decision would give nobody more time."""
    if why is None or why.due_on <= _due_on(case):
        return Problem("beyond_latest")
    return Problem("still_past") if calendar.closing(why.due_on) <= now else None


def _due_on(case: CaseRow) -> date:
    """The last day of the stay; a clock over several states may end before it."""
    return date.fromisoformat(case.deadline["due_on"])


def _times(definition: Definition, case: CaseRow) -> tuple[int, int]:
    """How many decisions there may be for this budget, and how many there were."""
    deadline = definition.states[case.state].deadline
    times = deadline.extend.times if deadline is not None and deadline.extend is not None else 0
    return times, (case.deadline or {}).get("extensions", 0)
