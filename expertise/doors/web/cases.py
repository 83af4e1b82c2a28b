"""My desk, the list, the page of a case, comments and the diagram."""

from __future__ import annotations

from itertools import chain
from typing import Any

from flask import Blueprint, Flask, abort, redirect, render_template, request, url_for
from flask.wrappers import Response
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from expertise.base import clock
from expertise.cases import desk as verbs
from expertise.cases.views import assignment as hands
from expertise.cases.views import case_view as showing
from expertise.doors import identity
from expertise.doors.identity import house
from expertise.doors.web import casepage, handing_over, listing_filters, looking, menu
from expertise.doors.web.away import away_unattended
from expertise.doors.web.choices import listed
from expertise.doors.web.dressing import dress
from expertise.doors.web.forms import KEY, Sheet, new_key, summary
from expertise.doors.web.language import current
from expertise.doors.web.lists import lines
from expertise.doors.web.unconfirmed import unconfirmed_ahead
from expertise.mail.outbound import circuit_breaker as breaker
from expertise.people.scope import READS_ONLY, STAFF
from expertise.reports import worklists
from workflows.drawing.diagram import svg
from workflows.refusals import Invalid, NotFound, Refusal, WrongRole

door = Blueprint("cases", __name__)


def attach(app: Flask) -> None:
    """Open the door."""
    app.register_blueprint(door)


@door.get("/")
def desk() -> str:
    """What waits for me, late first; what I wait for; drafts."""
    now, kinds = clock.now(), house().shop.kinds
    with house().transactions.read() as db:
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
        mine, people = {"waiting": actor}, hands.named(db, chain(*groups.values()))
        shown = {
            name: lines(rows, kinds, names, now, deputy=mine.get(name), people=people) for name, rows in groups.items()
        }
        today, keeps = house().shop.calendar.local_day(now), actor.has("administrator")
        standing_in = handing_over.begun(db, actor, today)
        paused = breaker.status(db) if keeps else breaker.Status()
        unattended = away_unattended(db, actor, today)
        unconfirmed = unconfirmed_ahead(db, house().shop, actor, now) if keeps else []
    late_count = sum(line.late for group in shown.values() for line in group)
    return render_template(
        "cases/desk.html",
        **shown,
        late_count=late_count,
        can_begin=bool(menu.openable(actor)),
        unattended=unattended,
        standing_in=standing_in,
        unconfirmed=unconfirmed,
        paused=paused,
        hands=chosen,
        shared=any(grant.role in STAFF for grant in actor.grants),
    )


@door.get("/cases")
def listing() -> str:
    """Every case this person may see, narrowed by filters, the most recently changed first."""
    now = clock.now()
    filters = listing_filters.read(request.args)
    with house().transactions.read() as db:
        actor, names = identity.actor(db), listed(db)
        found = worklists.listing(db, actor, filters, now, request.args.get("after"))
        rows = lines(found.cases, house().shop.kinds, names, now, people=hands.named(db, found.cases))
        boxes = listing_filters.boxes(filters, house().shop.kinds, names)
    return render_template(
        "cases/list.html", rows=rows, filters=boxes, total=_total(found.total), **listing_filters.pager(found.after)
    )


@door.get("/cases/<reference>")
def show(reference: str) -> str:
    """One case."""
    return _page(reference)


@door.post("/cases/<reference>/comments")
def comment(reference: str) -> AnyResponse | tuple[str, int]:
    """Say something on a case."""
    text = request.form.get("comment", "")
    key = request.form.get(KEY)
    answer = house().transactions.run(
        lambda db: verbs.comment(db, house().shop, identity.actor(db), reference, text, key)
    )
    if isinstance(answer, NotFound):
        abort(404)
    if isinstance(answer, Refusal):
        return _page(reference, answer, text), 403 if isinstance(answer, WrongRole) else 422
    return redirect(url_for("cases.show", reference=reference, _anchor="comments"), 303)


@door.get("/cases/<reference>/diagram.svg")
def diagram(reference: str) -> Response:
    """The workflow as a picture, with the path this case has taken."""
    with house().transactions.read() as db:
        view = showing.look(db, house().shop, identity.actor(db), reference, clock.now())
    if view is None:
        abort(404)
    picture = svg(view.definition, current(), path=view.path, current=view.case.state)
    return Response(picture, mimetype="image/svg+xml")


def _page(reference: str, refusal: Refusal | None = None, text: str = "") -> str:
    now = clock.now()
    with house().transactions.read() as db:
        view = looking.look(db, reference)
        page: dict[str, Any] = casepage.page(db, house().shop, view, listed(db), now)
    dressed = dress(refusal, view.definition) if refusal is not None else None
    problems = dict(refusal.errors) if isinstance(refusal, Invalid) else {}
    sheet = Sheet(view.definition, {"comment": text}, errors=problems, required={"comment"})
    return render_template(
        "cases/show.html",
        **page,
        may_comment=not view.roles <= READS_ONLY,
        key=new_key(),
        fresh=new_key,
        comment_box=sheet.boxes(["comment"])[0],
        errors=summary(dressed.items) if dressed else [],
    )


def _total(total: int) -> str:
    if total >= worklists.COUNTED:
        return _("More than %(number)s cases", number=worklists.COUNTED - 1)
    return ngettext("%(num)d case", "%(num)d cases", total)
