"""Sends a letter anew, to its recipient or another address. The logs of both letters name the person."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.mail.model import LetterLog, OutgoingLetter
from expertise.mail.outbound import letter_log
from expertise.mail.outbound.admin_actions import LIVES
from expertise.mail.outbound.outbox import message_id
from expertise.mail.outbound.results import OVER, SECRET
from expertise.mail.outbound.shorten import SHORTENED
from workflows.refusals import Invalid, Problem

LONGEST_REASON = 300

_ROW = OutgoingLetter
_ADDRESS = re.compile(r"[!-?A-~]+@[a-z0-9.-]+\.[a-z]{2,}", re.ASCII | re.IGNORECASE)


def can_resend(letter: OutgoingLetter) -> bool:
    """Return whether the letter is over, still has its text and holds no secret link.

    A new secret link is asked for elsewhere.
    """
    return letter.state in OVER and letter.letter not in SECRET and SHORTENED not in letter.context


def resend(
    session: Session, letter: OutgoingLetter, person_id: int, address: str, reason: str, now: datetime
) -> int | Invalid:
    """Queue a copy of the letter, to its recipient or to `address`; return the id of the copy.

    The copy has its own Message-ID and tokens. Whether it is still right is checked when it leaves.
    """
    errors = _wrong(address, reason)
    if errors:
        return Invalid(errors)
    again = select(func.count()).where(LetterLog.letter_id == letter.id, LetterLog.what == "resent")
    number = (session.scalar(again) or 0) + 1
    other = address.lower() or None
    row = {
        "dedupe_key": f"resent:{letter.id}:{number}",
        "message_id": message_id(letter.context),
        "case_id": letter.case_id,
        "visit": letter.visit,
        "recipient_id": letter.recipient_id,
        "letter": letter.letter,
        "context": letter.context,
        "not_before": now,
        "expires_at": now + LIVES,
        "created_at": now,
        "address": other,
        "released_at": now,
    }
    new = session.scalars(insert(table_of(_ROW)).returning(table_of(_ROW).c.id), row).one()
    for about, what, twin in ((letter.id, "resent", new), (new, "resend_of", letter.id)):
        letter_log.noted(session, about, what, now, note=reason, person_id=person_id, address=other, other_id=twin)
    return new


def _wrong(address: str, reason: str) -> tuple[tuple[str, tuple[Problem, ...]], ...]:
    found = []
    if address and (len(address) > 254 or not _ADDRESS.fullmatch(address)):
        found.append(("address", (Problem("bad_email"),)))
    if not reason:
        found.append(("reason", (Problem("required"),)))
    elif len(reason) > LONGEST_REASON:
        found.append(("reason", (Problem("too_long", (("max", LONGEST_REASON),)),)))
    return tuple(found)
