"""The first page: the tasks of the signed-in person, what lies with others, and for the team what waits on whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any

from flask import Blueprint, Flask, abort, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise import identity
from expertise.base import clock
from expertise.cases.queries import CaseRow
from expertise.cases.views import assignment
from expertise.cases.views.quick_steps import quick_steps
from expertise.identity import runtime
from expertise.mail.outbound import circuit_breaker
from expertise.people.access import Actor
from expertise.people.scope import STAFF
from expertise.reports import desk_loads, worklists
from expertise.reports.desk_loads import DeskLoad
from expertise.reports.worklists import Listed
from expertise.text.deadlines import describe_days_left
from expertise.web.admin.calendar_warnings import unconfirmed_ahead
from expertise.web.cases.choosable import openable
from expertise.web.cases.rows import CaseListRow, capitalised, case_list_rows, figure, total_of, with_steps
from expertise.web.kit import filters
from expertise.web.kit.choices import listed
from expertise.web.kit.forms import ErrorLink
from expertise.web.kit.i18n import translator
from expertise.web.kit.messages import role_name
from expertise.web.people import handover
from expertise.web.people.absence_warnings import away_unattended

blueprint = Blueprint("home", __name__)

#: Rows of one group on the first page; the rest is a link away.
SHOWN = 15


def attach(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(blueprint)


#: The worklists that have a page of their own.
TITLES: Mapping[str, Callable[[], str]] = {
    "waiting": lambda: _("To do, the earliest deadline first"),
    "drafts": lambda: _("Drafts"),
    "awaited": lambda: _("With others"),
    "late": lambda: _("Late, the earliest deadline first"),
    "proposed": lambda: _("A correction waits for a second person"),
}
#: The parts of the own tasks, as headings.
PERIODS: Mapping[str, Callable[[], str]] = {
    "late": lambda: _("Late tasks"),
    "week": lambda: _("This week"),
    "later": lambda: _("Later"),
}
#: Values of the address → whose tasks are shown.
ASSIGNED: Mapping[str, Callable[[], str]] = {
    "": lambda: _("All"),
    "mine": lambda: _("Mine"),
    "nobody": lambda: _("Unassigned"),
}


@dataclass(frozen=True, slots=True)
class DeskGroup:
    """The beginning of one worklist, and how long it is. `url` leads to all of it."""

    title: str
    rows: Sequence[CaseListRow]
    total: int
    url: str
    late: bool = False
    deadlines: bool = True
    count: str = ""

    @property
    def more(self) -> bool:
        """Whether the worklist goes on beyond what is shown."""
        return self.total > len(self.rows)


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure of the page, which leads to what it counts."""

    label: str
    count: str
    url: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class DeskLoadRow:
    """The load of one role, as texts; the figures lead to the lists that they count."""

    role: str
    total: str
    url: str
    late: str
    late_url: str
    reference: str
    oldest_url: str
    left: str


@blueprint.get("/")
def desk() -> str:
    """Cases that wait for this person by deadline, cases that wait for others, drafts."""
    return tasks_page()


def tasks_page(errors: Sequence[ErrorLink] = ()) -> str:
    """The first page. `errors`: why a step taken from it was refused."""
    now = clock.now()
    chosen = request.values.get("hands", "")
    chosen = chosen if chosen in ASSIGNED else ""
    with runtime().transactions.read() as db:
        actor = identity.actor(db)
        page = {**_tasks(db, actor, chosen, now), **_warnings(db, actor, now)}
    return render_template(
        "home/desk.html", errors=errors, hands=chosen, today=runtime().services.calendar.local_day(now), **page
    )


def _tasks(db: Session, actor: Actor, chosen: str, now: datetime) -> dict[str, Any]:
    calendar = runtime().services.calendar
    waiting = worklists.worklist(actor, "waiting", now, chosen)
    parts = {name: worklists.in_period(waiting, name, now, calendar) for name in PERIODS}
    found = {name: worklists.page(db, part, limit=SHOWN) for name, part in parts.items()}
    others = {
        name: worklists.page(db, worklists.worklist(actor, name, now), limit=SHOWN)
        for name in TITLES
        if name != "waiting"
    }
    others["elsewhere"] = _late_elsewhere(db, actor, now)
    tasks = _rows(db, {name: each.cases for name, each in found.items()}, actor, now, mine=True)
    rows = _rows(db, {name: each.cases for name, each in others.items()}, actor, now)
    periods = [_period(name, chosen, tasks[name], found[name].total) for name in PERIODS if found[name].cases]
    shared = any(grant.role in STAFF for grant in actor.grants)
    everything = sum(each.total for each in found.values())
    counts = _counts(db, actor, now, chosen, everything) if shared else {"": everything}
    return {
        "periods": periods,
        "groups": [
            DeskGroup(
                _("Late with others") if name == "elsewhere" else TITLES[name](),
                rows[name],
                others[name].total,
                url_for("home.group", group="late" if name == "elsewhere" else name),
                deadlines=name != "drafts",
                count=figure(others[name].total),
            )
            for name in ("proposed", "drafts", "awaited", "elsewhere")
            if rows[name]
        ],
        "tiles": _tiles(others, counts[""]),
        "tabs": [
            (label(), figure(counts[key]), url_for("home.desk", hands=key or None), key == chosen)
            for key, label in ASSIGNED.items()
        ]
        if shared and (counts[""] or chosen)
        else [],
        "can_begin": bool(openable(actor)),
        "loads": _loads(db, actor, now) if actor.is_staff and not chosen else [],
        "staff": actor.is_staff,
        "awaited": others["awaited"].total,
    }


def _period(name: str, chosen: str, rows: Sequence[CaseListRow], total: int) -> DeskGroup:
    url = url_for("home.group", group="waiting", when=name, hands=chosen or None)
    return DeskGroup(PERIODS[name](), rows, total, url, name == "late", count=figure(total))


def _tiles(found: Mapping[str, Listed], waiting: int) -> list[Tile]:
    url = {name: url_for("home.group", group=name) for name in TITLES}
    return [
        Tile(_("Late"), figure(found["late"].total), url["late"], late=found["late"].total > 0),
        Tile(_("To do"), figure(waiting), url["waiting"]),
        Tile(_("With others"), figure(found["awaited"].total), url["awaited"]),
        Tile(_("Drafts"), figure(found["drafts"].total), url["drafts"]),
    ]


def _counts(db: Session, actor: Actor, now: datetime, chosen: str, known: int) -> Mapping[str, int]:
    """How many tasks each of ASSIGNED has; those of the `chosen` one are `known`."""
    return {
        key: known if key == chosen else worklists.count(db, worklists.worklist(actor, "waiting", now, key))
        for key in ASSIGNED
    }


def _warnings(db: Session, actor: Actor, now: datetime) -> dict[str, Any]:
    """Warnings that come before everything else; most of them concern administrators."""
    today, keeps = runtime().services.calendar.local_day(now), actor.has("administrator")
    broken = runtime().services.definitions.broken if keeps else {}
    return {
        "standing_in": handover.begun(db, actor, today),
        "paused": circuit_breaker.status(db) if keeps else circuit_breaker.BreakerStatus(),
        "unattended": away_unattended(db, actor, today),
        "unconfirmed": unconfirmed_ahead(db, runtime().services, actor, now) if keeps else [],
        "broken": [str(fault) for faults in broken.values() for fault in faults],
    }


@blueprint.get("/desk/<group>")
def group(group: str) -> str:
    """One worklist to its end, a page at a time. `when`: only what is due in one of PERIODS."""
    if group not in TITLES:
        abort(404)
    now, chosen, when = clock.now(), request.args.get("hands", ""), request.args.get("when", "")
    with runtime().transactions.read() as db:
        actor = identity.actor(db)
        wanted = worklists.worklist(actor, group, now, chosen)
        wanted = worklists.in_period(wanted, when, now, runtime().services.calendar)
        found = worklists.page(db, wanted, request.args.get("after"))
        rows = _rows(db, {group: found.cases}, actor, now, mine=group == "waiting")[group]
    title = PERIODS[when]() if group == "waiting" and when in PERIODS else TITLES[group]()
    return render_template(
        "home/group.html",
        group=DeskGroup(title, rows, found.total, "", when == "late", group != "drafts"),
        total=total_of(found.total),
        **filters.pager(found.after, group=group),
    )


def _loads(db: Session, actor: Actor, now: datetime) -> list[DeskLoadRow]:
    return [_load(each, now) for each in desk_loads.waiting_on(db, actor, now)]


def _load(each: DeskLoad, now: datetime) -> DeskLoadRow:
    oldest, most, calendar = each.oldest, desk_loads.COUNTED_DESK, runtime().services.calendar
    return DeskLoadRow(
        role=capitalised(role_name(each.role)),
        total=figure(each.total, most),
        url=url_for("cases.listing", owner=each.role, show="open", sort="due"),
        late=figure(each.late, most),
        late_url=url_for("cases.listing", owner=each.role, show="late", sort="due") if each.late else "",
        reference=oldest.reference if oldest is not None else "",
        oldest_url=url_for("cases.show", reference=oldest.reference) if oldest is not None else "",
        left=describe_days_left(oldest.due_at, now, calendar, translator()) if oldest is not None else "",
    )


def _late_elsewhere(db: Session, actor: Actor, now: datetime) -> Listed:
    """The cases that are late on other desks, for the team; `total` counts all of them."""
    if not actor.is_staff:
        return Listed([], None, 0)
    late, waits = worklists.worklist(actor, "late", now), worklists.worklist(actor, "waiting", now)
    elsewhere = replace(late, narrowed=[*late.narrowed, *worklists.not_in(waits)])
    return worklists.page(db, elsewhere, limit=SHOWN)


def _rows(
    db: Session, lists: Mapping[str, Sequence[CaseRow]], actor: Actor, now: datetime, *, mine: bool = False
) -> dict[str, list[CaseListRow]]:
    """The rows of several lists. `mine`: they lie on the person's desk, so that they say for whom, and offer a step."""
    cases = list(chain(*lists.values()))
    people, definitions, names = assignment.named(db, cases), runtime().services.definitions, listed(db)
    steps = quick_steps(db, runtime().services, cases) if mine else {}
    return {
        name: with_steps(
            case_list_rows(rows, definitions, names, now, deputy=actor if mine else None, people=people), rows, steps
        )
        for name, rows in lists.items()
    }
