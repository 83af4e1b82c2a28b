"""Decide a step of a real case: gather what the engine must know, ask it, say what would be written.

Nothing is written here, so a refusal leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from expertise.audit.act import Act, Subject
from expertise.cases import facts, parts
from expertise.cases.actions.change import Change
from expertise.cases.events import WHY
from expertise.cases.lookups import Chooser, Known, read_values
from expertise.cases.parties import acted_around, votes_of
from expertise.cases.queries import CaseRow
from expertise.cases.reach import roles_of
from expertise.cases.services import Unit
from expertise.people.access import Absent, Actor
from workflows import decision
from workflows.definition import Definition, Transition
from workflows.machine import fire
from workflows.refusals import Invalid, Refusal


def standing(
    session: Session,
    definition: Definition,
    case: CaseRow,
    actor: Actor,
    steps: tuple[Transition, ...],
    ended: Mapping[str, str | None] | None = None,
) -> decision.Standing:
    """The actor before the case, with the facts that `steps` can ask for and, for four eyes, who acted around it."""
    names = {name for step in steps for name in step.judged}
    return decision.Standing(
        state=case.state,
        roles=roles_of(case, actor),
        person=actor.key if actor.machine is None else None,
        instead_of={role: absent.key for role, absent in _lent(case, actor).items()},
        fields=case.fields,
        facts={
            **parts.facts(session, case.id, sorted(names - definition.facts.keys()), ended),
            **facts.findings(session, definition, case, sorted(names)),
        },
        acted=acted_around(session, case) if any(step.not_by for step in steps) else {},
        votes=votes_of(session, definition, case),
    )


def own_first(case: CaseRow, actor: Actor, roles: Iterable[str]) -> list[str]:
    """Those of `roles` that the actor has in the case, in their order; what is theirs only as a deputy comes last."""
    held, lent = roles_of(case, actor), _lent(case, actor)
    return sorted((role for role in roles if role in held), key=lambda role: role in lent)


def _lent(case: CaseRow, actor: Actor) -> Mapping[str, Absent]:
    return actor.standing_in(region=case.region, workflow=case.workflow)


def decide_step(
    unit: Unit,
    case: CaseRow,
    actor: Actor,
    step_key: str,
    raw: Mapping[str, Any],
    *,
    arrived: Mapping[str, str] | None = None,
    ended: Mapping[str, str | None] | None = None,
) -> Change | Refusal:
    """The change that the step would make, or why not. Authority is asked before the values are looked at.

    `arrived` are files that came with the request: field → key. `ended` are parts ended in this transaction.
    """
    definition = unit.services.definitions.pinned(case.digest)
    step = definition.transitions.get(step_key)
    closed = _out_of_service(unit, definition, step)
    if closed is not None:
        return closed
    stand = standing(unit.session, definition, case, actor, (step,) if step else (), ended)
    first = decision.decide(definition, step_key, stand)
    if step is None or not first.allowed:
        return first.refusals[0]
    offered = {**raw, **(arrived or {})}
    chooser = Chooser(actor, (first.role or "",), case, holds=True)
    lookups = Known(unit.session, case.id, set((arrived or {}).values()), chooser)
    loaded = read_values(unit, definition, step.asks, offered, lookups, case.fields)
    if loaded.errors:
        return Invalid(loaded.errors)
    late = [name for name in step.judged if definition.waits_for_answers(step, name)]
    if late:
        judged = facts.findings(unit.session, definition, case, late, loaded.values)
        stand = replace(stand, facts={**stand.facts, **judged})
    verdict = fire(definition, step_key, stand, loaded.values)
    if not verdict.allowed:
        return verdict.refusals[0]
    return _change(definition, case, actor, step, verdict, loaded.values, unit.now)


def _out_of_service(unit: Unit, definition: Definition, step: Transition | None) -> Refusal | None:
    """Whether the workflow of the case has faults, or that of the part that the step opens."""
    opened = definition.parts.get(step.opens or "") if step is not None else None
    here = unit.services.out_of_service(definition.key)
    return here if here is not None or opened is None else unit.services.not_opened(opened.workflow)


def _change(
    definition: Definition,
    case: CaseRow,
    actor: Actor,
    step: Transition,
    verdict: decision.Verdict,
    asked: Mapping[str, Any],
    now: datetime,
) -> Change:
    given = {name: value for name, value in asked.items() if value is not None}
    elsewhere = definition.handed_on(step) | {"comment"}
    kept = {name: value for name, value in given.items() if name not in elsewhere}
    change = Change(
        case=case,
        definition=definition,
        actor=actor,
        role=verdict.role or actor.machine or "anyone",
        act=Act(actor.source, Subject.STEP, step.key),
        rule=f"{definition.key}@{definition.version}/{step.key}",
        now=now,
        target=verdict.target,
        values=kept | dict.fromkeys(step.clears),
        private=given | _why(verdict),
    )
    if verdict.completes:
        return change
    voted = change.act.on(Subject.VOTE)
    return replace(change, act=voted, target=case.state, values={}, private=given, vote=step.key)


def _why(verdict: decision.Verdict) -> dict[str, Any]:
    """Return what the event keeps of a target that facts have chosen: each fact, whether it held, and its two sides."""
    if verdict.choice is None:
        return {}
    found = verdict.choice.found.items()
    return {WHY: [{"fact": key, "holds": each.holds, "values": list(map(list, each.values))} for key, each in found]}
