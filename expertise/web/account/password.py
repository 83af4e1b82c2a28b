"""A new password, for who is signed in and knows the old one."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.identity import runtime
from expertise.people.auth import password_links, sessions
from expertise.people.auth.sign_in import hash_password, known_of
from expertise.people.manage import accounts
from expertise.people.model import Person
from expertise.web.auth import reauthentication
from expertise.web.auth.password_messages import password_wrong
from expertise.web.kit.forms import ErrorLink

blueprint = Blueprint("own_password", __name__)


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/account/password")
def show() -> str:
    """The form."""
    return _form()


@blueprint.post("/account/password")
def change() -> Response | tuple[str, int]:
    """Set it; every other session and every link in a letter ends, and this session gets a new token."""
    with runtime().transactions.read() as db:
        person = db.get_one(Person, identity.actor(db).person_id)
        person_id, known = person.id, known_of(db, person.id)
    new_password = request.form.get("password", "")
    wrong = password_wrong(new_password, request.form.get("again", ""), known)
    if wrong is not None:
        return _form(wrong), 422
    refused = reauthentication.by_password(request.form.get("old", ""))
    if refused is not None:
        error = ErrorLink(reauthentication.refusal(refused, _("The old password is not right.")), "#f-old")
        return _form(error), 429 if refused.code == "too_many" else 422
    hashed, now = hash_password(new_password), clock.now()
    with runtime().transactions.write() as db:
        identity.actor(db)
        new = sessions.reauthenticate(db, identity.token(), now)
        accounts.set_password(db, db.get_one(Person, person_id), hashed, keep_session=new)
        password_links.end_links(db, person_id, now)
        identity.begin(new)
    flash(_("Your password is changed. You are signed out everywhere else."), "good")
    return redirect(url_for("account.show"), 303)


def _form(error: ErrorLink | None = None) -> str:
    with runtime().transactions.read() as db:
        email = db.get_one(Person, identity.actor(db).person_id).email
    return render_template("account/password.html", email=email, errors=[error] if error else [])
