"""Take back one's own step, within a day and while nothing has happened since.

The trail keeps both: the step, and that it was taken back. See docs/decisions/0021-undo.md for what cannot be undone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.audit.act import Act, Subject
from expertise.base import clock
from expertise.cases.actions import deadline
from expertise.cases.actions.change import Change
from expertise.cases.actions.outcome import Outcome
from expertise.cases.events import WRONG
from expertise.cases.notify.intents import Notice
from expertise.cases.parties import votes_of
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.reach import roles_of
from expertise.cases.services import Unit
from expertise.people.access import Actor
from workflows.definition import Definition, Transition
from workflows.refusals import Refusal, WrongRole
from workflows.soundness.mail_words import may_be_undone

LASTS = timedelta(hours=24)
LETTER = "step_undone"


@dataclass(frozen=True, slots=True)
class NotUndoable(Refusal):
    """`why`: `nothing` to undo or it has been overtaken, `another` did it, too `late`, the `whole` has gone on."""

    code: ClassVar[str] = "not_undoable"
    why: str


@dataclass(frozen=True, slots=True)
class Undoable:
    """A step that can be taken back, until when, and to which state."""

    step: Transition
    state: str
    until: datetime


def remembered(session: Session, change: Change, step: Transition) -> Change:
    """The step with what is needed to take it back, when it came by mail and leaves nothing behind."""
    case = change.case
    if not may_be_undone(change.definition, step, case.state) or votes_of(session, change.definition, case):
        return change
    before = {
        "sequence": case.sequence + 1,
        "by": change.actor.key,
        "role": change.role,
        "step": step.key,
        "state": case.state,
        "at": change.now.isoformat(),
        "fields": {name: case.fields.get(name) for name in change.values},
        "entered_at": case.entered_at.isoformat(),
        "due_at": case.due_at.isoformat() if case.due_at is not None else None,
        "deadline": case.deadline,
        "clocks": case.clocks,
        "hands": [case.assignee_id, case.delegate_id],
        "whole": _version(session, case.parent_id),
    }
    return replace(change, undo=before)


def undoable(session: Session, definition: Definition, case: CaseRow, actor: Actor) -> Undoable | Refusal:
    """The step that this person could take back now, or a refusal that says why there is none."""
    before = case.undo
    if before is None:
        return NotUndoable("nothing")
    if before["by"] != actor.key:
        return NotUndoable("another")
    if before["role"] not in roles_of(case, actor):
        return WrongRole((before["role"],))
    ends = [before["due_at"]] if before["due_at"] else []  # by then silence would have decided
    until = min([datetime.fromisoformat(before["at"]) + LASTS, *map(datetime.fromisoformat, ends)])
    if clock.now() >= until:
        return NotUndoable("late")
    if _version(session, case.parent_id) != before["whole"]:
        return NotUndoable("whole")
    return Undoable(definition.transitions[before["step"]], before["state"], until)


def undo(unit: Unit, actor: Actor, case: CaseRow) -> Outcome | Refusal:
    """Bring the case back to where it was before its last step: state, values, assignee, and the very same deadline.

    Letters about the step that have not left are cancelled; whoever got one hears that it was taken back.
    """
    session, before = unit.session, case.undo
    definition = unit.services.definitions.pinned(case.digest)
    can = undoable(session, definition, case, actor)
    if isinstance(can, Refusal):
        return can
    assignee, delegate = before["hands"]
    change = Change(
        case=case,
        definition=definition,
        actor=actor,
        role=before["role"],
        act=Act(actor.source, Subject.UNDO, can.step.key),
        rule=f"{definition.key}@{definition.version}/undo",
        now=unit.now,
        target=can.state,
        values=before["fields"],
        private={**before["fields"], WRONG: before["sequence"]},
        columns={"assignee_id": assignee, "delegate_id": delegate},
        clocks=deadline.resumed(session, unit.services, definition, case, before, unit.now),
    )
    notice = Notice.to(dict.fromkeys(can.step.tells, LETTER), can.step.key)
    return Outcome(change, notice, takes_back=before["sequence"])


def _version(session: Session, case_id: int | None) -> int | None:
    """The version of the parent, which the desk holds together with its part."""
    return session.scalar(select(CASES.c.version).where(CASES.c.id == case_id)) if case_id is not None else None
