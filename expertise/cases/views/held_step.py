"""A step of the clock that was refused when its time came, for the page of the case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from expertise.cases.actions.decide import standing
from expertise.cases.queries import CaseRow
from expertise.people.access import CLOCK
from expertise.reminders import timers
from workflows.decision import decide
from workflows.definition import Definition, Transition
from workflows.refusals import Refusal


@dataclass(frozen=True, slots=True)
class HeldStep:
    """A step of the clock that was refused, what bars it now, and when it is tried again.

    No refusals: what barred it is mended, or stands in another case.
    """

    step: Transition
    refusals: tuple[Refusal, ...]
    again_at: datetime


def held_step(session: Session, definition: Definition, case: CaseRow, now: datetime) -> HeldStep | None:
    """The step that waits in the present stay; None for none. Costs nothing before the deadline is over."""
    if case.due_at is None or case.due_at > now or (definition.lapse_of(case.state) is None and not case.clocks):
        return None
    timer = timers.held(session, case.id, case.visit)
    step = definition.transitions.get(timer.step) if timer is not None else None
    if timer is None or step is None:
        return None
    verdict = decide(definition, step.key, standing(session, definition, case, CLOCK, (step,)))
    return HeldStep(step, verdict.refusals, timer.due_at)
