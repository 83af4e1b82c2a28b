"""The first page: the worklist of the signed-in person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from flask import Blueprint, Flask, abort, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise import identity
from expertise.base import clock
from expertise.cases.queries import CaseRow
from expertise.cases.views import assignment
from expertise.identity import runtime
from expertise.mail.outbound import circuit_breaker
from expertise.people.access import Actor
from expertise.people.scope import STAFF
from expertise.reports import worklists
from expertise.web.admin.calendar_warnings import unconfirmed_ahead
from expertise.web.cases.openable import openable
from expertise.web.cases.rows import CaseListRow, case_list_rows, total_of
from expertise.web.kit import filters
from expertise.web.kit.choices import listed
from expertise.web.people import handover
from expertise.web.people.absence_warnings import away_unattended

blueprint = Blueprint("home", __name__)


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


@dataclass(frozen=True, slots=True)
class DeskGroup:
    """The beginning of one worklist on the desk, and how long it is. `url` leads to all of it."""

    rows: Sequence[CaseListRow]
    total: int
    url: str

    @property
    def count(self) -> str:
        """The total as a figure."""
        return f"{self.total - 1}+" if self.total >= worklists.COUNTED else str(self.total)

    @property
    def number(self) -> str:
        """The total in words; beyond the limit of counting it says so."""
        return total_of(self.total)

    @property
    def more(self) -> bool:
        """Whether the worklist goes on beyond what is shown."""
        return self.total > len(self.rows)


@blueprint.get("/")
def desk() -> str:
    """Cases that wait for this person, late ones first; cases that they wait for; drafts."""
    now = clock.now()
    chosen = request.args.get("hands", "")
    with runtime().transactions.read() as db:
        actor = identity.actor(db)
        found = {name: worklists.page(db, worklists.worklist(actor, name, now, chosen)) for name in TITLES}
        elsewhere = _late_elsewhere(db, actor, now)
        lists = {name: each.cases for name, each in found.items()} | {"elsewhere": elsewhere.cases}
        rows = _rows(db, lists, actor, now)
        totals = {name: each.total for name, each in found.items()} | {"elsewhere": elsewhere.total}
        today, keeps = runtime().services.calendar.local_day(now), actor.has("administrator")
        standing_in = handover.begun(db, actor, today)
        paused = circuit_breaker.status(db) if keeps else circuit_breaker.BreakerStatus()
        unattended = away_unattended(db, actor, today)
        unconfirmed = unconfirmed_ahead(db, runtime().services, actor, now) if keeps else []
    return render_template(
        "home/desk.html",
        groups={name: DeskGroup(rows[name], totals[name], _address(name, chosen)) for name in rows},
        can_begin=bool(openable(actor)),
        unattended=unattended,
        standing_in=standing_in,
        unconfirmed=unconfirmed,
        broken=[str(fault) for faults in runtime().services.definitions.broken.values() for fault in faults]
        if keeps
        else [],
        paused=paused,
        hands=chosen,
        shared=any(grant.role in STAFF for grant in actor.grants),
    )


@blueprint.get("/desk/<group>")
def group(group: str) -> str:
    """One worklist to its end, a page at a time."""
    if group not in TITLES:
        abort(404)
    now, chosen = clock.now(), request.args.get("hands", "")
    with runtime().transactions.read() as db:
        actor = identity.actor(db)
        wanted = worklists.worklist(actor, group, now, chosen)
        found = worklists.page(db, wanted, request.args.get("after"))
        rows = _rows(db, {group: found.cases}, actor, now)[group]
    return render_template(
        "home/group.html",
        title=TITLES[group](),
        deadlines=group != "drafts",
        rows=rows,
        total=total_of(found.total),
        **filters.pager(found.after, group=group),
    )


def _address(name: str, chosen: str) -> str:
    group = "late" if name == "elsewhere" else name
    return url_for("home.group", group=group, hands=chosen if name == "waiting" and chosen else None)


def _late_elsewhere(db: Session, actor: Actor, now: datetime) -> worklists.Listed:
    """The cases that are late on other desks, for the team; `total` counts all of them."""
    if not actor.is_staff:
        return worklists.Listed([], None, 0)
    late, waits = worklists.worklist(actor, "late", now), worklists.worklist(actor, "waiting", now)
    elsewhere = replace(late, narrowed=[*late.narrowed, *worklists.not_in(waits)])
    return worklists.page(db, elsewhere)


def _rows(
    db: Session, lists: Mapping[str, Sequence[CaseRow]], actor: Actor, now: datetime
) -> dict[str, list[CaseListRow]]:
    people, definitions, names = (
        assignment.named(db, chain(*lists.values())),
        runtime().services.definitions,
        listed(db),
    )
    deputy = {"waiting": actor}
    return {
        name: case_list_rows(rows, definitions, names, now, deputy=deputy.get(name), people=people)
        for name, rows in lists.items()
    }
