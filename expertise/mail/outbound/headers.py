"""Headers of a letter for mail programs, and its calendar files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from expertise.base.letter_kinds import LetterKind
from expertise.mail.claimed_letter import ClaimedLetter
from expertise.mail.letters.templates import is_for
from expertise.mail.outbound import ics
from expertise.mail.outbound.ics import CANCEL, PUBLISH
from expertise.mail.outbound.thread import ThreadContext
from expertise.mail.tokens import LetterTokens

#: Letters that one click stops (RFC 8058); the others are part of the work, or of the law.
STOPPABLE = frozenset({LetterKind.REMINDER, LetterKind.DIGEST})


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """A calendar file. `method` tells a calendar program what to do with it: PUBLISH or CANCEL."""

    name: str
    method: str
    content: bytes


@dataclass(frozen=True, slots=True)
class LetterSender:
    """Komek as the sender of letters: its address, and `url`, the public address of its pages."""

    address: str
    url: str

    @property
    def domain(self) -> str:
        """Domain of the address."""
        return self.address.rpartition("@")[2]


def stoppable(letter: str) -> bool:
    """Return whether the recipient can unsubscribe from such letters by one click."""
    return is_for(letter, STOPPABLE)


def headers(
    letter: ClaimedLetter, tokens: LetterTokens, context: ThreadContext, sender: LetterSender
) -> dict[str, str]:
    """Return the headers that route replies, silence automatic answers and thread the letters of a case."""
    values = {
        "Reply-To": f"r.{tokens.reply}@{sender.domain}",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    reference = _reference(letter.context)
    if letter.case_id is not None and reference:
        values["References"] = " ".join([f"<case-{letter.case_id}@{sender.domain}>", *context.earlier])
        values["X-Komek-Case"] = reference
        values["X-Komek-Head"] = context.head
    if stoppable(letter.letter):
        values["List-Unsubscribe"] = f"<{sender.url}/letters/stop/{tokens.stop}>"
        values["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return values


def files(letter: ClaimedLetter, context: ThreadContext, sender: LetterSender, now: datetime) -> list[CalendarFile]:
    """Return calendar files: the deadline of the letter, and the cancellation of an earlier one."""
    if letter.case_id is None:
        return []
    deadline = ics.deadline_of(letter.letter, letter.context)
    found = [("cancelled.ics", CANCEL, context.ended), ("deadline.ics", PUBLISH, deadline)]
    about = (letter.case_id, letter.context, sender.address, letter.language, now)
    return [
        CalendarFile(name, method, ics.write(ics.event(deadline, method, *about), method))
        for name, method, deadline in found
        if deadline is not None
    ]


def _reference(context: Mapping[str, Any]) -> str:
    """Return the reference of the case, or "" if a header cannot hold it."""
    reference = str(context.get("case_reference") or "")
    return reference if reference.isascii() and reference.isprintable() else ""
