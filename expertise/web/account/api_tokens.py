"""API tokens: what a program of a person shows. Shown once, ended by a button."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.identity import runtime
from expertise.people.auth import api_tokens
from expertise.people.auth.api_tokens import NewToken
from expertise.people.model import Person
from expertise.web.auth import reauthentication
from expertise.web.kit.forms import NEEDED, ErrorLink
from expertise.web.kit.messages import describe_problem
from workflows.refusals import Invalid, Problem

blueprint = Blueprint("tokens", __name__, url_prefix="/account/tokens")


def attach(app: Flask) -> None:
    """Open the door."""
    app.register_blueprint(blueprint)


@blueprint.get("")
def show() -> str:
    """The tokens of this person, and the form for another one."""
    return _page()


@blueprint.post("")
def issue() -> str | tuple[str, int]:
    """A new token, to be seen on this answer and never again."""
    wrong = reauthentication.missing()
    if wrong is not None:
        return _page([ErrorLink(wrong, f"#f-{reauthentication.PROOF}")]), 422
    days = request.form.get("days", "")
    lasts = timedelta(days=int(days[:6]) if days.isascii() and days.isdigit() else 0)
    with runtime().transactions.write() as db:
        person = db.get_one(Person, identity.actor(db).person_id)
        name, scope = request.form.get("name", "").strip(), request.form.get("scope", "")
        made = api_tokens.issue(db, person, name=name, scope=scope, now=clock.now(), lasts=lasts)
    return (_page(_errors(made)), 422) if isinstance(made, Invalid) else _page(made=made)


@blueprint.post("/revoke")
def revoke() -> Response:
    """End one at once."""
    number = request.form.get("token", "")
    if not number.isascii() or not number.isdigit() or len(number) > 12:
        abort(422)
    with runtime().transactions.write() as db:
        api_tokens.revoke(db, identity.actor(db).person_id or 0, int(number), clock.now())
    flash(_("The token is ended."), "good")
    return redirect(url_for("tokens.show"), 303)


def _errors(invalid: Invalid) -> list[ErrorLink]:
    return [_error(where, problem) for where, problems in invalid.errors for problem in problems]


def _error(where: str, problem: Problem) -> ErrorLink:
    """What to do, where the general sentence would not say it."""
    if where == "lasts":
        return ErrorLink(_("Days: a whole number from 1 to %(max)s.", max=api_tokens.LONGEST.days), "#f-days")
    if where == "scope":
        return ErrorLink(_("Say what the program may do."), "#f-scope")
    name = NEEDED if problem.code == "required" else problem
    return ErrorLink(f"{_('Name of the program')}: {describe_problem(name)}", "#f-name")


def _page(errors: list[ErrorLink] | None = None, made: NewToken | None = None) -> str:
    with runtime().transactions.read() as db:
        actor = identity.actor(db)
        return render_template(
            "account/tokens.html",
            tokens=api_tokens.list_tokens(db, actor.person_id or 0),
            now=clock.now(),
            made=made,
            errors=errors or [],
            unproved=reauthentication.unproved(db),
            typed=request.form if errors else {},
            longest=api_tokens.LONGEST.days,
        )
