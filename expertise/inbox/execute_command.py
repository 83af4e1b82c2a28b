"""Executes one command on one case. The definition says what a word means (`mail:`); the desk decides."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from expertise.cases import desk
from expertise.cases.actions.comment import Received, fit
from expertise.cases.queries import CaseRow, is_late
from expertise.cases.reach import roles_of
from expertise.cases.services import Services
from expertise.inbox.command_postpone import postpone
from expertise.inbox.command_undo import undo, with_undo_offer
from expertise.inbox.model import Reply, ReplyOutcome, ask_to_confirm, attempt, version_seen
from expertise.inbox.refusal_help import no_step, why_not
from expertise.mail.inbound.commands import Command, CommandWord
from expertise.text.receipts import say
from expertise.text.translator import moment
from workflows.calendar import Calendar
from workflows.definition import Definition, Text, Transition
from workflows.refusals import Invalid, NotReady, Refusal
from workflows.roles import ROLE_LABELS


def execute_command(
    session: Session, services: Services, reply: Reply, command: Command, case: CaseRow
) -> ReplyOutcome:
    """Execute the command, or say how to do it."""
    definition = services.definitions.pinned(case.digest)
    if command.word is CommandWord.STATUS:
        calendar = services.calendars.of(session, case.organisation_id)
        return ReplyOutcome("receipted", status_of(services, case, calendar, reply.now), case.id)
    if command.word is CommandWord.POSTPONE:
        return postpone(session, services, reply, command, case)
    if command.word is CommandWord.UNDO:
        return undo(session, services, reply, case)
    step = step_for_word(definition, case, roles_of(case, reply.actor), command.word)
    if step is None:
        return no_step(definition, case, roles_of(case, reply.actor), command)
    if not reply.sure:
        return ReplyOutcome("receipted", ask_to_confirm(reply, case.reference, step.label), case.id, asks=True)
    return _step(session, services, reply, definition, step, case, command)


def step_for_word(definition: Definition, case: CaseRow, roles: frozenset[str], word: CommandWord) -> Transition | None:
    """Return the step that the word means for these roles in the state of the case; None if there is none."""
    return next(
        (
            step
            for step in definition.steps_from[case.state]
            if step.mail == word.value and not roles.isdisjoint(step.by)
        ),
        None,
    )


def add_comment(
    session: Session,
    services: Services,
    reply: Reply,
    case: CaseRow,
    own_words: str,
    place: str = "",
    *,
    internal: bool = False,
) -> ReplyOutcome | None:
    """Add words, quotation and files to the case as a comment; return None if there is nothing to add.

    `place` distinguishes several comments of one mail. `internal`: as a note that only the team sees.
    """
    mail = Received(own_words, reply.quoted, reply.files.uploads, internal)
    key = f"{reply.key}:comment:{case.reference}{place}"
    kept = attempt(
        session,
        lambda: desk.receive(desk.Unit(session, services), desk.Request(reply.actor, case.reference, key=key), mail),
    )
    if isinstance(kept, Refusal):
        if isinstance(kept, NotReady):
            return None
        code = "text_not_kept" if isinstance(kept, Invalid) else "not_allowed"
        return ReplyOutcome("quarantined", say(code, reference=case.reference), case.id, reason="comment_refused")
    return ReplyOutcome("commented", say("note_kept" if internal else "kept", reference=case.reference), case.id)


def _step(
    session: Session,
    services: Services,
    reply: Reply,
    definition: Definition,
    step: Transition,
    case: CaseRow,
    command: Command,
) -> ReplyOutcome:
    raw = {definition.asked_by_mail(step): fit(command.text)} if command.text else {}
    seen, key = version_seen(reply, case), f"{reply.key}:{case.reference}:{step.key}"
    answer = attempt(
        session,
        lambda: desk.fire(
            desk.Unit(session, services), desk.Request(reply.actor, case.reference, seen, key), step.key, raw
        ),
    )
    if isinstance(answer, Refusal):
        return ReplyOutcome("receipted", why_not(answer, definition, step, case, command), case.id, asks=True)
    state = definition.states[answer.state].label
    text = say("done", reference=case.reference, step=step.taken, state=state)
    several = len(reply.parsed.commands) > 1
    return with_undo_offer(session, services, reply, case, text, (command.number or 1) if several else reply.line)


def status_of(services: Services, case: CaseRow, calendar: Calendar, now: datetime) -> Text:
    """Return the state, the deadline and its delay, the assignee, and the time of the last event as text."""
    return say(
        "status",
        reference=case.reference,
        title=" ".join((case.title or "–").split()),
        state=services.definitions.pinned(case.digest).states[case.state].label,
        due=_due(case, calendar, now),
        role=ROLE_LABELS[case.owner_role] if case.owner_role is not None and case.final is None else "–",
        changed=moment(case.changed_at),
    )


def _due(case: CaseRow, calendar: Calendar, now: datetime) -> Text | str:
    if case.due_at is None or case.final is not None:
        return "–"
    if not is_late(case, now):
        return moment(case.due_at)
    days = calendar.working_days_between(calendar.local_day(case.due_at), calendar.local_day(now))
    return say("late_by", due=moment(case.due_at), days=days)
