"""What comes of a reply: its commands in their order, or else a comment."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.cases import queries
from expertise.cases.judging import roles_of
from expertise.cases.kind import Shop
from expertise.cases.queries import CASES, CaseRow
from expertise.doors.inbox.doing import case_of, command_on, comment_on, step_called
from expertise.doors.inbox.handlers import HANDLERS
from expertise.doors.inbox.phrases import say, together
from expertise.doors.inbox.replies import Outcome, Reply
from expertise.mail import letters
from expertise.mail.inbound_commands import Command, Word
from expertise.people import preferences
from expertise.people.preferences import Choice

_STOPPED = {Choice.OFF: "stopped_off", Choice.DIGEST: "stopped_digest", Choice.IMMEDIATE: "stopped_not"}
#: Which of several outcomes names the state of the mail.
_WEIGHT = ("applied", "quarantined", "commented", "receipted")


def answer(session: Session, shop: Shop, reply: Reply) -> list[Outcome]:
    """Do what was asked, each thing once; what could not be done is an outcome as well."""
    handler = HANDLERS.get(reply.found.letter)
    special = handler(session, shop, reply) if handler is not None else None
    if special is not None:
        return [special]
    found = _answered(session, shop, reply)
    return found + [
        Outcome("receipted", say("file_refused", name=name, reason=why)) for name, why in reply.files.refused
    ]


def state_of(outcomes: list[Outcome]) -> str:
    """The weightiest of them."""
    return min((outcome.state for outcome in outcomes), key=_WEIGHT.index, default="receipted")


def _answered(session: Session, shop: Shop, reply: Reply) -> list[Outcome]:
    commands = [command for command in reply.said.commands if command.word is not Word.COMMENT]
    if not commands:
        return [_commented(session, shop, reply)]
    text, several = reply.said.rest, len(commands) > 1
    outcomes = [_one(session, shop, reply, command, "" if several else text) for command in commands]
    if text and several:
        outcomes.append(Outcome("receipted", say("text_not_kept")))
    return outcomes + _files(session, shop, reply, outcomes)


def _one(session: Session, shop: Shop, reply: Reply, command: Command, text: str) -> Outcome:
    if command.word is Word.HELP:
        return Outcome("receipted", letter="mail_help", case_id=reply.found.case_id)
    if command.word is Word.STOP:
        return _stopped(session, shop, reply)
    case = _case(session, reply, command)
    return case if isinstance(case, Outcome) else command_on(session, shop, reply, command, case, text)


def _commented(session: Session, shop: Shop, reply: Reply) -> Outcome:
    case = _case(session, reply, next(iter(reply.said.commands), None))
    if isinstance(case, Outcome):
        return replace(case, state="quarantined", reason="no_case", said=say("no_case"))
    words = reply.said.rest if reply.said.commands else reply.own
    kept = comment_on(session, shop, reply, case, words)
    if kept is None:
        return Outcome("receipted", say("empty"), case.id, reason="empty", letter="mail_help")
    step = step_called(shop.kinds.pinned(case.digest), case, roles_of(case, reply.actor), reply.said.meant or Word.HELP)
    if step is None or kept.said is None:
        return kept
    return replace(kept, said=together([kept.said, say("meant", step=step.label)]), asks=True)


def _files(session: Session, shop: Shop, reply: Reply, outcomes: list[Outcome]) -> list[Outcome]:
    """Files that came with a command are kept on its case."""
    about = {outcome.case_id for outcome in outcomes if outcome.case_id is not None}
    if not reply.files.uploads or len(about) != 1:
        return []
    case = session.execute(queries.seen_by(reply.actor).where(CASES.c.id == about.pop())).first()
    kept = comment_on(session, shop, replace(reply, quoted=""), case, "") if case is not None else None
    if case is None or kept is None or kept.state != "commented":
        return []
    names = ", ".join(upload.name for upload in reply.files.uploads)
    return [replace(kept, said=say("files_kept", reference=case.reference, names=names))]


def _case(session: Session, reply: Reply, command: Command | None) -> CaseRow | Outcome:
    """The case that is meant: that of the letter, or of the line of a digest."""
    number = command.number if command is not None else None
    lines = reply.found.context.get("cases")
    if reply.found.case_id is not None:
        reference = session.execute(select(CASES.c.reference).where(CASES.c.id == reply.found.case_id)).scalar_one()
        found = case_of(session, reply, reference) if number in (None, 1) else None
    elif not isinstance(lines, list):
        return Outcome("receipted", say("no_case"), reason="no_case")
    elif number is None and len(lines) != 1:
        return Outcome("receipted", say("which_line"))
    else:
        found = case_of(session, reply, lines[(number or 1) - 1]) if 0 < (number or 1) <= len(lines) else None
    return found if found is not None else Outcome("receipted", say("no_line", number=number or 1))


def _stopped(session: Session, shop: Shop, reply: Reply) -> Outcome:
    kind = letters.kind_of(reply.found.letter)
    left = preferences.stop(session, reply.actor.person_id or 0, kind, reply.now)
    link = say("stop_undone", link=f"{shop.url}/account/letters")
    return Outcome("applied", together([say(_STOPPED[left]), link]), reply.found.case_id, reason="stopped")
