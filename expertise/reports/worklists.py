"""Lists of cases: my desk, what I wait for, and the list with filters. Rows, never entities; pages by keyset."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from expertise.cases import queries, search
from expertise.cases.queries import CASES, CaseRow, equal, sent_or_own, visible, within
from expertise.people.access import Actor
from expertise.people.scope import STAFF

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
    CASES.c.votes,
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
    """What a list is narrowed to; None leaves that side open."""

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


def desk(session: Session, actor: Actor, hands: str = "", limit: int = PAGE) -> Sequence[CaseRow]:
    """What waits for this person, the earliest deadline first; cases without one come last.

    `hands` narrows it to those in the person's own hands ("mine"), or in nobody's ("nobody").
    """
    waiting = select(*SHOWN).where(CASES.c.final.is_(None), or_(*_waiting_for(actor)))
    if hands in HANDS:
        waiting = waiting.where(HANDS[hands](actor))
    return session.execute(_by_deadline(waiting).limit(limit)).all()


def _mine(actor: Actor) -> ColumnElement[bool]:
    """Had or done by this person, or had by somebody for whom they stand in."""
    absent = {grant.absent.person_id for grant in actor.grants if grant.absent is not None}
    return or_(CASES.c.assignee_id.in_(absent | {actor.person_id}), CASES.c.delegate_id == actor.person_id)


#: In whose hands the cases of a desk are.
HANDS: Mapping[str, Callable[[Actor], ColumnElement[bool]]] = {
    "mine": _mine,
    "nobody": lambda _actor: CASES.c.assignee_id.is_(None),
}


def drafts(session: Session, actor: Actor, limit: int = PAGE) -> Sequence[CaseRow]:
    """What this person's organisation began and never sent."""
    mine = select(*SHOWN).where(
        visible(actor),
        CASES.c.final.is_(None),
        CASES.c.visit == 1,
        CASES.c.parent_id.is_(None),
        CASES.c.due_at.is_(None),
    )
    return session.execute(mine.order_by(CASES.c.changed_at.desc(), CASES.c.id).limit(limit)).all()


def waited_for(session: Session, actor: Actor, limit: int = PAGE) -> Sequence[CaseRow]:
    """What this person sees and somebody else must move: a requester's sent cases, an expert's delivered ones, …"""
    others = [
        and_(CASES.c.organisation_id == actor.organisation_id, CASES.c.owner_role != "requester")
        if actor.has("requester") and actor.organisation_id is not None
        else false(),
        and_(CASES.c.expert_id == actor.person_id, CASES.c.owner_role != "expert") if actor.has("expert") else false(),
        and_(CASES.c.lender_id == actor.organisation_id, CASES.c.owner_role != "lender")
        if actor.has("lender") and actor.organisation_id is not None
        else false(),
    ]
    wanted = select(*SHOWN).where(CASES.c.final.is_(None), or_(*others))
    return session.execute(_by_deadline(wanted).limit(limit)).all()


def late(session: Session, actor: Actor, now: datetime, limit: int = PAGE) -> Sequence[CaseRow]:
    """Everything visible that is past its deadline, on whosever desk it lies."""
    wanted = select(*SHOWN).where(visible(actor), queries.late(now))
    return session.execute(_by_deadline(wanted).limit(limit)).all()


def proposals(session: Session, actor: Actor, limit: int = PAGE) -> Sequence[CaseRow]:
    """Cases in which a correction waits for a second person."""
    wanted = select(*SHOWN).where(CASES.c.proposal.is_not(None), visible(actor))
    return session.execute(_by_deadline(wanted).limit(limit)).all()


def listing(
    session: Session, actor: Actor, filters: Filters, now: datetime, after: str | None = None, limit: int = PAGE
) -> Listed:
    """Visible cases, the newest change first. An `after` that is no mark of ours begins at the start."""
    narrowed = [visible(actor), *_conditions(filters, now)]
    wanted = select(*SHOWN).where(*narrowed, *_beyond(after))
    rows = session.execute(wanted.order_by(CASES.c.changed_at.desc(), CASES.c.id.desc()).limit(limit + 1)).all()
    counted = select(CASES.c.id).where(*narrowed).limit(COUNTED).subquery()
    total = session.execute(select(func.count()).select_from(counted)).scalar_one()
    shown = rows[:limit]
    mark = f"{shown[-1].changed_at.isoformat()}~{shown[-1].id}" if len(rows) > limit else None
    return Listed(shown, mark, total)


def _waiting_for(actor: Actor) -> list[ColumnElement[bool]]:
    """One condition per grant, so that each can use its own index."""
    found: list[ColumnElement[bool]] = [false()]
    for grant in actor.grants:
        if grant.role in STAFF:
            here = and_(CASES.c.owner_role == grant.role, sent_or_own(actor))
            found.append(and_(within(grant.region, grant.workflow), here))
        elif grant.role == "requester" and actor.organisation_id is not None:
            found.append(and_(CASES.c.organisation_id == actor.organisation_id, CASES.c.owner_role == "requester"))
        elif grant.role == "lender" and actor.organisation_id is not None:
            found.append(and_(CASES.c.lender_id == actor.organisation_id, CASES.c.owner_role == "lender"))
        elif grant.role == "expert":
            found.append(and_(CASES.c.expert_id == actor.person_id, CASES.c.owner_role == "expert"))
    return found


def _by_deadline(wanted: Select) -> Select:
    return wanted.order_by(CASES.c.due_at.asc().nulls_last(), CASES.c.id)


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
