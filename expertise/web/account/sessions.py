"""Ending one's own sessions: one that was left open somewhere, or all others."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from expertise import identity
from expertise.identity import runtime
from expertise.people.auth.sessions import end_all_sessions, end_one

blueprint = Blueprint("own_sessions", __name__, url_prefix="/account/sessions")


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.post("/end")
def end() -> Response:
    """The session that the list names; one that has ended meanwhile is no error."""
    with runtime().transactions.write() as db:
        end_one(db, identity.actor(db).person_id or 0, request.form.get("key", ""))
    flash(_("The session is ended."), "good")
    return redirect(url_for("account.show"), 303)


@blueprint.post("/end-others")
def end_others() -> Response:
    """All but this one."""
    with runtime().transactions.write() as db:
        end_all_sessions(db, identity.actor(db).person_id or 0, but=identity.token())
    flash(_("You are signed out everywhere else."), "good")
    return redirect(url_for("account.show"), 303)
