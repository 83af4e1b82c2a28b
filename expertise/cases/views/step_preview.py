"""The effect of a step before it is taken, computed by the functions that will take it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from expertise.cases import facts
from expertise.cases.actions import deadline as planning
from expertise.cases.notify import notify
from expertise.cases.parties import lender_there, replaced, votes_of
from expertise.cases.queries import CaseRow, of_id
from expertise.cases.services import Services
from workflows.deadlines import Plan
from workflows.decision import TargetChoice, Verdict, choose
from workflows.definition import Definition, Part, Text, Transition


@dataclass(frozen=True, slots=True)
class PreviewedLetter:
    """The readers of a letter in one role."""

    role: str
    letter: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """The effect on the parent when a step of its part carries one of its own along."""

    state: Text
    told: tuple[PreviewedLetter, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """The effect of the step, computed by the functions that will take it."""

    target: str
    owner: str | None  # on whose desk the case will lie
    told: tuple[PreviewedLetter, ...]
    deadline: Plan
    opens: Part | None
    votes_missing: int  # how many more persons must decide the same after this one
    carried: Carried | None = None
    choice: TargetChoice | None = None  # of a step whose target facts choose


def target_of(case: CaseRow, verdict: Verdict) -> str:
    """Where the case would stand after the step; a vote that does not complete the quorum moves nothing."""
    return verdict.target if verdict.completes else case.state


def preview(
    session: Session, services: Services, definition: Definition, case: CaseRow, verdict: Verdict, now: datetime
) -> Preview:
    """The effect of the step now. A vote that does not complete the quorum moves and tells nothing."""
    step = verdict.step
    if step is None:
        raise LookupError("there is no such step to look ahead to")
    target = target_of(case, verdict)
    stays = target == case.state
    missing = 0 if verdict.completes else step.quorum - _given(session, definition, case, step) - 1
    return Preview(
        target=target,
        owner=definition.states[target].owner,
        told=_told(session, services, definition, case, step, target, now) if verdict.completes else (),
        deadline=Plan() if stays else planning.arriving(session, services, definition, case, target, now)[1],
        opens=definition.parts[step.opens] if step.opens and verdict.completes else None,
        votes_missing=missing,
        carried=_carried(session, services, case, step, now) if verdict.completes else None,
        choice=verdict.choice if verdict.completes else None,
    )


def _given(session: Session, definition: Definition, case: CaseRow, step: Transition) -> int:
    return len(votes_of(session, definition, case).get(step.key, ()))


def _carried(session: Session, services: Services, case: CaseRow, step: Transition, now: datetime) -> Carried | None:
    """Looked up past `condition` on purpose: an expert sees where the request goes, and nothing else of it."""
    if step.carries is None or case.parent_id is None:
        return None
    parent = of_id(session, case.parent_id)
    definition = services.definitions.pinned(parent.digest)
    along = definition.transitions[step.carries]
    target = _target_along(session, definition, parent, along)
    label = definition.states[target].label
    return Carried(label, _told(session, services, definition, parent, along, target, now))


def _target_along(session: Session, definition: Definition, parent: CaseRow, along: Transition) -> str:
    """Return where the parent goes; where facts choose, by those that hold now."""
    found = facts.findings(session, definition, parent, along.choosing) if along.branches else {}
    branch = choose(definition, along, found, {}).branch if along.branches else None
    return branch.state if branch is not None else definition.target_of(along, parent.state)


def _told(
    session: Session,
    services: Services,
    definition: Definition,
    case: CaseRow,
    step: Transition,
    target: str,
    now: datetime,
) -> tuple[PreviewedLetter, ...]:
    parties = replaced(case.parties, lender_there(session, definition, target, case.fields))
    subject = notify.subject(definition, {**case._mapping, "parties": parties})  # noqa: SLF001 a row's public mapping
    people = notify.recipients_of(session, services, subject, list(step.tells), now)
    names = {role: tuple(found.name for found in people if found.role == role) for role in step.tells}
    return tuple(PreviewedLetter(role, letter, names[role]) for role, letter in step.tells.items())
