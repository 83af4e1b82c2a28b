"""Numbers of cases by state, month, role and region, within the reach of a reader: grouped in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Numeric,
    Select,
    String,
    case,
    column,
    func,
    select,
    type_coerce,
    union,
    values,
)
from sqlalchemy.orm import Session

from expertise.base.database import Instant
from expertise.cases.queries import CASES, equal, late
from expertise.cases.reach import PARTIES, Branch, branches, condition
from expertise.people.access import Actor
from expertise.reports import list_filters
from expertise.reports.list_filters import Period
from workflows.definition import Final

CENT = Decimal("0.01")
#: In the order of the index `ix_cases_counts`, so that a database groups while it reads.
STATE_KEYS = ("workflow", "state", "region", "final", "owner_role", "currency")


@dataclass(frozen=True, slots=True)
class Selection:
    """The cases that a report is about; None leaves a side open. Without a workflow, parts of cases are left out.

    `assignee`: the key of a person, or `list_filters.NOBODY`. `with_parts`: they are counted all the same.
    """

    workflow: str | None = None
    region: str | None = None
    topic: str | None = None
    assignee: str | None = None
    opened: str | None = None  # a period, as `list_filters.period_of` reads it
    with_parts: bool = False

    @property
    def address(self) -> dict[str, Any]:
        """The filters of the list of cases that select the same."""
        sides = {name: getattr(self, name) for name in ("workflow", "region", "topic", "assignee", "opened")}
        return {name: value for name, value in sides.items() if value is not None}

    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions on `cases`."""
        sides = {name: getattr(self, name) for name in ("workflow", "region", "topic")}
        found = [equal(CASES.c[name], value) for name, value in sides.items() if value is not None]
        if self.assignee is not None:
            found.append(list_filters.assigned_to(self.assignee))
        if self.opened is not None:
            found.append(list_filters.within(CASES.c.opened_at, self.opened))
        return found + ([CASES.c.parent_id.is_(None)] if self.workflow is None and not self.with_parts else [])


@dataclass(frozen=True, slots=True)
class StateCount:
    """Cases that are alike: how many, how many of them are late, and the sum of their amounts in one currency."""

    workflow: str
    state: str
    region: str | None
    final: str | None
    owner_role: str | None
    currency: str | None
    number: int
    late: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class MonthCount:
    """Cases of one workflow that were opened, or that ended with one outcome, in the month of that place."""

    place: int
    key: str  # the workflow or the outcome
    number: int


@dataclass(frozen=True, slots=True)
class DayCount:
    """Cases with an expert: how many, and the sum of the expert-days that they name."""

    region: str | None
    topic: str | None
    number: int
    days: int


@dataclass(frozen=True, slots=True)
class Sums:
    """A number of cases, late ones among them, and their amounts by currency, never added up across currencies."""

    number: int = 0
    late: int = 0
    amounts: Mapping[str, Decimal] = field(default_factory=dict)


def in_reach(actor: Actor) -> ColumnElement[bool]:
    """The condition on `cases` to be in reach, for counting: a small reach is looked up, a large one compared."""
    sources = branches(actor)
    if not sources or all(each.source is CASES for each in sources):
        return condition(actor)
    ids = [select(each.column("id")).select_from(each.source).where(*each.where) for each in sources]
    return CASES.c.id.in_(union(*ids) if len(ids) > 1 else ids[0])


def sources(actor: Actor) -> list[Branch]:
    """The branches of lists for reports: one for a reach that is compared, so that a single index has it in order."""
    found = branches(actor)
    return [Branch(CASES, (in_reach(actor),))] if all(each.source is CASES for each in found) else found


def by_state(session: Session, actor: Actor, selection: Selection, now: datetime) -> list[StateCount]:
    """Count the cases of the selection by all that a state says, region and currency."""
    keys = [CASES.c[name] for name in STATE_KEYS]
    is_late = func.coalesce(func.sum(case((late(now), 1), else_=0)), 0)
    rows = session.execute(_grouped(actor, selection, keys, is_late, func.sum(CASES.c.amount)))
    return [StateCount(*(*row[:7], int(row[7]), _exact(row[8]))) for row in map(tuple, rows)]


def by_month(
    session: Session, actor: Actor, selection: Selection, span: Sequence[Period], workflows: Sequence[str]
) -> list[MonthCount]:
    """Count the cases of the selection that were opened in each of the months, by workflow."""
    rows = [(place, each, *month.instants) for place, month in enumerate(span) for each in workflows]
    return _by_month(session, actor, selection, rows, "workflow", CASES.c.opened_at)


def ended_by_month(session: Session, actor: Actor, selection: Selection, span: Sequence[Period]) -> list[MonthCount]:
    """Count the cases of the selection that ended in each of the months, by outcome."""
    rows = [(place, end.value, *month.instants) for place, month in enumerate(span) for end in Final]
    return _by_month(session, actor, selection, rows, "final", CASES.c.ended_at)


def _by_month(
    session: Session,
    actor: Actor,
    selection: Selection,
    rows: Sequence[tuple[Any, ...]],
    key: str,
    moment: ColumnElement[Any],
) -> list[MonthCount]:
    """Count for each row by a range of one index: grouping by month would sort all cases."""
    asked = values(
        column("place", Integer),
        column("key", String),
        column("begun", Instant),
        column("ended", Instant),
        name="asked",
    )
    each = asked.data(rows).cte("asked")
    there = (CASES.c[key] == each.c.key, moment >= each.c.begun, moment < each.c.ended)
    counted = select(func.count()).select_from(CASES).where(*there, in_reach(actor), *selection.conditions())
    wanted = select(each.c.place, each.c.key, counted.correlate(each).scalar_subquery())
    return [MonthCount(*row) for row in session.execute(wanted) if row[-1]]


def expert_days(session: Session, actor: Actor, selection: Selection, field_name: str) -> list[DayCount]:
    """Sum the expert-days that a field names, over the cases of the selection that have an expert."""
    expert = select(PARTIES.c.case_id).where(PARTIES.c.role == "expert", PARTIES.c.until.is_(None))
    given = func.sum(type_coerce(CASES.c.fields[field_name].as_integer(), Numeric(18, 0)))
    wanted = _grouped(actor, selection, [CASES.c.region, CASES.c.topic], given)
    rows = session.execute(wanted.where(CASES.c.id.in_(expert)))
    return [DayCount(row[0], row[1], row[2], int(row[3] or 0)) for row in rows]


def summed(rows: Sequence[StateCount]) -> Sums:
    """Add up counts; cases without an amount add to none."""
    amounts: dict[str, Decimal] = {}
    for row in rows:
        if row.currency is not None:
            amounts[row.currency] = amounts.get(row.currency, Decimal(0)) + row.amount
    return Sums(sum(row.number for row in rows), sum(row.late for row in rows), dict(sorted(amounts.items())))


def _grouped(
    actor: Actor, selection: Selection, keys: Sequence[ColumnElement[Any]], *more: ColumnElement[Any]
) -> Select[Any]:
    wanted = select(*keys, func.count(), *more).where(in_reach(actor), *selection.conditions())
    return wanted.group_by(*keys)


def _exact(amount: Any) -> Decimal:
    """A sum to the cent: SQLite adds floating-point numbers."""
    return Decimal(str(amount or 0)).quantize(CENT)
