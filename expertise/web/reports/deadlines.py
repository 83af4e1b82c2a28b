"""The calendar of deadlines: a month as a grid and as a list, and the feed for calendar programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from babel.dates import format_date, format_skeleton, get_day_names
from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.cases.queries import is_late
from expertise.identity import runtime
from expertise.people.access import Actor
from expertise.reports import deadline_feed, deadlines
from expertise.reports.deadlines import DeadlineDay
from expertise.reports.list_filters import Period, months, period_of
from expertise.text.holidays import holiday_name
from expertise.web.auth import reauthentication
from expertise.web.cases.rows import CaseListRow, case_list_rows
from expertise.web.kit.choices import ReferenceNames, listed
from expertise.web.kit.i18n import current, translator

blueprint = Blueprint("deadlines", __name__, url_prefix="/deadlines")
#: References that a day of the grid shows; the list has the others.
SHOWN = 3


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@dataclass(frozen=True, slots=True)
class DayCell:
    """A day of the grid, as texts; `cases` are references with their addresses and whether they are late."""

    number: int
    anchor: str
    label: str
    inside: bool
    working: bool
    today: bool
    holiday: str
    cases: Sequence[tuple[str, str, bool]]
    more: int


@blueprint.get("")
def show() -> str:
    """A month of deadlines."""
    with runtime().transactions.read() as db:
        return _page(db, identity.actor(db))


@blueprint.post("/feed")
def make() -> str | Response:
    """Make the feed anew, and show its address this once."""
    reauthentication.demand()
    with runtime().transactions.write() as db:
        token = deadline_feed.make(db, identity.actor(db).person_id or 0, clock.now())
    with runtime().transactions.read() as db:
        return _page(db, identity.actor(db), url_for("deadline_feed.read", token=token, _external=True))


@blueprint.post("/feed/end")
def end() -> Response:
    """End the feed: its address answers no more."""
    with runtime().transactions.write() as db:
        deadline_feed.end(db, identity.actor(db).person_id or 0)
    flash(_("The calendar feed is ended."), "good")
    return redirect(url_for("deadlines.show"), 303)


def _page(db: Session, actor: Actor, address: str = "") -> str:
    now, calendar = clock.now(), runtime().services.calendar
    today = calendar.local_day(now)
    period, own = _period(today), request.args.get("whose") != "all"
    names = listed(db)
    found = deadlines.due_within(db, actor, period, own=own)
    grid = deadlines.weeks(period, found, calendar)
    kept: dict[str, Any] = {} if own else {"whose": "all"}
    beside = deadlines.months_beside(period, today)
    before, after = (url_for("deadlines.show", month=month, **kept) if month else "" for month in beside)
    return render_template(
        "reports/deadlines.html",
        month=format_skeleton("yMMMM", period.begin, locale=current()),
        before=before,
        after=after,
        this=url_for("deadlines.show", **kept),
        views=[
            (_("My own"), url_for("deadlines.show", month=period.text), own),
            (_("All that I see"), url_for("deadlines.show", month=period.text, whose="all"), not own),
        ],
        weekdays=[(name.capitalize(), short) for name, short in _weekdays()],
        weeks=[[_cell(day, today, now) for day in week] for week in grid],
        days=[_listed(day, names, now) for week in grid for day in week if day.inside and (day.cases or day.rule)],
        total=len(found),
        cut=len(found) == deadlines.MOST,
        most=deadlines.MOST,
        feed=deadline_feed.made_at(db, actor.person_id or 0),
        address=address,
    )


def _period(today: date) -> Period:
    asked = period_of(request.args.get("month", ""))
    return asked if asked is not None and len(asked.text) == len("2026-03") else months(today, 1)


def _weekdays() -> list[tuple[str, str]]:
    wide, short = (get_day_names(width, locale=current()) for width in ("wide", "abbreviated"))
    return [(wide[place], short[place]) for place in range(7)]


def _cell(day: DeadlineDay, today: date, now: datetime) -> DayCell:
    return DayCell(
        number=day.day.day,
        anchor=f"d-{day.day.isoformat()}",
        label=format_date(day.day, "d MMMM", locale=current()),
        inside=day.inside,
        working=day.working,
        today=day.day == today,
        holiday=holiday_name(day.rule.source, translator()) if day.rule else "",
        cases=[
            (each.reference, url_for("cases.show", reference=each.reference), is_late(each, now))
            for each in day.cases[:SHOWN]
        ],
        more=len(day.cases) - SHOWN,
    )


def _listed(day: DeadlineDay, names: ReferenceNames, now: datetime) -> tuple[str, str, str, list[CaseListRow]]:
    """Anchor, heading, holiday and rows of a day in the list."""
    heading = format_date(day.day, "EEEE, d MMMM", locale=current())
    rows = case_list_rows(day.cases, runtime().services.definitions, names, now)
    holiday = holiday_name(day.rule.source, translator()) if day.rule else ""
    return f"d-{day.day.isoformat()}", heading[:1].upper() + heading[1:], holiday, rows
