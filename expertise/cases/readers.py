"""Who is reminded of a case: who has the role, or of those who has it in hand."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.cases import notices
from expertise.cases.kind import Shop
from expertise.cases.queries import CaseRow
from expertise.people.absence import on
from expertise.people.model import Absence


def holding(session: Session, shop: Shop, case: CaseRow, role: str, now: datetime) -> frozenset[int]:
    """Everybody who has the role in this case today, deputies included."""
    found = notices.told(session, shop, case, [role], now)
    return frozenset(person.person_id for person in found)


def reminded(session: Session, shop: Shop, case: CaseRow, role: str, now: datetime) -> frozenset[int]:
    """Of these, who has the case in hand on the desk where it lies, with their deputies; all, when nobody has it."""
    people = holding(session, shop, case, role, now)
    hands = {number for number in (case.holder_id, case.delegate_id) if number is not None}
    if role != case.with_role or not hands & people:
        return people
    today = shop.calendar.local_day(now)
    deputies = session.scalars(select(Absence.deputy_id).where(Absence.person_id.in_(hands), *on(today)))
    return people & (hands | set(deputies))
