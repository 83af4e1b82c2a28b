"""Letters that have not left yet, and say something that is no longer true."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.mail.model import OutgoingLetter


def correct_due(session: Session, case_id: int, due: str) -> None:
    """Let the waiting letters about a case tell its new due date, an ISO moment; empty for none."""
    waiting = select(OutgoingLetter).where(OutgoingLetter.case_id == case_id, OutgoingLetter.state == "queued")
    for letter in session.scalars(waiting):
        if letter.context.get("due"):
            letter.context = {**letter.context, "due": due}
    session.flush()
