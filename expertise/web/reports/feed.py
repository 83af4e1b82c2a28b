"""The feed of deadlines for calendar programs, at its secret address."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, request
from flask.wrappers import Response
from flask_babel import gettext as _

from expertise.base import clock
from expertise.identity import runtime
from expertise.people.access import load_actor
from expertise.people.auth.rate_limits import SignInRefused
from expertise.reports import deadline_feed
from expertise.reports.deadline_feed import FeedAddress
from expertise.text.translator import TRANSLATORS

blueprint = Blueprint("deadline_feed", __name__)


def attach(app: Flask) -> None:
    """Register the address."""
    app.register_blueprint(blueprint)


@blueprint.get("/deadlines/feed/<token>.ics")
def read(token: str) -> Response:
    """The deadlines on the desk of the person, as far as they reach now; 404 for an address that is no feed."""
    now, env = clock.now(), runtime()
    with env.transactions.write() as db:
        found = deadline_feed.owner(db, token, request.remote_addr or "", now)
    if isinstance(found, SignInRefused):
        return Response(_("Too many attempts."), 429, {"Retry-After": str(found.minutes * 60)}, mimetype="text/plain")
    with env.transactions.read() as db:
        actor = load_actor(db, found, env.services.calendar.local_day(now)) if found is not None else None
        if actor is None:
            abort(404)
        cases = deadline_feed.due(db, actor, now)
    address = FeedAddress(env.services.url, env.settings.mail_from)
    name = TRANSLATORS[actor.language].gettext("Komek")
    answer = Response(deadline_feed.write(cases, address, actor.language, name), mimetype="text/calendar")
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
