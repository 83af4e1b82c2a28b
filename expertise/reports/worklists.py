"""Lists of cases: my desk, what I wait for, and the list with filters. Rows, never entities; pages by keyset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select, true
from sqlalchemy.orm import Session

from expertise.cases import queries, search
from expertise.cases.parties import PARTIES_OF, VOTES_OF
from expertise.cases.queries import CASES, CaseRow, equal
from expertise.cases.reach import (
    BY_DEADLINE,
    NEWEST_FIRST,
    Branch,
    Order,
    begun,
    branches,
    counted,
    desks,
    in_a_row,
    listed,
    waiting,
    with_others,
)
from expertise.people.access import Actor
from expertise.people.model import Organisation, Person
from expertise.reports import list_filters
from expertise.reports.list_order import ListOrder
from workflows.calendar import Calendar

PAGE = 50
#: Counting stops here: a person wants to know "many", not how many thousands.
COUNTED = 10_001

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
#: What the list of cases shows; its columns are chosen by the reader.
LISTED = (*SHOWN, CASES.c.organisation_id, CASES.c.amount, CASES.c.currency)
#: What a table file needs beside: whether a look at the case is recorded hangs on its parties.
EXPORTED = (*LISTED, CASES.c.visit, CASES.c.opened_by_id, PARTIES_OF)
EXPORTED_AT_ONCE = 500  # rows that are in memory


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a list; None leaves that side open. A `state` may name its workflow: `expertise_request.draft`."""

    workflow: str | None = None
    state: str | None = None
    region: str | None = None
    topic: str | None = None
    owner: str | None = None  # the role on whose desk it lies
    organisation: str | None = None  # the key of the owner
    assigned: str | None = None  # `me`, `nobody`, or the key of a person
    query: str = ""
    late: bool = False
    open: bool = False
    ended: bool = False
    until: datetime | None = None  # open, not late, and due before then
    parts: bool = False  # show the parts of cases as well
    more: Mapping[str, str] = field(default_factory=dict)  # of a number of a report, see `list_filters`


@dataclass(frozen=True, slots=True)
class Listed:
    """One page. `after` is the mark of the next one, None at the end; `total` stops at COUNTED."""

    cases: Sequence[CaseRow]
    after: str | None
    total: int


@dataclass(frozen=True, slots=True)
class Worklist:
    """One list of cases of a person: where its cases come from, their order, and what narrows it."""

    sources: Sequence[Branch]
    order: Order
    narrowed: Sequence[ColumnElement[bool]] = ()


def worklist(actor: Actor, name: str, now: datetime, assigned: str = "") -> Worklist:
    """Return the worklist with one of these names: waiting, drafts, awaited, late, proposed. Raises KeyError.

    `assigned` narrows "waiting" to what is assigned to the person ("mine"), or to nobody ("nobody").
    """
    return WORKLISTS[name](actor, now, assigned)


#: Parts of a worklist by deadline, in this order.
PERIODS = ("late", "week", "later")


def in_period(wanted: Worklist, period: str, now: datetime, calendar: Calendar) -> Worklist:
    """Return the part of a worklist that is due in one of PERIODS; for any other word the worklist itself."""
    narrowed = due_in(period, now, calendar)
    return wanted if narrowed is None else replace(wanted, narrowed=[*wanted.narrowed, narrowed])


def due_in(period: str, now: datetime, calendar: Calendar) -> ColumnElement[bool] | None:
    """The condition of one of PERIODS on the deadline of an open case; None for any other word.

    A case without a deadline is among the later ones. This week ends with Sunday; on a weekend it is the week to come.
    """
    end = week_ends_at(now, calendar)
    conditions = {
        "late": queries.late(now),
        "week": and_(CASES.c.final.is_(None), CASES.c.due_at >= now, CASES.c.due_at < end),
        "later": and_(CASES.c.final.is_(None), or_(CASES.c.due_at >= end, CASES.c.due_at.is_(None))),
    }
    return conditions.get(period)


def week_ends_at(now: datetime, calendar: Calendar) -> datetime:
    """The moment at which this week ends; see `week_end`."""
    return calendar.at(week_end(calendar.local_day(now), calendar), time())


def week_end(today: date, calendar: Calendar) -> date:
    """The Monday that follows the week of the next working day, today included."""
    begins = calendar.on_or_after(today)
    return begins + timedelta(days=7 - begins.weekday())


def _waiting(actor: Actor, _now: datetime, assigned: str) -> Worklist:
    """The cases that wait for this person, without the drafts, which are a list of their own."""
    everything = _on_the_desk(actor, assigned)
    return replace(everything, narrowed=[*everything.narrowed, _no_draft_of(actor)])


def _on_the_desk(actor: Actor, assigned: str) -> Worklist:
    chosen = [ASSIGNED[assigned](actor)] if assigned in ASSIGNED else []
    return Worklist(waiting(actor), BY_DEADLINE, chosen)


def _late(actor: Actor, now: datetime, _assigned: str) -> Worklist:
    """Past its deadline: for the team everything in reach, on whosever desk; for others what they act or wait in."""
    on_a_desk = CASES.c.owner_role.in_(desks())  # says nothing new, and leads both databases to the index of the desks
    sources = branches(actor) if actor.is_staff else [*waiting(actor), *with_others(actor)]
    return Worklist(sources, BY_DEADLINE, [queries.late(now), on_a_desk])


#: The few corrections that wait are looked up first, and then judged; SQLite would read all cases of an owner for it.
_PROPOSED = CASES.alias()

_NEWEST_DRAFT = Order(("changed_at",), lambda each: (each.changed_at.desc(), each.id.desc()))

_UNSENT = (CASES.c.final.is_(None), CASES.c.visit == 1, CASES.c.parent_id.is_(None), CASES.c.due_at.is_(None))

WORKLISTS: Mapping[str, Callable[[Actor, datetime, str], Worklist]] = {
    "waiting": _waiting,
    "drafts": lambda actor, _now, _assigned: Worklist(begun(actor), _NEWEST_DRAFT, _UNSENT),
    "awaited": lambda actor, _now, _assigned: Worklist(with_others(actor), BY_DEADLINE),
    "late": _late,
    "proposed": lambda actor, _now, _assigned: Worklist(
        branches(actor),
        BY_DEADLINE,
        [CASES.c.id.in_(select(_PROPOSED.c.id).where(_PROPOSED.c.proposal.is_not(None)))],
    ),
}


def _no_draft_of(actor: Actor) -> ColumnElement[bool]:
    sent = or_(CASES.c.visit != 1, CASES.c.parent_id.is_not(None), CASES.c.due_at.is_not(None))
    others = [each for branch in begun(actor) for each in branch.where]
    return or_(sent, not_(func.coalesce(or_(*others), false()))) if others else true()


def page(session: Session, wanted: Worklist, after: str | None = None, limit: int = PAGE) -> Listed:
    """One page of a worklist. An `after` that is no mark of ours begins at the start."""
    narrowed = [*wanted.narrowed, *_behind(wanted.order, after)]
    rows = session.execute(listed(SHOWN, wanted.sources, wanted.order, limit + 1, *narrowed)).all()
    shown = rows[:limit]
    more = len(rows) > limit
    total = count(session, wanted) if more or after else len(rows)
    return Listed(shown, mark(shown[-1], wanted.order) if more else None, total)


def first(session: Session, wanted: Worklist, limit: int = PAGE) -> Sequence[CaseRow]:
    """The first cases of a worklist, without counting the others."""
    return session.execute(listed(SHOWN, wanted.sources, wanted.order, limit, *wanted.narrowed)).all()


def not_in(wanted: Worklist) -> list[ColumnElement[bool]]:
    """The condition on `cases` to stand in none of the sources of a worklist."""
    return [not_(func.coalesce(or_(false(), *map(in_a_row, wanted.sources)), false()))]


def count(session: Session, wanted: Worklist, most: int | None = None) -> int:
    """How many cases a worklist has; counting stops at `most`, by default at COUNTED."""
    return int(session.execute(counted(wanted.sources, most or COUNTED, *wanted.narrowed)).scalar_one())


def mark(row: CaseRow, order: Order = NEWEST_FIRST) -> str:
    """Return the mark of a page that ends with this case."""
    at: datetime | None = getattr(row, order.names[0])
    return f"{at.isoformat() if at is not None else ''}~{row.id}"


def _behind(order: Order, after: str | None) -> list[ColumnElement[bool]]:
    if order is not BY_DEADLINE:
        return beyond(after)
    moment, _, number = (after or "").partition("~")
    if moment == "" and number.isascii() and number.isdigit() and len(number) < 18:
        return [CASES.c.due_at.is_(None), CASES.c.id > int(number)]
    read = _read_mark(after)
    if read is None:
        return []
    at, last = read
    later = or_(CASES.c.due_at > at, and_(CASES.c.due_at == at, CASES.c.id > last))
    return [or_(later, CASES.c.due_at.is_(None))]


def desk(session: Session, actor: Actor, assigned: str = "", limit: int = PAGE) -> Sequence[CaseRow]:
    """The cases that wait for this person, drafts among them, the earliest deadline first; those without one come last.

    `assigned` narrows it to what is assigned to the person ("mine"), or to nobody ("nobody").
    """
    return first(session, _on_the_desk(actor, assigned), limit)


def _mine(actor: Actor) -> ColumnElement[bool]:
    """Had or done by this person, or had by somebody for whom they stand in."""
    absent = {grant.absent.person_id for grant in actor.grants if grant.absent is not None}
    return or_(CASES.c.assignee_id.in_(absent | {actor.person_id}), CASES.c.delegate_id == actor.person_id)


#: To whom the cases of a desk are assigned.
ASSIGNED: Mapping[str, Callable[[Actor], ColumnElement[bool]]] = {
    "mine": _mine,
    "nobody": lambda _actor: CASES.c.assignee_id.is_(None),
}


def listing(
    session: Session,
    actor: Actor,
    filters: Filters,
    now: datetime,
    after: str | None = None,
    limit: int = PAGE,
    order: ListOrder | None = None,
) -> Listed:
    """Cases in reach, by default the newest change first. An `after` that is no mark begins at the start."""
    within, narrowed = branches(actor), _conditions(filters, actor, now)
    rows = session.execute(_listing(within, narrowed, after, limit, order, LISTED)).all()
    total = session.execute(counted(within, COUNTED, *narrowed)).scalar_one()
    shown = rows[:limit]
    if len(rows) <= limit:
        return Listed(shown, None, total)
    return Listed(shown, mark(shown[-1]) if order is None else order.mark(shown[-1]), total)


def every_page(
    session: Session, actor: Actor, filters: Filters, now: datetime, order: ListOrder | None = None
) -> Iterator[Sequence[CaseRow]]:
    """Give all that `listing` shows, in its order, EXPORTED_AT_ONCE rows at a time and with the columns of EXPORTED."""
    within, narrowed = branches(actor), _conditions(filters, actor, now)
    after, more = None, True
    while more:
        wanted = _listing(within, narrowed, after, EXPORTED_AT_ONCE, order, EXPORTED)
        rows = session.execute(wanted).all()
        more, rows = len(rows) > EXPORTED_AT_ONCE, rows[:EXPORTED_AT_ONCE]
        if rows:
            yield rows
            after = mark(rows[-1]) if order is None else order.mark(rows[-1])


def _listing(
    within: Sequence[Branch],
    narrowed: Sequence[ColumnElement[bool]],
    after: str | None,
    limit: int,
    order: ListOrder | None,
    shown: Sequence[ColumnElement[Any]],
) -> Select[Any]:
    """The statement for one page and one row more."""
    if order is None:
        return listed(shown, within, NEWEST_FIRST, limit + 1, *narrowed, *beyond(after))
    return listed((*shown, *order.shown), within, order.order, limit + 1, *narrowed, *order.behind(after))


def _conditions(filters: Filters, actor: Actor, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for name, column in {"workflow": "workflow", "region": "region", "topic": "topic", "owner": "owner_role"}.items():
        wanted = getattr(filters, name)
        if wanted is not None:
            found.append(equal(CASES.c[column], wanted))
    found += _of_state(filters.state) + _of_people(filters, actor)
    if filters.open:
        found.append(CASES.c.final.is_(None))
    if filters.ended:
        found.append(CASES.c.final.is_not(None))
    if filters.late:
        found.append(queries.late(now))
    if filters.until is not None:
        found += [CASES.c.final.is_(None), CASES.c.due_at >= now, CASES.c.due_at < filters.until]
    if not filters.parts:
        found.append(CASES.c.parent_id.is_(None))
    found += list_filters.conditions(filters.more)
    return found + search.conditions(filters.query, actor)


def _of_state(text: str | None) -> list[ColumnElement[bool]]:
    if text is None:
        return []
    workflow, between, state = text.rpartition(".")
    return [equal(CASES.c.state, state)] + ([equal(CASES.c.workflow, workflow)] if between else [])


def _of_people(filters: Filters, actor: Actor) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.organisation is not None:
        owner = select(Organisation.id).where(equal(Organisation.key, filters.organisation))
        found.append(CASES.c.organisation_id == owner.scalar_subquery())
    known = {"me": "mine", "nobody": "nobody"}.get(filters.assigned or "")
    if known is not None:
        found.append(ASSIGNED[known](actor))
    elif filters.assigned is not None:
        person = select(Person.id).where(equal(Person.key, filters.assigned))
        found.append(CASES.c.assignee_id == person.scalar_subquery())
    return found


def beyond(after: str | None) -> list[ColumnElement[bool]]:
    """The condition on the cases behind a mark, the newest change first; none for anything that is no mark."""
    read = _read_mark(after)
    if read is None:
        return []
    at, last = read
    return [or_(CASES.c.changed_at < at, and_(CASES.c.changed_at == at, CASES.c.id < last))]


def _read_mark(after: str | None) -> tuple[datetime, int] | None:
    """Return the moment and the id of a mark; None for anything else."""
    moment, _, number = (after or "").partition("~")
    try:
        at, last = datetime.fromisoformat(moment), int(number)
        at.astimezone(UTC)  # as the database will do: the year 1 east of Greenwich overflows
    except (ValueError, OverflowError):
        return None
    return (at, last) if at.tzinfo is not None and 0 < last < 2**62 else None
