"""Keeps the words of a reply that no command uses, so that nothing a person wrote vanishes.

Text below a command that does not use it becomes a comment, or goes back to its writer. Lines that only look like a
quotation are kept as a comment, with their marks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy.orm import Session

from expertise.cases.queries import CaseRow
from expertise.cases.services import Services
from expertise.inbox.attachments import StoredAttachments
from expertise.inbox.copied_letter import KnownLetter, names_us, unknown_lines
from expertise.inbox.execute_command import add_comment
from expertise.inbox.model import Reply, ReplyOutcome, line_prefix
from expertise.mail.inbound.commands import Command, CommandWord
from expertise.mail.inbound.html import as_text
from expertise.mail.inbound.signatures import is_farewell
from expertise.mail.letters import overrides, templates
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound.admin_queries import readable
from expertise.text.receipts import say
from workflows.definition import LANGUAGES

#: Commands that have no use for the text below them.
WITHOUT_TEXT = frozenset({CommandWord.STATUS, CommandWord.HELP, CommandWord.STOP, CommandWord.UNDO})
#: Characters of a text that goes back in a receipt.
LONGEST_ECHO = 2000


def words_of_command(
    session: Session,
    services: Services,
    reply: Reply,
    command: Command,
    outcome: ReplyOutcome,
    case: CaseRow | None,
    place: int,
) -> Iterator[ReplyOutcome]:
    """Keep the text of a command as a comment, or send it back, unless the command used it."""
    text = command.text
    if not text or is_farewell(text.splitlines()) or command.word is CommandWord.COMMENT:
        return
    if command.word in WITHOUT_TEXT and case is not None:
        kept = _comment(session, services, reply, case, text, f":below:{place}")
        if kept is not None:
            yield kept
            return
    if command.word in WITHOUT_TEXT or outcome.state == "receipted":
        yield ReplyOutcome("receipted", say("words_back", text=text[:LONGEST_ECHO], call=line_prefix(command)))


def marked_words(session: Session, services: Services, reply: Reply, case: CaseRow | None) -> ReplyOutcome | None:
    """Keep what stands behind `>` although no program quotes there; None if there is nothing of that kind."""
    text = reply.text.unattributed
    if not text:
        return None
    marked = "\n".join(f"> {line}".rstrip() for line in text.splitlines())
    kept = _comment(session, services, reply, case, marked, ":marked") if case is not None else None
    if kept is None or case is None:
        return ReplyOutcome("receipted", say("words_back", text=marked[:LONGEST_ECHO], call=""))
    return replace(kept, text=say("marked_kept", reference=case.reference))


def copied_words(session: Session, services: Services, reply: Reply, case: CaseRow | None) -> ReplyOutcome:
    """Keep as a comment what stands below a copied header and is not of our letter.

    Words within a copy of our letter go back to the writer, because a program may have written them.
    """
    text, ours = reply.left_out, names_us(reply.text.copied, reply.domain)
    kept = _comment(session, services, reply, case, text, ":copied") if case is not None and not ours else None
    if kept is None or case is None:
        return ReplyOutcome("receipted", say("words_back", text=text[:LONGEST_ECHO], call=""))
    return replace(kept, text=say("copied_kept", reference=case.reference))


def words_in_copied_letter(session: Session, services: Services, reply: Reply, *, strict: bool = False) -> str:
    """Return what a mail says below or within the letter that it copies; "" if all of that is ours."""
    copied = reply.text.copied
    if not copied.strip():
        return ""
    return unknown_lines(copied, _known_letter(session, services, reply), strict=strict)


def _known_letter(session: Session, services: Services, reply: Reply) -> KnownLetter:
    """Return our letter in every language, as plain text and as its HTML says it, with links as a reply has them."""
    letter = session.get_one(OutgoingLetter, reply.found.letter_id)
    if letter.letter not in templates.available():
        return KnownLetter((), domain=reply.domain)
    words = overrides.in_force(session, letter.sent_at).get(letter.letter)
    context = {**readable(letter.letter, letter.context), "act": f"{services.url}/act/…"}
    rendered = [templates.render(letter.letter, language, context, words) for language in LANGUAGES]
    return KnownLetter(
        tuple(text for each in rendered for text in (each.text, as_text(each.html))),
        tuple(each.subject for each in rendered),
        ("Komek", reply.actor.name),
        reply.domain,
    )


def _comment(
    session: Session, services: Services, reply: Reply, case: CaseRow, text: str, place: str
) -> ReplyOutcome | None:
    """Add the text to the case without files and quotation; None if the case does not take it."""
    alone = replace(reply, files=StoredAttachments(), quoted="")
    kept = add_comment(session, services, alone, case, text, place)
    return kept if kept is not None and kept.state == "commented" else None
