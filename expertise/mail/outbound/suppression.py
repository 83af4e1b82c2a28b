"""Suppressed addresses: an address is scored on refusals and bounces and then gets no more letters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from expertise.base.database import changed, insert_into, table_of
from expertise.mail.model import MailAddress

#: One refusal may be an administrator's slip; the second within a month is believed.
LIMIT = 2
MEMORY = timedelta(days=30)

_TABLE = table_of(MailAddress)


def score(session: Session, address: str, answer: str, now: datetime) -> None:
    """Count a permanent refusal of the address; at LIMIT it is suppressed until a person lifts that."""
    address = address.lower()
    fresh = {"address": address, "score": 1, "scored_at": now, "answer": answer}
    added = case((_TABLE.c.scored_at <= now - MEMORY, 1), else_=_TABLE.c.score + 1)
    session.execute(
        insert_into(session, _TABLE)
        .values(fresh)
        .on_conflict_do_update(index_elements=["address"], set_={**fresh, "score": added})
    )
    enough = (_TABLE.c.address == address, _TABLE.c.score >= LIMIT, _TABLE.c.suppressed_at.is_(None))
    session.execute(update(_TABLE).where(*enough).values(suppressed_at=now))


def lift(session: Session, address: str, person_id: int, now: datetime) -> bool:
    """Send letters to the address again; return False if it is not suppressed. Suppressed letters stay suppressed."""
    lifted = update(_TABLE).where(_TABLE.c.address == address.lower(), _TABLE.c.suppressed_at.is_not(None))
    return bool(changed(session, lifted.values(suppressed_at=None, score=0, lifted_by_id=person_id, lifted_at=now)))


def suppressed(session: Session) -> Sequence[MailAddress]:
    """Return the suppressed addresses, newest first."""
    wanted = select(MailAddress).where(MailAddress.suppressed_at.is_not(None))
    return session.scalars(wanted.order_by(MailAddress.suppressed_at.desc(), MailAddress.address)).all()
