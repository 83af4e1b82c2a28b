"""What was written because of an event that is taken back: what has not left stays here."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from expertise.mail.model import OutgoingLetter

_ROW = OutgoingLetter
#: Nobody has read it yet, and no carrier has it in hand.
_HERE = ("queued", "gathered", "held")
#: Nobody will ever read it.
_NEVER = ("cancelled", "failed", "suppressed")


def recall(session: Session, case_id: int, sequence: int) -> Mapping[int, str]:
    """Cancel the letters about this event that are still here; person → role of those who got theirs, or may have."""
    about = (_ROW.case_id == case_id, _ROW.dedupe_key.startswith(f"case:{case_id}:{sequence}:"))
    here = update(_ROW).where(*about, _ROW.state.in_(_HERE), _ROW.sent_at.is_(None))
    cancelled = here.values(state="cancelled", answer="taken back")
    session.execute(cancelled.execution_options(synchronize_session=False))
    left = select(_ROW.recipient_id, _ROW.role).where(*about, _ROW.state.not_in(_NEVER))
    return {person: role or "" for person, role in session.execute(left)}
