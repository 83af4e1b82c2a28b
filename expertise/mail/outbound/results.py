"""Results of an attempt, each in one transaction, and the bounce that may follow.

`answer` is the answer of the server; the caller gives `now`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Update, case, literal, select, update
from sqlalchemy.orm import Session

from expertise.base.database import changed
from expertise.mail.claimed_letter import ClaimedLetter
from expertise.mail.model import LetterLog, OutgoingLetter
from expertise.mail.outbound import letter_log, suppression

#: Pauses after the first, second, … time that a letter was put off; afterwards the last one again.
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 360))
#: A letter whose fate is unknown is sent once more after this, under the same Message-ID.
SECOND_TRY = timedelta(minutes=30)
#: States in which nothing more happens by itself.
OVER = ("accepted", "uncertain", "failed", "suppressed", "cancelled", "bounced")
#: Letters with a link that opens an account.
SECRET = ("invitation", "password_reset", "sign_in_link")
#: Severity of a bounce: permanent, or a delay.
HARD, SOFT = "hard", "soft"

_ROW = OutgoingLetter


def accepted(session: Session, letter: ClaimedLetter, answer: str, now: datetime) -> None:
    """Record that the server said 250 and is responsible for the letter from now on.

    The context is kept, so that a reply is understood, unless it was secret. This result counts even if it comes
    late, after another sender's.
    """
    context = case((_ROW.letter.in_(SECRET), literal({}, _ROW.context.type)), else_=_ROW.context)
    change = update(_ROW).where(_ROW.id == letter.id, _ROW.state == "sending")
    _mark(session, change.values(state="accepted", answer=answer, sent_at=now, lease_until=None, context=context))
    letter_log.ended(session, letter.id, letter.number, "accepted", answer, now)


def postponed(session: Session, letter: ClaimedLetter, answer: str, now: datetime, *, what: str = "postponed") -> None:
    """Schedule the next attempt after a pause that grows with the attempts; the last one is at expiry."""
    expires_at = session.scalars(select(_ROW.expires_at).where(_ROW.id == letter.id)).one()
    pause = BACKOFF[min(max(letter.number, 1), len(BACKOFF)) - 1]
    _mark(session, _if_claimed(letter).values(_waiting_until(min(now + pause, expires_at)) | {"answer": answer}))
    letter_log.ended(session, letter.id, letter.number, what, answer, now)


def unreachable(session: Session, letter: ClaimedLetter, answer: str, now: datetime) -> None:
    """Schedule the next attempt as `postponed` does; the log says that there was no server."""
    postponed(session, letter, answer, now, what="unreachable")


def failed(session: Session, letter: ClaimedLetter, answer: str, now: datetime) -> None:
    """Record a permanent refusal. A letter that may have arrived before stays `uncertain` for a person to look at."""
    state = case((_ROW.sent_at.is_(None), "failed"), else_="uncertain")
    _mark(session, _if_claimed(letter).values(state=state, answer=answer, lease_until=None))
    letter_log.ended(session, letter.id, letter.number, "failed", answer, now)


def no_such_address(session: Session, letter: ClaimedLetter, answer: str, now: datetime) -> None:
    """Record a permanent refusal because of the address, and score the address."""
    failed(session, letter, answer, now)
    suppression.score(session, letter.email, answer, now)


def uncertain(session: Session, letter: ClaimedLetter, answer: str, now: datetime) -> None:
    """Record that the connection broke after the data, so that nobody knows whether the letter arrived.

    `lease_until` says when it is sent once more; the second time it is empty, and the letter waits for a person.
    """
    again = case((_ROW.sent_at.is_(None), now + SECOND_TRY), else_=None)
    _mark(session, _if_claimed(letter).values(state="uncertain", answer=answer, sent_at=now, lease_until=again))
    letter_log.ended(session, letter.id, letter.number, "uncertain", answer, now)


def _if_claimed(letter: ClaimedLetter) -> Update:
    """Update the letter only while this sender has it: a late result must not overrule another sender."""
    return update(_ROW).where(_ROW.id == letter.id, _ROW.state == "sending", _ROW.lease_until == letter.lease_until)


def _waiting_until(moment: datetime) -> dict[str, Any]:
    """Return columns of a letter that waits: queued, or uncertain if it may have arrived already."""
    fresh = _ROW.sent_at.is_(None)
    return {
        "state": case((fresh, "queued"), else_="uncertain"),
        "lease_until": case((fresh, None), else_=moment),
        "not_before": moment,
    }


def _mark(session: Session, change: Update) -> None:
    session.execute(change.execution_options(synchronize_session=False))


def bounced(session: Session, letter_id: int, kind: str, answer: str, now: datetime) -> bool:
    """Record a bounce: HARD ends the letter and scores an address that is dead, SOFT (delayed) is only logged.

    `answer` is the text of the report. Return False if the letter has bounced before or never left.
    """
    if kind == SOFT:
        letter_log.noted(session, letter_id, "delayed", now, note=answer)
        return True
    left = (OutgoingLetter.id == letter_id, OutgoingLetter.state.in_(("sending", "accepted", "uncertain")))
    change = update(OutgoingLetter).where(*left).values(state="bounced", answer=answer, lease_until=None)
    if not changed(session, change):
        return False
    letter_log.noted(session, letter_id, "bounced", now, note=answer)
    sent_to = select(LetterLog.address).where(LetterLog.letter_id == letter_id, LetterLog.number.is_not(None))
    address = session.scalar(sent_to.order_by(LetterLog.number.desc()).limit(1))
    if address is not None:
        suppression.score(session, address, answer, now)
    return True


class AttemptEnd(StrEnum):
    """How an attempt to send a letter ended."""

    ACCEPTED = "accepted"
    POSTPONED = "postponed"
    UNREACHABLE = "unreachable"
    FAILED = "failed"
    NO_SUCH_ADDRESS = "no_such_address"
    UNCERTAIN = "uncertain"


#: What each of them writes.
RECORDS: Mapping[AttemptEnd, Callable[[Session, ClaimedLetter, str, datetime], None]] = {
    AttemptEnd.ACCEPTED: accepted,
    AttemptEnd.POSTPONED: postponed,
    AttemptEnd.UNREACHABLE: unreachable,
    AttemptEnd.FAILED: failed,
    AttemptEnd.NO_SUCH_ADDRESS: no_such_address,
    AttemptEnd.UNCERTAIN: uncertain,
}
