"""Thread of a letter: earlier letters to its recipient about the same case, and the case's chain of events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.mail.claimed_letter import ClaimedLetter
from expertise.mail.foreign_tables import CASES
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound import ics
from expertise.mail.outbound.ics import CalendarDeadline

#: Message-IDs in a thread, beside that of the case.
EARLIER = 10
_HEAD = 8  # bytes of the newest event's hash


@dataclass(frozen=True, slots=True)
class ThreadContext:
    """`earlier` holds Message-IDs, oldest first; `ended` is a deadline that the recipient was sent and that is over;
    `head` is the case, the number of its newest event and the first bytes of that event's hash.
    """

    earlier: tuple[str, ...] = ()
    ended: CalendarDeadline | None = None
    head: str = ""


def thread_context(session: Session, letter: ClaimedLetter) -> ThreadContext:
    """Return the present thread of a letter; an empty one if it is about no case."""
    if letter.case_id is None:
        return ThreadContext()
    case = session.execute(select(CASES).where(CASES.c.id == letter.case_id)).one()
    sent = session.execute(
        select(OutgoingLetter.message_id, OutgoingLetter.letter, OutgoingLetter.context)
        .where(
            OutgoingLetter.case_id == letter.case_id,
            OutgoingLetter.recipient_id == letter.recipient_id,
            OutgoingLetter.sent_at.is_not(None),
            OutgoingLetter.id < letter.id,
        )
        .order_by(OutgoingLetter.id.desc())
        .limit(EARLIER)
    ).all()
    deadlines = [ics.deadline_of(row.letter, row.context) for row in sent]
    head = f"{case.reference} {case.sequence} {case.head[:_HEAD].hex()}"
    return ThreadContext(
        tuple(row.message_id for row in reversed(sent)),
        _ended_deadline(letter, [r.context for r in sent], deadlines),
        head,
    )


def _ended_deadline(
    letter: ClaimedLetter, contexts: Sequence[Mapping[str, Any]], deadlines: Sequence[CalendarDeadline | None]
) -> CalendarDeadline | None:
    """Return the deadline of the visit before this one, unless a letter since then has cancelled it."""
    before = max((context.get("case_visit") or 0 for context in contexts), default=0)
    if before >= (letter.context.get("case_visit") or 0):
        return None
    return next((deadline for deadline in deadlines if deadline is not None and deadline.stay == before), None)
