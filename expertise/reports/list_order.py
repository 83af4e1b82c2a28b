"""The order of the list of cases by any of its columns, and the marks at which its pages end.

A page goes on behind the mark of the one before, by value and not by number, so that no case is shown twice or left
out when others come in between. Empty values come last, whichever way the column is sorted.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select

from expertise.base.database import table_of
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.reach import Order
from expertise.people.model import Organisation, Person, Region, Topic

PEOPLE, ORGANISATIONS, REGIONS, TOPICS = (table_of(each) for each in (Person, Organisation, Region, Topic))
#: Prefix of the columns with which a row says where it stands in the order.
KEY = "order_key_"
LONGEST_MARK = 2000


@dataclass(frozen=True, slots=True)
class SortNames:
    """The order of names: the language of their columns, and ranks of words that stand in definitions.

    `states`: workflow and state → place in the order of the reader.
    """

    language: str = "ru"
    workflows: Mapping[str, int] = field(default_factory=dict)
    owners: Mapping[str, int] = field(default_factory=dict)
    states: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SortKey:
    """One value by which cases are ordered: how it is made of the columns `names` of a case, and how it is read."""

    names: tuple[str, ...]
    of: Callable[[Any, SortNames], ColumnElement[Any]]
    read: Callable[[Any], Any]
    may_lack: bool = True


def _moment(text: Any) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a moment has a zone")
    at.astimezone(UTC)  # as the database will do: the year 1 east of Greenwich overflows
    return at


def _text(text: Any) -> str:
    if not isinstance(text, str) or "\0" in text:
        raise ValueError("not a text that a column holds")
    return text


def _number(number: Any) -> int:
    if not isinstance(number, int) or abs(number) >= 2**62:
        raise ValueError("not a number that a column holds")
    return number


def _amount(text: Any) -> Decimal:
    amount = Decimal(_text(text))
    if not amount.is_finite() or abs(amount) >= 10**18:
        raise ValueError("not an amount")
    return amount


def _column(name: str, read: Callable[[Any], Any], *, may_lack: bool = True) -> SortKey:
    return SortKey((name,), lambda each, _names: getattr(each, name), read, may_lack)


def _named(table: Any, key: str, column: str) -> SortKey:
    """The name of a referred row in the language of the reader."""

    def of(each: Any, names: SortNames) -> ColumnElement[Any]:
        name = table.c[f"name_{names.language}"]
        return select(name).where(table.c[key] == getattr(each, column)).scalar_subquery()

    return SortKey((column,), of, _text)


def _rank(column: str, ranks: Callable[[SortNames], Mapping[str, int]]) -> SortKey:
    def of(each: Any, names: SortNames) -> ColumnElement[Any]:
        known = ranks(names)
        return case(known, value=getattr(each, column), else_=None) if known else getattr(each, column)

    return SortKey((column,), of, _number)


def _by_state(each: Any, names: SortNames) -> ColumnElement[Any]:
    whens = [
        (and_(each.workflow == workflow, each.state == state), at) for (workflow, state), at in names.states.items()
    ]
    return case(*whens, else_=len(whens)) if whens else each.state


def _by_assignee(each: Any, _names: SortNames) -> ColumnElement[Any]:
    return select(PEOPLE.c.name).where(PEOPLE.c.id == each.assignee_id).scalar_subquery()


#: Column of the list → the values that order it, the first one before the others.
SORTS: Mapping[str, tuple[SortKey, ...]] = {
    "reference": (_column("reference", _text, may_lack=False),),
    "title": (_column("title", _text),),
    "workflow": (_rank("workflow", lambda names: names.workflows),),
    "state": (SortKey(("workflow", "state"), _by_state, _number),),
    "owner": (_rank("owner_role", lambda names: names.owners),),
    "assignee": (SortKey(("assignee_id",), _by_assignee, _text),),
    "region": (_named(REGIONS, "code", "region"),),
    "organisation": (_named(ORGANISATIONS, "id", "organisation_id"),),
    "topic": (_named(TOPICS, "key", "topic"),),
    "due": (_column("due_at", _moment),),
    "amount": (_column("currency", _text), _column("amount", _amount)),
    "opened": (_column("opened_at", _moment, may_lack=False),),
    "entered": (_column("entered_at", _moment, may_lack=False),),
    "changed": (_column("changed_at", _moment, may_lack=False),),
}


@dataclass(frozen=True, slots=True)
class ListOrder:
    """The list ordered by one of SORTS, or backwards."""

    column: str
    descending: bool = False
    names: SortNames = field(default_factory=SortNames)

    @classmethod
    def of(cls, text: str, names: SortNames) -> ListOrder | None:
        """Read `due` or `-due`; None for anything that is no column of the list."""
        column = text.removeprefix("-")
        return cls(column, text.startswith("-"), names) if column in SORTS else None

    @property
    def keys(self) -> tuple[SortKey, ...]:
        """The values that decide, before the id."""
        return SORTS[self.column]

    @property
    def order(self) -> Order:
        """The order as `reach.listed` takes it."""
        columns = tuple(dict.fromkeys(name for key in self.keys for name in key.names))
        return Order(columns, self._clauses)

    def _clauses(self, each: Any) -> tuple[ColumnElement[Any], ...]:
        found = []
        for key in self.keys:
            value = key.of(each, self.names)
            clause = value.desc() if self.descending else value.asc()
            found.append(clause.nulls_last() if key.may_lack else clause)
        return (*found, each.id.desc() if self.descending else each.id.asc())

    @property
    def shown(self) -> list[ColumnElement[Any]]:
        """The values as columns of a row, for its mark."""
        return [key.of(CASES.c, self.names).label(f"{KEY}{place}") for place, key in enumerate(self.keys)]

    def mark(self, row: CaseRow) -> str:
        """Return the mark of a page that ends with this row, which has the columns `shown`."""
        values = [_written(getattr(row, f"{KEY}{place}")) for place in range(len(self.keys))]
        return base64.urlsafe_b64encode(json.dumps([*values, row.id]).encode()).decode()

    def behind(self, mark: str | None) -> list[ColumnElement[bool]]:
        """The condition on the cases behind a mark; none for anything that is no mark of this order."""
        read = self._read(mark or "")
        if read is None:
            return []
        values, last = read
        behind = CASES.c.id < last if self.descending else CASES.c.id > last
        for key, value in reversed(list(zip(self.keys, values, strict=True))):
            behind = self._after(key.of(CASES.c, self.names), value, behind)
        return [behind]

    def _after(self, key: ColumnElement[Any], value: Any, then: ColumnElement[bool]) -> ColumnElement[bool]:
        """Later by this key, or equal by it and `then`."""
        if value is None:
            return and_(key.is_(None), then)
        later = key < value if self.descending else key > value
        return or_(later, and_(key == value, then), key.is_(None))

    def _read(self, mark: str) -> tuple[Sequence[Any], int] | None:
        if not mark or len(mark) > LONGEST_MARK:
            return None
        try:
            found = json.loads(base64.urlsafe_b64decode(mark.encode("ascii")))
            if not isinstance(found, list) or len(found) != len(self.keys) + 1:
                return None
            values = [
                None if value is None else key.read(value) for key, value in zip(self.keys, found[:-1], strict=True)
            ]
            return values, _number(found[-1])
        except (ValueError, TypeError, OverflowError, InvalidOperation, RecursionError, binascii.Error):
            return None


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
