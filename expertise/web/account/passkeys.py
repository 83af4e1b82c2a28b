"""The passkeys of who is signed in: made, named, removed, each time after a fresh proof."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import identity
from expertise.identity import runtime
from expertise.people.auth import passkeys
from expertise.people.auth.sessions import end_all_sessions
from expertise.people.manage.accounts import one_line
from expertise.people.model import Person
from expertise.web.auth import passkey_requests, reauthentication
from expertise.web.kit.errors import say
from expertise.web.kit.forms import ErrorLink

blueprint = Blueprint("own_passkeys", __name__, url_prefix="/account/passkeys")
Answer = Response | str | tuple[Response | str, int]


def attach(app: Flask) -> None:
    """Register the page where passkeys work."""
    if passkey_requests.supported_by(app):
        app.register_blueprint(blueprint)


@blueprint.get("")
def show() -> str:
    """The passkeys of this person, and the form for another one."""
    return _page()


@blueprint.post("/prove")
def prove() -> Answer:
    """Show that it is you, before a passkey can be made."""
    reauthentication.demand()
    return redirect(url_for("own_passkeys.show"), 303)


@blueprint.post("/begin")
def begin() -> Answer:
    """Return the options for the device, as JSON. Problems of the form are shown before the device makes a key."""
    wrong = _wrong()
    if wrong is not None:
        return say(422, wrong)
    reauthentication.demand()
    with runtime().transactions.write() as db:
        asked = passkey_requests.ask_to_add(db, _person(db))
    return Response(asked, mimetype="application/json")


@blueprint.post("")
def add() -> Answer:
    """Keep what the device has made."""
    wrong = _wrong()
    if wrong is not None:
        return _page(ErrorLink(wrong, "#f-name")), 422
    reauthentication.demand()
    with runtime().transactions.write() as db:
        person, name = _person(db), one_line(request.form.get("name", ""))
        kept = passkey_requests.add(db, person, name)
    if not kept:
        return _page(ErrorLink(_("The device's answer was not accepted. Press the button once more."), "#f-name")), 422
    return _done(_("The passkey is added. From now on you can sign in with it."))


@blueprint.post("/rename")
def rename() -> Answer:
    """Call one otherwise."""
    name, number = one_line(request.form.get("name", "")), _number()
    if passkeys.name_problem(name) is not None:
        return _page(ErrorLink(_name_wrong(), f"#f-name-{number}")), 422
    reauthentication.demand()
    with runtime().transactions.write() as db:
        if not passkeys.rename(db, _person(db), number, name):
            abort(404)
    return _done(_("Saved."))


@blueprint.post("/remove")
def remove() -> Answer:
    """Forget one, and end the sessions that it may have begun. One that is gone already is no error."""
    number = _number()
    reauthentication.demand()
    with runtime().transactions.write() as db:
        person = _person(db)
        name = passkeys.remove(db, person, number)
        if name is not None:
            end_all_sessions(db, person.id, but=identity.token())
    return _done(_("The passkey is removed, and you are signed out everywhere else. Delete it on the device, too."))


def _done(words: str) -> Answer:
    flash(words, "good")
    return redirect(url_for("own_passkeys.show"), 303)


def _person(db: Session) -> Person:
    return db.get_one(Person, identity.actor(db).person_id)


def _number() -> int:
    text = request.form.get("passkey", "")
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        abort(422)
    return int(text)


def _wrong() -> str | None:
    """Why no passkey of this name can be made."""
    with runtime().transactions.read() as db:
        count = len(passkeys.list_passkeys(db, _person(db).id))
    if count >= passkeys.MOST:
        return _("You have %(max)s passkeys already. Remove one first.", max=passkeys.MOST)
    problem = passkeys.name_problem(one_line(request.form.get("name", "")))
    return None if problem is None else _name_wrong()


def _name_wrong() -> str:
    return _("Give the passkey a name of at most %(max)s characters.", max=passkeys.LONGEST_NAME)


def _page(error: ErrorLink | None = None) -> str:
    with runtime().transactions.read() as db:
        person = _person(db)
        return render_template(
            "account/passkeys.html",
            passkeys=passkeys.list_passkeys(db, person.id),
            unproved=reauthentication.unproved(db),
            errors=[error] if error else [],
            typed=request.form if error else {},
            longest=passkeys.LONGEST_NAME,
        )
