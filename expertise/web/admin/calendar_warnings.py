"""Years whose decrees are awaited, for the administrator's desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from expertise.cases.queries import CASES
from expertise.cases.reach import condition
from expertise.cases.services import Services
from expertise.people.access import Actor

#: From this month on the administrator is reminded of a next year that is not confirmed.
REMINDED_FROM = 9


@dataclass(frozen=True, slots=True)
class UnconfirmedYear:
    """A year whose decrees are awaited, and how many open deadlines fall into it."""

    year: int
    deadlines: int


def unconfirmed_ahead(db: Session, services: Services, actor: Actor, now: datetime) -> list[UnconfirmedYear]:
    """The unconfirmed years of which the administrator is warned: the present one, from September on the next one."""
    calendar = services.calendars.of(db, None)
    today = calendar.local_day(now)
    years = [today.year, today.year + 1] if today.month >= REMINDED_FROM else [today.year]
    return [
        UnconfirmedYear(year, _falling_into(db, services, actor, year))
        for year in years
        if not calendar.confirmed(year)
    ]


def _falling_into(db: Session, services: Services, actor: Actor, year: int) -> int:
    begins, ends = (services.calendar.at(date(each, 1, 1), datetime.min.time()) for each in (year, year + 1))
    there = (CASES.c.final.is_(None), CASES.c.due_at >= begins, CASES.c.due_at < ends)
    return db.scalar(select(func.count()).select_from(CASES).where(condition(actor), *there)) or 0
