"""The load of each desk: how much waits for each role among the cases that a person reaches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from expertise.cases import queries
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.reach import Order, desks, of_team
from expertise.people.access import Actor
from expertise.reports import worklists
from expertise.reports.worklists import Worklist

#: A desk is counted as far as this: its list counts on.
COUNTED_DESK = 1_001
#: For cases that all have a deadline: an index gives them in this order, which "empty ones last" would keep it from.
_EARLIEST = Order(("due_at",), lambda each: (each.due_at.asc(), each.id))


@dataclass(frozen=True, slots=True)
class DeskLoad:
    """The open cases that wait for one role: how many, how many of them late, and the one due earliest, if any is.

    Counts stop at COUNTED_DESK.
    """

    role: str
    total: int
    late: int
    oldest: CaseRow | None


def waiting_on(session: Session, actor: Actor, now: datetime) -> list[DeskLoad]:
    """Return for each role how much waits for it of what the actor reaches in the team; idle roles are left out."""
    found, sources = [], of_team(actor)
    for role in desks():
        there = [CASES.c.final.is_(None), CASES.c.owner_role == role]
        total = worklists.count(session, Worklist(sources, _EARLIEST, there), COUNTED_DESK)
        if total:
            late_ones = Worklist(sources, _EARLIEST, [*there, queries.late(now)])
            due = Worklist(sources, _EARLIEST, [*there, CASES.c.due_at.is_not(None)])
            oldest = next(iter(worklists.first(session, due, 1)), None)
            found.append(DeskLoad(role, total, worklists.count(session, late_ones, COUNTED_DESK), oldest))
    return found
