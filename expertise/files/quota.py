"""How many bytes one person has sent on one day, whatever became of them."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from expertise.base.database import changed, insert_into, table_of
from expertise.files.model import ReceivedBytes

_RECEIVED = table_of(ReceivedBytes)
KEPT = timedelta(days=7)


def charge(session: Session, person_id: int, day: date, size: int, most: int) -> bool:
    """Count `size` bytes of this person on this day; False, and nothing counted, if they would exceed `most`."""
    if size > most:
        return False
    first = insert_into(session, _RECEIVED).values(person_id=person_id, day=day, size=size)
    total = _RECEIVED.c.size + first.excluded.size
    more = first.on_conflict_do_update(
        index_elements=[_RECEIVED.c.person_id, _RECEIVED.c.day], set_={"size": total}, where=total <= most
    )
    return session.execute(more.returning(_RECEIVED.c.size)).first() is not None


def forget(session: Session, today: date) -> int:
    """Delete the counts of days older than `KEPT`; return how many."""
    return changed(session, delete(_RECEIVED).where(_RECEIVED.c.day < today - KEPT))
