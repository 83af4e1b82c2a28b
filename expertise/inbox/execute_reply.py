"""Executes a reply: its commands in their order, or else one comment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.orm import Session

from expertise.cases import queries
from expertise.cases.actions.comment import MENTIONED
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.reach import roles_of
from expertise.cases.services import Services
from expertise.inbox import questionnaires
from expertise.inbox.attachments import StoredAttachments
from expertise.inbox.command_postpone import postpone
from expertise.inbox.execute_command import add_comment, execute_command, step_for_word
from expertise.inbox.leftover_words import (
    WITHOUT_TEXT,
    copied_words,
    marked_words,
    words_in_copied_letter,
    words_of_command,
)
from expertise.inbox.model import Handler, Reply, ReplyOutcome, line_prefix
from expertise.inbox.refusal_help import SHOWN
from expertise.mail.inbound.commands import Command, CommandWord
from expertise.mail.letters import templates
from expertise.people.manage import notification_preferences
from expertise.people.manage.notification_preferences import Choice
from expertise.questionnaires.send_questions import LETTER
from expertise.text.receipts import say, together
from workflows.definition import Text

_STOPPED = {Choice.OFF: "stopped_off", Choice.DIGEST: "stopped_digest", Choice.IMMEDIATE: "stopped_not"}
#: Which of several outcomes names the state of the mail.
_WEIGHT = ("applied", "quarantined", "commented", "receipted")


def execute_reply(session: Session, services: Services, reply: Reply) -> list[ReplyOutcome]:
    """Execute each command once and return the outcomes; a refused command is an outcome as well."""
    handler = HANDLERS.get(reply.found.letter)
    special = handler(session, services, reply) if handler is not None else None
    if special is not None:
        return [special]
    found = _answered(session, services, reply)
    return found + [
        ReplyOutcome("receipted", say("file_refused", name=name, reason=why)) for name, why in reply.files.refused
    ]


def weightiest_state(outcomes: list[ReplyOutcome]) -> str:
    """Return the state of the outcome that names the state of the mail."""
    return min((outcome.state for outcome in outcomes), key=_WEIGHT.index, default="receipted")


def _answered(session: Session, services: Services, reply: Reply) -> list[ReplyOutcome]:
    parsed = reply.parsed
    if not parsed.commands and (reply.found.case_id is not None or not parsed.unclear):
        return [_commented(session, services, reply)]
    left_out = words_in_copied_letter(session, services, reply, strict=True)
    if left_out:
        reply = replace(reply, sure=False, left_out=left_out)
    outcomes: list[ReplyOutcome] = []
    for place, command in enumerate(parsed.commands):
        outcome = _one(session, services, reply, command, place)
        outcomes.append(outcome)
        if command.text:
            case = _known_case(session, reply, command)
            outcomes += words_of_command(session, services, reply, command, outcome, case, place)
    outcomes += [ReplyOutcome("receipted", say("line_unclear", line=line)) for line in parsed.unclear]
    if parsed.rest:
        outcomes.append(ReplyOutcome("receipted", say("text_not_kept")))
    if reply.text.unattributed and reply.found.case_id is not None:  # a digest is quoted by every reply to it
        marked = marked_words(session, services, reply, _known_case(session, reply, None))
        outcomes += [marked] if marked is not None else []
    if left_out:
        known = _known_case(session, reply, None) if reply.found.case_id is not None else None
        outcomes.append(copied_words(session, services, reply, known))
    return outcomes + _files(session, services, reply, outcomes)


def _one(session: Session, services: Services, reply: Reply, command: Command, place: int) -> ReplyOutcome:
    if command.word is CommandWord.HELP:
        return ReplyOutcome("receipted", letter="mail_help", case_id=reply.found.case_id)
    if command.word is CommandWord.STOP:
        return _stopped(session, services, reply)
    case = _case(session, reply, command)
    if isinstance(case, ReplyOutcome):
        return case
    if command.word is CommandWord.COMMENT:
        return _remarked(session, services, reply, command, case, place)
    return execute_command(session, services, reply, command, case)


def _remarked(
    session: Session, services: Services, reply: Reply, command: Command, case: CaseRow, place: int
) -> ReplyOutcome:
    """Execute КОММЕНТАРИЙ. It gets the files only if it is the single command of the mail."""
    alone = len(reply.parsed.commands) == 1
    comment = add_comment(
        session,
        services,
        reply if alone else replace(reply, files=StoredAttachments()),
        case,
        command.text,
        f":{place}",
    )
    if comment is None:
        text = say("comment_empty", reference=case.reference, call=line_prefix(command))
        return ReplyOutcome("receipted", text, case.id, reason="empty")
    return comment


def _commented(session: Session, services: Services, reply: Reply) -> ReplyOutcome:
    """Add a mail without commands as one comment."""
    case = _case(session, reply, None)
    if isinstance(case, ReplyOutcome):
        known = [say("no_case"), *([case.text] if case.text is not None and case.reason is None else [])]
        return replace(case, state="quarantined", reason="no_case", text=together(known))
    words = reply.own or words_in_copied_letter(session, services, reply)
    comment = add_comment(session, services, reply, case, words)
    if comment is None:
        marked = marked_words(session, services, reply, case)
        text = [say("empty"), *([marked.text] if marked is not None and marked.text is not None else [])]
        return ReplyOutcome("receipted", together(text), case.id, reason="empty", letter="mail_help")
    step = step_for_word(
        services.definitions.pinned(case.digest),
        case,
        roles_of(case, reply.actor),
        reply.parsed.meant or CommandWord.HELP,
    )
    if comment.text is None:
        return comment
    if step is not None:
        return replace(comment, text=together([comment.text, say("meant", step=step.label)]), asks=True)
    hint = _hint(session, services, reply, case)
    return replace(comment, text=together([comment.text, hint])) if hint is not None else comment


def _hint(session: Session, services: Services, reply: Reply, case: CaseRow) -> Text | None:
    """Return how the command is written that the mail seems to mean; None if it means none, or a step."""
    word = reply.parsed.meant
    if word is CommandWord.POSTPONE:
        return postpone(session, services, reply, Command(word), case).text
    return say("meant_word", word=SHOWN[word]) if word in WITHOUT_TEXT else None


def _noted(session: Session, services: Services, reply: Reply) -> ReplyOutcome:
    """Add the reply to a letter about an internal note as a note of its own, whatever commands stand in it."""
    case = _case(session, reply, None)
    if isinstance(case, ReplyOutcome):
        return case
    note = add_comment(session, services, reply, case, reply.own, internal=True)
    return note or ReplyOutcome("receipted", say("empty"), case.id, reason="empty", letter="mail_help")


def _files(session: Session, services: Services, reply: Reply, outcomes: list[ReplyOutcome]) -> list[ReplyOutcome]:
    """Add the files that came with a command to its case."""
    about = {outcome.case_id for outcome in outcomes if outcome.case_id is not None}
    names = ", ".join(upload.name for upload in reply.files.uploads)
    if not names or [command.word for command in reply.parsed.commands] == [CommandWord.COMMENT]:
        return []
    if len(about) != 1:
        return [ReplyOutcome("receipted", say("files_not_kept", names=names))]
    case = session.execute(queries.seen_by(reply.actor).where(CASES.c.id == about.pop())).first()
    comment = add_comment(session, services, replace(reply, quoted=""), case, "") if case is not None else None
    if case is None or comment is None or comment.state != "commented":
        return [ReplyOutcome("receipted", say("files_not_kept", names=names))]
    return [replace(comment, text=say("files_kept", reference=case.reference, names=names))]


def _case(session: Session, reply: Reply, command: Command | None) -> CaseRow | ReplyOutcome:
    """Return the case of the line of a digest, or of the letter; an outcome if it is not clear."""
    number = command.number if command is not None else None
    references, own = reply.found.context.get("cases"), None
    if reply.found.case_id is not None:
        own = queries.reference_of(session, reply.found.case_id)
    if number is None and own is not None:
        references = [own]
    elif not isinstance(references, list):
        references = [own] if own is not None else None
    if references is None:
        return ReplyOutcome("receipted", say("no_case"), reason="no_case")
    if number is None and len(references) != 1:
        return ReplyOutcome("receipted", say("which_line"))
    if not 0 < (number or 1) <= len(references):
        return ReplyOutcome("receipted", say("no_line", number=number, most=len(references)))
    found = queries.find(session, reply.actor, references[(number or 1) - 1])
    return found if found is not None else ReplyOutcome("receipted", say("line_gone", number=number or 1))


def _known_case(session: Session, reply: Reply, command: Command | None) -> CaseRow | None:
    case = _case(session, reply, command)
    return None if isinstance(case, ReplyOutcome) else case


def _stopped(session: Session, services: Services, reply: Reply) -> ReplyOutcome:
    kind = templates.kind_of(reply.found.letter)
    left = notification_preferences.stop(session, reply.actor.person_id or 0, kind, reply.now)
    link = say("stop_undone", link=f"{services.url}/account/letters")
    return ReplyOutcome("applied", together([say(_STOPPED[left]), link]), reply.found.case_id, reason="stopped")


#: Letter → handler of replies to it; if it returns None, the reply is treated like any other. Whoever writes such
#: letters adds a line here.
HANDLERS: Mapping[str, Handler] = {LETTER: questionnaires.record_reply, MENTIONED[True]: _noted}
