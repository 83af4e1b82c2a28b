"""What an administrator may do about a letter. Each leaves a line in the letter's log that says who it was."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import CursorResult, Update, case, func, insert, select, update
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.mail import logbook
from expertise.mail.marking import SECRET
from expertise.mail.model import LetterLog, OutgoingLetter
from expertise.mail.outbox import message_id
from workflows.refusals import Invalid, Problem

#: A letter that a person lets go has at least this long to leave.
LIVES = timedelta(days=3)
#: States in which nothing more happens by itself.
OVER = ("accepted", "uncertain", "failed", "suppressed", "cancelled", "bounced")
LONGEST_REASON = 300

_ROW = OutgoingLetter
_ADDRESS = re.compile(r"[!-?A-~]+@[a-z0-9.-]+\.[a-z]{2,}", re.ASCII | re.IGNORECASE)


def can_resend(letter: OutgoingLetter) -> bool:
    """A letter that is over; never one with a secret link, of which its reader gets a new one by another way."""
    return letter.state in OVER and letter.letter not in SECRET


def resend(
    session: Session, letter: OutgoingLetter, person_id: int, address: str, reason: str, now: datetime
) -> int | Invalid:
    """Write the letter anew, to its reader or to another address; gives the new letter's number.

    It has a Message-ID and tokens of its own. Whether it is still right is asked when it leaves, as of any letter.
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
        "epoch": letter.epoch,
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
        logbook.noted(session, about, what, now, note=reason, person_id=person_id, address=other, other_id=twin)
    return new


def release(session: Session, letter_id: int, person_id: int, now: datetime) -> bool:
    """Let a held letter go, even where letters are held. False: it is held no more."""
    held = update(_ROW).where(_ROW.id == letter_id, _ROW.state == "held")
    change = held.values(state="queued", released_at=now, **_longer(now))
    return _noted(session, change, letter_id, "released", person_id, now)


def arrived(session: Session, letter_id: int, person_id: int, now: datetime) -> bool:
    """Somebody has asked the reader: the letter of which nobody knew has arrived."""
    unsure = update(_ROW).where(_ROW.id == letter_id, _ROW.state == "uncertain")
    return _noted(session, unsure.values(state="accepted", lease_until=None), letter_id, "arrived", person_id, now)


def again(session: Session, letter_id: int, person_id: int, now: datetime) -> bool:
    """Send the letter of which nobody knows once more, under the Message-ID it had."""
    unsure = update(_ROW).where(_ROW.id == letter_id, _ROW.state == "uncertain")
    change = unsure.values(lease_until=now, not_before=now, released_at=now, **_longer(now))
    return _noted(session, change, letter_id, "again", person_id, now)


def cancel(session: Session, letter_id: int, person_id: int, now: datetime) -> bool:
    """A letter that waits shall not leave."""
    waiting = update(_ROW).where(_ROW.id == letter_id, _ROW.state.in_(("held", "queued")), _ROW.sent_at.is_(None))
    return _noted(session, waiting.values(state="cancelled"), letter_id, "cancelled", person_id, now)


def _longer(now: datetime) -> dict[str, object]:
    soon = now + LIVES
    return {"expires_at": case((_ROW.expires_at < soon, soon), else_=_ROW.expires_at)}


def _noted(session: Session, change: Update, letter_id: int, what: str, person_id: int, now: datetime) -> bool:
    done = cast("CursorResult", session.execute(change.execution_options(synchronize_session=False)))
    if not done.rowcount:
        return False
    logbook.noted(session, letter_id, what, now, person_id=person_id)
    return True


def _wrong(address: str, reason: str) -> tuple[tuple[str, tuple[Problem, ...]], ...]:
    found = []
    if address and (len(address) > 254 or not _ADDRESS.fullmatch(address)):
        found.append(("address", (Problem("bad_email"),)))
    if not reason:
        found.append(("reason", (Problem("required"),)))
    elif len(reason) > LONGEST_REASON:
        found.append(("reason", (Problem("too_long", (("max", LONGEST_REASON),)),)))
    return tuple(found)
