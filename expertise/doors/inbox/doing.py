"""One command on one case. What a word means there is said by the definition (`mail:`), and judged by the desk."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from expertise.cases import desk, queries
from expertise.cases.judging import roles_of
from expertise.cases.kind import Shop
from expertise.cases.queries import CaseRow
from expertise.cases.receiving import Received, fit, receive
from expertise.doors.inbox.attempts import attempted, seen_by
from expertise.doors.inbox.phrases import say
from expertise.doors.inbox.postponing import postponed
from expertise.doors.inbox.replies import Outcome, Reply
from expertise.mail.inbound_commands import Command, Word
from workflows.definition import Definition, Text, Transition
from workflows.refusals import FourEyes, Invalid, NotReady, Refusal, Stale, WrongState


def command_on(session: Session, shop: Shop, reply: Reply, command: Command, case: CaseRow, text: str) -> Outcome:
    """Do what the command says, or say how to do it. `text` stands below it."""
    definition = shop.kinds.pinned(case.digest)
    if command.word is Word.STATUS:
        state = definition.states[case.state].label
        return Outcome("receipted", say("status", reference=case.reference, state=state), case.id)
    if command.word is Word.POSTPONE:
        return postponed(session, shop, reply, command, case, text)
    step = step_called(definition, case, roles_of(case, reply.actor), command.word)
    if step is None:
        return Outcome("receipted", say("on_the_page", reference=case.reference), case.id, asks=True)
    if not reply.sure:
        return Outcome("receipted", say("confirm", reference=case.reference, step=step.label), case.id, asks=True)
    return _step(session, shop, reply, definition, step, case, text)


def step_called(definition: Definition, case: CaseRow, roles: frozenset[str], word: Word) -> Transition | None:
    """The step that the word means for somebody in these roles, in the state the case is in."""
    return next(
        (
            step
            for step in definition.steps_from[case.state]
            if step.mail == word.value and not roles.isdisjoint(step.by)
        ),
        None,
    )


def comment_on(session: Session, shop: Shop, reply: Reply, case: CaseRow, words: str) -> Outcome | None:
    """Keep words, quotation and files on the case; None when there is nothing to keep."""
    mail = Received(words, reply.quoted, reply.files.uploads)
    key = f"{reply.key}:comment:{case.reference}"
    kept = attempted(session, lambda: receive(session, shop, reply.actor, case.reference, mail, key))
    if isinstance(kept, Refusal):
        if isinstance(kept, NotReady):
            return None
        code = "text_not_kept" if isinstance(kept, Invalid) else "not_allowed"
        return Outcome("quarantined", say(code, reference=case.reference), case.id, reason="comment_refused")
    return Outcome("commented", say("kept", reference=case.reference), case.id)


def _step(
    session: Session,
    shop: Shop,
    reply: Reply,
    definition: Definition,
    step: Transition,
    case: CaseRow,
    text: str,
) -> Outcome:
    raw = {definition.asked_by_mail(step): fit(text)} if text else {}
    seen, key = seen_by(reply, case), f"{reply.key}:{case.reference}:{step.key}"
    answer = attempted(session, lambda: desk.fire(session, shop, reply.actor, case.reference, step.key, raw, seen, key))
    if isinstance(answer, Refusal):
        return Outcome("receipted", _why_not(answer, definition, step, case), case.id, asks=True)
    state = definition.states[answer.state].label
    return Outcome("applied", say("done", reference=case.reference, step=step.label, state=state), case.id)


def _why_not(refusal: Refusal, definition: Definition, step: Transition, case: CaseRow) -> Text:
    values: Mapping[str, object] = {
        "reference": case.reference,
        "step": step.label,
        "state": definition.states[case.state].label,
    }
    if isinstance(refusal, Stale | WrongState):
        return say("moved_on", **values)
    if isinstance(refusal, FourEyes):
        return say("four_eyes", **values)
    if isinstance(refusal, NotReady):
        answers = [missing.name for missing in refusal.missing if missing.kind == "answer"]
        if answers:
            field = definition.fields.get(answers[0])
            return say("write_below", **values, field=field.label if field else say("comment_label"))
        return say("not_ready", **values)
    return say("not_allowed", **values)


def case_of(session: Session, reply: Reply, reference: str) -> CaseRow | None:
    """The case as the sender may see it."""
    return queries.find(session, reply.actor, reference)
