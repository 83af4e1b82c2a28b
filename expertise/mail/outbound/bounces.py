"""Effects of a bounce on the letter that bounced. The inbox reads the report."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from expertise.base.database import changed
from expertise.mail.model import LetterLog, OutgoingLetter
from expertise.mail.outbound import letter_log, suppression

HARD, SOFT = "hard", "soft"


def bounced(session: Session, letter_id: int, kind: str, answer: str, now: datetime) -> bool:
    """Record a bounce: HARD ends the letter and scores its address, SOFT (delayed, mailbox full) is only logged.

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
