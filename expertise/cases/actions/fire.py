"""Take a step; a part's step may carry one of its parent along, decided and recorded like any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from expertise.cases import parts, queries
from expertise.cases.actions.attachments import FILES_OF_STEP, Upload
from expertise.cases.actions.change import Change
from expertise.cases.actions.decide import decide_step
from expertise.cases.actions.outcome import Outcome
from expertise.cases.actions.undo import remembered
from expertise.cases.notify.intents import Notice
from expertise.cases.queries import CaseRow
from expertise.cases.services import Unit
from expertise.files.model import file_key
from expertise.people.access import PART, Actor
from workflows.definition import Transition
from workflows.refusals import NotFound, Refusal

#: For so long after a part was opened the same answers are asked back where `CameWithStep.asks_back` is set. The button
#: "Back" shows a form with a new key, so its key alone does not show the repetition.
REPEATED_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class JustOpened(Refusal):
    """The step opened a part with the same answers a moment ago, which still lives; nobody confirmed a second one."""

    code: ClassVar[str] = "just_opened"
    reference: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CameWithStep:
    """Stored files that come with a step: by the field that asks for each, and those attached to its comment.

    `asks_back`: a step that would open the same part again is refused with JustOpened instead of opening it.
    """

    by_field: Mapping[str, Upload] = field(default_factory=dict)
    attached: tuple[Upload, ...] = ()
    asks_back: bool = False


def fire(
    unit: Unit, actor: Actor, case: CaseRow, step: str, raw: Mapping[str, Any], came: CameWithStep
) -> Outcome | Refusal:
    """Decide the step `step`."""
    arrived = {name: file_key() for name in came.by_field}
    change = decide_step(unit, case, actor, step, raw, arrived=arrived)
    if isinstance(change, Refusal):
        return change
    transition = change.definition.transitions[step]
    repeated = _just_opened(unit, change, transition) if came.asks_back else None
    if repeated is not None:
        return repeated
    carried = _carried(unit, change, transition)
    if isinstance(carried, Refusal):
        return carried
    if actor.way == "mail":
        change = remembered(unit.session, change, transition)
    attached = {file_key(): upload for upload in came.attached}
    if attached:
        change = replace(change, private={**change.private, FILES_OF_STEP: list(attached)})
    files = {arrived[name]: upload for name, upload in came.by_field.items()}
    return _outcome(change, transition, files | attached, carried)


def _just_opened(unit: Unit, change: Change, step: Transition) -> JustOpened | None:
    """Return the newest part of the kind that `step` opens if it is young, lives, has the same answers; else None."""
    handed_on = change.definition.handed_on(step)
    part = parts.newest(unit.session, change.case.id, step.opens) if step.opens and handed_on else None
    if part is None or part.final is not None or part.opened_at <= unit.now - REPEATED_WITHIN:
        return None
    same = all(part.fields.get(name) == change.private.get(name) for name in handed_on)
    return JustOpened(part.reference, part.opened_at) if same else None


def _outcome(change: Change, step: Transition, files: Mapping[str, Upload], carried: Outcome | None = None) -> Outcome:
    """The outcome of the step; a vote that does not complete the quorum opens nothing and notifies nobody."""
    if change.vote is not None:
        return Outcome(change, files=files)
    return Outcome(change, Notice.to(step.tells, step.key), opens=step.opens, files=files, carried=carried)


def _carried(unit: Unit, change: Change, step: Transition) -> Outcome | Refusal | None:
    """The parent's step that comes along, decided with this part already in its new state."""
    if step.carries is None or change.case.parent_id is None or change.vote is not None:
        return None
    parent = queries.lock_by_id(unit.session, change.case.parent_id)
    if parent is None:
        return NotFound()
    along = unit.services.definitions.pinned(parent.digest).transitions[step.carries]
    known = {**change.case.fields, **change.values}
    raw = {name: known[name] for name in along.asks if known.get(name) is not None}
    end = change.definition.states[change.target].final
    ended = {change.case.reference: end.value if end else None}
    decided = decide_step(unit, parent, PART, step.carries, raw, ended=ended)
    return decided if isinstance(decided, Refusal) else _outcome(decided, along, {})
