"""A reply to a letter with questions: answers are recorded one by one; the receipt says which were understood."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.cases.queries import CASES
from expertise.cases.services import Services
from expertise.inbox.model import Reply, ReplyOutcome
from expertise.questionnaires.catalogue import questionnaire_of
from expertise.questionnaires.parse_reply import ReplyResult, handle_reply
from expertise.questionnaires.record_answers import RecordedAnswers
from expertise.text.receipts import say, together
from workflows.definition import Text


def record_reply(session: Session, services: Services, reply: Reply) -> ReplyOutcome | None:
    """Record the answers of an authenticated sender; return None for any other reply."""
    if not reply.sure:
        return None
    result = handle_reply(session, services, reply.actor, reply.found, reply.own)
    if result.understood == 0 and not result.echo:
        return None
    text = [_receipt_text(session, services, record) for record in result.kept] + _not_understood(result)
    state = "applied" if any(record.step for record in result.kept) else "receipted"
    return ReplyOutcome(state, together(text), reply.found.case_id)


def _receipt_text(session: Session, services: Services, record: RecordedAnswers) -> Text:
    wanted = select(CASES.c.workflow, CASES.c.digest, CASES.c.state).where(CASES.c.reference == record.reference)
    case = session.execute(wanted).one()
    definition, asked = services.definitions.pinned(case.digest), questionnaire_of(case.workflow)
    if record.step is not None:
        step, state = definition.transitions[record.step].taken, definition.states[case.state].label
        return say("done", reference=record.reference, step=dict(step), state=dict(state))
    if record.missing and asked is not None:
        rest = together([asked.questions[key].ask for key in record.missing], " ")
        return say("answers_kept", reference=record.reference, rest=dict(rest))
    return say("answers_noted", reference=record.reference)


def _not_understood(result: ReplyResult) -> list[Text]:
    return [say("answers_unclear", lines="\n".join(result.unclear))] if result.echo else []
