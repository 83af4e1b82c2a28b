"""Lists of cases: my desk, what I wait for, and the list with filters. Rows, never entities; pages by keyset."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from expertise.cases import queries, search
from expertise.cases.parties import VOTES_OF
from expertise.cases.queries import CASES, CaseRow, equal
from expertise.cases.reach import (
    BY_DEADLINE,
    DESKS,
    NEWEST_FIRST,
    Order,
    branches,
    counted,
    listed,
    waiting,
    with_others,
)
from expertise.people.access import Actor

PAGE = 50
#: Counting stops here: a person wants to know "many", not how many thousands.
COUNTED = 1001

#: What a list shows; the large JSON columns stay in the database.
SHOWN: tuple[ColumnElement[Any], ...] = (
    CASES.c.id,
    CASES.c.reference,
    CASES.c.workflow,
    CASES.c.digest,
    CASES.c.version,
    CASES.c.state,
    CASES.c.final,
    CASES.c.owner_role,
    CASES.c.due_at,
    VOTES_OF,
    CASES.c.entered_at,
    CASES.c.assignee_id,
    CASES.c.delegate_id,
    CASES.c.region,
    CASES.c.topic,
    CASES.c.title,
    CASES.c.changed_at,
    CASES.c.opened_at,
    CASES.c.parent_id,
    CASES.c.part,
)


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a list; None leaves that side open."""

    workflow: str | None = None
    state: str | None = None
    region: str | None = None
    topic: str | None = None
    query: str = ""
    late: bool = False
    open: bool = False
    parts: bool = False  # show the parts of cases as well


@dataclass(frozen=True, slots=True)
class Listed:
    """One page. `after` is the mark of the next one, None at the end; `total` stops at COUNTED."""

    cases: Sequence[CaseRow]
    after: str | None
    total: int


def desk(session: Session, actor: Actor, assigned: str = "", limit: int = PAGE) -> Sequence[CaseRow]:
    """The cases that wait for this person, the earliest deadline first; those without one come last.

    `assigned` narrows it to what is assigned to the person ("mine"), or to nobody ("nobody").
    """
    chosen = [ASSIGNED[assigned](actor)] if assigned in ASSIGNED else []
    return session.execute(listed(SHOWN, waiting(actor), BY_DEADLINE, limit, *chosen)).all()


def _mine(actor: Actor) -> ColumnElement[bool]:
    """Had or done by this person, or had by somebody for whom they stand in."""
    absent = {grant.absent.person_id for grant in actor.grants if grant.absent is not None}
    return or_(CASES.c.assignee_id.in_(absent | {actor.person_id}), CASES.c.delegate_id == actor.person_id)


#: To whom the cases of a desk are assigned.
ASSIGNED: Mapping[str, Callable[[Actor], ColumnElement[bool]]] = {
    "mine": _mine,
    "nobody": lambda _actor: CASES.c.assignee_id.is_(None),
}


def drafts(session: Session, actor: Actor, limit: int = PAGE) -> Sequence[CaseRow]:
    """The cases that this person's organisation began and never sent."""
    unsent = (
        CASES.c.final.is_(None),
        CASES.c.visit == 1,
        CASES.c.parent_id.is_(None),
        CASES.c.due_at.is_(None),
    )
    return session.execute(listed(SHOWN, branches(actor), _NEWEST_DRAFT, limit, *unsent)).all()


_NEWEST_DRAFT = Order(("changed_at",), lambda each: (each.changed_at.desc(), each.id))


def waited_for(session: Session, actor: Actor, limit: int = PAGE) -> Sequence[CaseRow]:
    """The cases that somebody else must move: a requester's sent cases, an expert's delivered ones, …"""
    return session.execute(listed(SHOWN, with_others(actor), BY_DEADLINE, limit)).all()


def late(session: Session, actor: Actor, now: datetime, limit: int = PAGE) -> Sequence[CaseRow]:
    """Everything in reach that is past its deadline, on whosever desk it lies."""
    on_a_desk = CASES.c.owner_role.in_(DESKS)  # says nothing new, and leads both databases to the index of the desks
    return session.execute(listed(SHOWN, branches(actor), BY_DEADLINE, limit, queries.late(now), on_a_desk)).all()


def proposals(session: Session, actor: Actor, limit: int = PAGE) -> Sequence[CaseRow]:
    """Cases in which a correction waits for a second person."""
    proposed = CASES.c.id.in_(select(_PROPOSED.c.id).where(_PROPOSED.c.proposal.is_not(None)))
    return session.execute(listed(SHOWN, branches(actor), BY_DEADLINE, limit, proposed)).all()


#: The few that wait are looked up first, and then judged; SQLite would read all cases of an owner for it.
_PROPOSED = CASES.alias()


def listing(
    session: Session, actor: Actor, filters: Filters, now: datetime, after: str | None = None, limit: int = PAGE
) -> Listed:
    """Cases in reach, the newest change first. An `after` that is no mark of ours begins at the start."""
    within, narrowed = branches(actor), _conditions(filters, now)
    rows = session.execute(listed(SHOWN, within, NEWEST_FIRST, limit + 1, *narrowed, *_beyond(after))).all()
    total = session.execute(counted(within, COUNTED, *narrowed)).scalar_one()
    shown = rows[:limit]
    mark = f"{shown[-1].changed_at.isoformat()}~{shown[-1].id}" if len(rows) > limit else None
    return Listed(shown, mark, total)


def _conditions(filters: Filters, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for name in ("workflow", "state", "region", "topic"):
        wanted = getattr(filters, name)
        if wanted is not None:
            found.append(equal(CASES.c[name], wanted))
    if filters.open:
        found.append(CASES.c.final.is_(None))
    if filters.late:
        found.append(queries.late(now))
    if not filters.parts:
        found.append(CASES.c.parent_id.is_(None))
    found += [CASES.c.id.in_(matching) for matching in search.matching(filters.query)]
    return found


def _beyond(after: str | None) -> list[ColumnElement[bool]]:
    moment, _, number = (after or "").partition("~")
    try:
        at, last = datetime.fromisoformat(moment), int(number)
        at.astimezone(UTC)  # as the database will do: the year 1 east of Greenwich overflows
    except (ValueError, OverflowError):
        return []
    if at.tzinfo is None or not 0 < last < 2**62:
        return []
    return [or_(CASES.c.changed_at < at, and_(CASES.c.changed_at == at, CASES.c.id < last))]
