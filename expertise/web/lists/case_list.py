"""The list of cases: narrowed, sorted and with chosen columns, all of it in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.cases.queries import CaseRow
from expertise.identity import runtime
from expertise.people.access import Actor
from expertise.people.deputies import team
from expertise.people.scope import EVERYWHERE
from expertise.reports import saved_views, worklists
from expertise.reports.list_order import ListOrder
from expertise.reports.worklists import Filters, Listed
from expertise.web.cases.rows import CaseListRow, case_list_rows, total_of
from expertise.web.kit import filters as listing_filters
from expertise.web.kit.choices import listed, organisations
from expertise.web.lists.columns import (
    COLUMNS,
    ListCell,
    ListColumn,
    ListNames,
    cells,
    chosen_columns,
    chosen_order,
    heads,
)
from expertise.web.lists.views import address_of, save_form


def attach(app: Flask) -> None:
    """Register the page, under the name by which menus and other pages know it."""
    app.add_url_rule("/cases", "cases.listing", show)


@dataclass(frozen=True, slots=True)
class ShownCase:
    """A row of the list: the texts of lists of cases, and the cells of the chosen columns."""

    line: CaseListRow
    cells: list[ListCell]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The part of the list that an address asks for."""

    filters: Filters
    columns: list[ListColumn]
    order: ListOrder | None

    @classmethod
    def read(cls) -> Wanted:
        """Read the address of this request."""
        arguments = request.args
        return cls(
            listing_filters.read(arguments), chosen_columns(arguments), chosen_order(arguments, runtime().services)
        )

    def page(self, db: Session, actor: Actor, after: str | None) -> Listed:
        """One page of what is asked."""
        return worklists.listing(db, actor, self.filters, clock.now(), after, order=self.order)


def address(**changed: Any) -> dict[str, Any]:
    """The variables of this address, without the place in the list; `changed` ones replace theirs."""
    return {**listing_filters.kept(request.args), **changed}


def _place() -> dict[str, Any]:
    """The place in the list, where the address names one, and the view."""
    return {name: request.args[name] for name in ("after", "view") if request.args.get(name)}


def show() -> str | Response:
    """Every case that this person may see, narrowed by filters, by default the most recently changed first.

    An address without anything opens with the view that the person has chosen for it.
    """
    wanted = Wanted.read()
    with runtime().transactions.read() as db:
        actor, names = identity.actor(db), listed(db)
        views = saved_views.views_of(db, actor)
        usual = next((each for each in views if each.default), None) if not request.args else None
        if usual is not None:
            return redirect(address_of(usual))
        found = wanted.page(db, actor, request.args.get("after"))
        rows = _rows(db, found.cases, wanted.columns)
        form_fields = listing_filters.form_fields(
            wanted.filters, runtime().services.definitions, names, _people(db) if actor.is_staff else None
        )
    return render_template(
        "lists/list.html",
        rows=rows,
        heads=[
            (each, url_for("cases.listing", **address(sort=each.sort))) for each in heads(wanted.columns, wanted.order)
        ],
        filters=form_fields,
        views=[(each, address_of(each), request.args.get("view") == str(each.id)) for each in views],
        every=request.args.get("view", "") in ("", "all") and not listing_filters.kept(request.args),
        save=save_form(actor),
        acts=any(grant.role not in EVERYWHERE for grant in actor.grants),
        marked=request.args.get("select") == "all",
        mark_all=url_for("cases.listing", **address(**_place(), select="all")),
        files=[(ending.upper(), url_for("export.table", ending=ending, **address())) for ending in ("xlsx", "csv")],
        sort=request.args.get("sort", ""),
        columns=[(key, column.label(), column in wanted.columns) for key, column in COLUMNS.items() if key != "title"],
        refined=any(each.value for each in form_fields[2:]),
        narrowed=wanted.filters != Filters(),
        total=total_of(found.total),
        **listing_filters.pager(found.after),
    )


def _rows(db: Session, cases: Sequence[CaseRow], columns: list[ListColumn]) -> list[ShownCase]:
    services, names = runtime().services, listed(db)
    known = ListNames.of(db, services, names, cases)
    lines = case_list_rows(cases, services.definitions, names, clock.now(), people=known.people)
    return [ShownCase(line, cells(row, columns, known)) for line, row in zip(lines, cases, strict=True)]


def _people(db: Session) -> Mapping[str, list[tuple[str, str]]]:
    """The choices of the filters that only the team has: owners, and colleagues who can have a case."""
    colleagues = team(db, runtime().services.calendar.local_day(clock.now()))
    return {
        "organisation": organisations(db),
        "assigned": [("me", _("Me")), ("nobody", _("Unassigned")), *colleagues],
    }
