"""The command UNDO (ОТМЕНИТЬ, КҮШІН ЖОЮ): takes back the sender's own last step; and the offer of it in a receipt."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from expertise.cases import desk, queries
from expertise.cases.actions.undo import NotUndoable, Undoable, undoable
from expertise.cases.queries import CaseRow
from expertise.cases.services import Services
from expertise.inbox.model import Reply, ReplyOutcome, ask_to_confirm, attempt
from expertise.text.receipts import reason_of, say, together
from expertise.text.translator import moment
from workflows.definition import Definition, Text
from workflows.refusals import Refusal

#: In the context of a receipt that leads to the page on which its step is taken back.
LEADS: Mapping[str, bool] = {"undo": True}
#: Reason for which a step cannot be taken back → what can be done instead, as a code of a receipt.
_ADVICE = {"nothing": "correct_instead", "late": "correct_instead", "whole": "ask_coordinator"}


def undo(session: Session, services: Services, reply: Reply, case: CaseRow) -> ReplyOutcome:
    """Take back the step, by a reply to any of our letters about the case; else say why not."""
    definition = services.definitions.pinned(case.digest)
    overtaken = "undo" in reply.found.context and reply.found.case_version != case.version
    can = NotUndoable("nothing") if overtaken else undoable(session, definition, case, reply.actor)
    if isinstance(can, Undoable) and not reply.sure:
        text = ask_to_confirm(reply, case.reference, say("undo_of", step=can.step.taken))
        return ReplyOutcome("receipted", text, case.id, context=LEADS)
    if not isinstance(can, Undoable):
        return ReplyOutcome("receipted", _why_not(can, case, definition), case.id)
    key = f"{reply.key}:{case.reference}:undo"
    answer = attempt(
        session,
        lambda: desk.undo(desk.Unit(session, services), desk.Request(reply.actor, case.reference, case.version, key)),
    )
    if isinstance(answer, Refusal):
        return ReplyOutcome("receipted", _why_not(answer, case, definition), case.id)
    now = queries.of_id(session, case.id)
    text = say(
        "undone",
        reference=case.reference,
        step=can.step.taken,
        state=definition.states[now.state].label,
        due=moment(now.due_at) if now.due_at is not None else "–",
    )
    return ReplyOutcome("applied", text, case.id)


def with_undo_offer(
    session: Session, services: Services, reply: Reply, case: CaseRow, text: Text, number: int | None
) -> ReplyOutcome:
    """Return the outcome of a step with the offer to take it back.

    `number` is the line in a receipt with several.
    """
    now = queries.of_id(session, case.id)
    can = undoable(session, services.definitions.pinned(now.digest), now, reply.actor)
    if not isinstance(can, Undoable):
        return ReplyOutcome("applied", together([text, say("undo_never")]), case.id)
    until = moment(can.until)
    if number is not None:
        return ReplyOutcome("applied", together([text, say("undo_line", until=until, number=number)]), case.id)
    return ReplyOutcome("applied", together([text, say("undo_here", until=until)]), case.id, context=LEADS)


def _why_not(answer: object, case: CaseRow, definition: Definition) -> Text:
    refusal = answer if isinstance(answer, NotUndoable) else NotUndoable("nothing")
    state = definition.states[case.state].label
    said = say("not_undone", reference=case.reference, why=reason_of(refusal, definition), state=state)
    return together([said, say(_ADVICE[refusal.why])], " ") if refusal.why in _ADVICE else said
