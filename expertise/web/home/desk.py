"""The first page: the worklist of the signed-in person."""

from __future__ import annotations

from itertools import chain

from flask import Blueprint, Flask, render_template, request

from expertise import identity
from expertise.base import clock
from expertise.cases.views import assignment
from expertise.identity import runtime
from expertise.mail.outbound import circuit_breaker
from expertise.people.scope import STAFF
from expertise.reports import worklists
from expertise.web.admin.calendar_warnings import unconfirmed_ahead
from expertise.web.cases.openable import openable
from expertise.web.cases.rows import case_list_rows
from expertise.web.kit.choices import listed
from expertise.web.people import handover
from expertise.web.people.absence_warnings import away_unattended

blueprint = Blueprint("home", __name__)


def attach(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(blueprint)


@blueprint.get("/")
def desk() -> str:
    """Cases that wait for this person, late ones first; cases that they wait for; drafts."""
    now, definitions = clock.now(), runtime().services.definitions
    with runtime().transactions.read() as db:
        actor, names = identity.actor(db), listed(db)
        drafts = worklists.drafts(db, actor)
        begun = {row.id for row in drafts}
        chosen = request.args.get("hands", "")
        waiting = [row for row in worklists.desk(db, actor, chosen) if row.id not in begun]
        own = begun | {row.id for row in waiting}
        late = [row for row in worklists.late(db, actor, now) if row.id not in own] if actor.is_staff else []
        proposed = worklists.proposals(db, actor)
        awaited = worklists.waited_for(db, actor)
        groups = {"waiting": waiting, "drafts": drafts, "awaited": awaited, "late": late, "proposed": proposed}
        mine, people = {"waiting": actor}, assignment.named(db, chain(*groups.values()))
        shown = {
            name: case_list_rows(rows, definitions, names, now, deputy=mine.get(name), people=people)
            for name, rows in groups.items()
        }
        today, keeps = runtime().services.calendar.local_day(now), actor.has("administrator")
        standing_in = handover.begun(db, actor, today)
        paused = circuit_breaker.status(db) if keeps else circuit_breaker.BreakerStatus()
        unattended = away_unattended(db, actor, today)
        unconfirmed = unconfirmed_ahead(db, runtime().services, actor, now) if keeps else []
    late_count = sum(line.late for group in shown.values() for line in group)
    return render_template(
        "home/desk.html",
        **shown,
        late_count=late_count,
        can_begin=bool(openable(actor)),
        unattended=unattended,
        standing_in=standing_in,
        unconfirmed=unconfirmed,
        broken=[str(fault) for faults in definitions.broken.values() for fault in faults] if keeps else [],
        paused=paused,
        hands=chosen,
        shared=any(grant.role in STAFF for grant in actor.grants),
    )
