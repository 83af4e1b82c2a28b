"""The columns of the list of cases: what each is called, and its value of a case, for the page and for a table file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from expertise.cases.queries import CaseRow
from expertise.cases.services import Services
from expertise.cases.views import assignment
from expertise.cases.views.assignment import AssignedPerson
from expertise.people.model import Organisation
from expertise.reports.list_order import ListOrder, SortNames
from expertise.text.translator import day
from expertise.web.cases.rows import tone
from expertise.web.kit.choices import ReferenceNames, by_name
from expertise.web.kit.filters import owners
from expertise.web.kit.i18n import current, said, translator
from expertise.web.kit.messages import role_name
from workflows.definition import Text

#: A value of a column as a table file stores it.
Value = str | date | Decimal | None


@dataclass(frozen=True, slots=True)
class ListNames:
    """The names that the columns need, read once for a page of rows."""

    services: Services
    names: ReferenceNames
    people: Mapping[int | None, AssignedPerson]
    organisations: Mapping[int, Text]

    @classmethod
    def of(cls, session: Session, services: Services, names: ReferenceNames, rows: Iterable[CaseRow]) -> ListNames:
        """Read the names for these rows."""
        rows = list(rows)
        wanted = {row.organisation_id for row in rows if row.organisation_id is not None}
        table = (Organisation.id, Organisation.name_kk, Organisation.name_ru, Organisation.name_en)
        found = session.execute(select(*table).where(Organisation.id.in_(wanted))) if wanted else ()
        texts = {row.id: {"kk": row.name_kk, "ru": row.name_ru, "en": row.name_en} for row in found}
        return cls(services, names, assignment.named(session, rows), texts)

    def day(self, at: datetime | None) -> date | None:
        """The day in Kazakhstan on which a moment falls."""
        return None if at is None else self.services.calendar.local_day(at)


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of the list. `value` gives what it holds of a case: a text, a day, or an amount of money."""

    key: str
    label: Callable[[], str]
    value: Callable[[CaseRow, ListNames], Value]


def _workflow(row: CaseRow, known: ListNames) -> str:
    return said(known.services.definitions.pinned(row.digest).title)


def _state(row: CaseRow, known: ListNames) -> str:
    return said(known.services.definitions.pinned(row.digest).states[row.state].label)


def _assignee(row: CaseRow, known: ListNames) -> str:
    found = known.people.get(row.assignee_id)
    return found.name if found is not None else ""


COLUMNS: Mapping[str, ListColumn] = {
    each.key: each
    for each in (
        ListColumn("reference", lambda: _("Number"), lambda row, _known: row.reference),
        ListColumn("title", lambda: _("Title"), lambda row, _known: row.title or ""),
        ListColumn("workflow", lambda: _("Workflow"), _workflow),
        ListColumn("region", lambda: _("Region"), lambda row, known: known.names.region(row.region)),
        ListColumn(
            "organisation",
            lambda: _("Organisation"),
            lambda row, known: said(known.organisations.get(row.organisation_id)),
        ),
        ListColumn("topic", lambda: _("Topic"), lambda row, known: known.names.topic(row.topic)),
        ListColumn("state", lambda: _("State"), _state),
        ListColumn("owner", lambda: _("With"), lambda row, _known: role_name(row.owner_role) if row.owner_role else ""),
        ListColumn("assignee", lambda: _("Assignee"), _assignee),
        ListColumn("due", lambda: _("Due"), lambda row, known: known.day(row.due_at) if row.final is None else None),
        ListColumn("amount", lambda: _("Amount"), lambda row, _known: row.amount),
        ListColumn("opened", lambda: _("Opened"), lambda row, known: known.day(row.opened_at)),
        ListColumn("entered", lambda: _("In this state since"), lambda row, known: known.day(row.entered_at)),
        ListColumn("changed", lambda: _("Changed"), lambda row, known: known.day(row.changed_at)),
    )
}
#: Shown where nobody has chosen others. The title is always shown: it leads to the case.
USUAL = ("reference", "title", "region", "state", "assignee", "due")


def chosen_columns(arguments: MultiDict[str, str]) -> list[ListColumn]:
    """The columns that an address asks for, in the order of COLUMNS, the title always among them."""
    wanted = {name for text in arguments.getlist("column") for name in text.split(",")} & COLUMNS.keys() or set(USUAL)
    return [column for key, column in COLUMNS.items() if key in wanted or key == "title"]


def chosen_order(arguments: MultiDict[str, str], services: Services) -> ListOrder | None:
    """The order that an address asks for; None for the usual one, the newest change first."""
    text = arguments.get("sort", "")
    return None if text == "-changed" else ListOrder.of(text, sort_names(services))


def sort_names(services: Services) -> SortNames:
    """The places of workflows, roles and states in the language of the page."""
    in_force = services.definitions.all_current()
    titles = by_name((each.key, each.title) for each in in_force)
    roles = sorted(owners(in_force), key=role_name)
    ranks = {key: place for place, (key, _title) in enumerate(titles)}
    states = sorted(
        ((each.key, state) for each in in_force for state in each.states),
        key=lambda pair: (ranks[pair[0]], services.definitions.current(pair[0]).path_of[pair[1]]),
    )
    return SortNames(
        current(),
        ranks,
        {role: place for place, role in enumerate(roles)},
        {pair: place for place, pair in enumerate(states)},
    )


@dataclass(frozen=True, slots=True)
class ListCell:
    """A value of a row as text. `key` is its column; `tone` colours a state, `numeric` is set in figures."""

    key: str
    label: str
    text: str
    tone: str = ""
    numeric: bool = False


def cells(row: CaseRow, columns: Sequence[ListColumn], known: ListNames) -> list[ListCell]:
    """The row in the language of the page."""
    return [_cell(row, column, known) for column in columns]


def _cell(row: CaseRow, column: ListColumn, known: ListNames) -> ListCell:
    value, text = column.value(row, known), ""
    if column.key == "amount":
        text = translator().money({"amount": str(value), "currency": row.currency}) if value is not None else ""
    elif isinstance(value, date):
        text = day(value)
    else:
        text = str(value or "")
    shade = tone(known.services.definitions.pinned(row.digest), row.state) if column.key == "state" else ""
    return ListCell(column.key, column.label(), text, shade, numeric=not isinstance(value, str))


@dataclass(frozen=True, slots=True)
class ColumnHead:
    """The head of a column: a link that sorts by it. `sorted`: the word of `aria-sort`, empty for the others."""

    key: str
    label: str
    sort: str  # the value of the address that the link asks for
    sorted: str


def heads(columns: Sequence[ListColumn], order: ListOrder | None) -> list[ColumnHead]:
    """The heads of the columns. A second click on the same one turns the order round."""
    found = []
    for column in columns:
        mine = column.key == (order.column if order is not None else "changed")
        down = order.descending if order is not None else True
        sort = column.key if not mine or down else f"-{column.key}"
        found.append(
            ColumnHead(column.key, column.label(), sort, ("descending" if down else "ascending") if mine else "")
        )
    return found
