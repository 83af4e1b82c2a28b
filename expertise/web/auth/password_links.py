"""A password that is forgotten, and the links that let a person set one once. Looking changes nothing."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.identity import runtime
from expertise.people.auth import password_links, password_reset
from expertise.people.auth.password_links import OverLink, ValidLink
from expertise.people.auth.sign_in import hash_password, known_of
from expertise.web.auth.known_device import device_of, remember_device
from expertise.web.auth.password_messages import password_wrong
from expertise.web.auth.reauthentication import refusal
from expertise.web.kit.forms import ErrorLink

blueprint = Blueprint("passes", __name__)


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/sign-in/forgotten")
def forgotten() -> str:
    """The form."""
    return _forgotten()


@blueprint.post("/sign-in/forgotten")
def ask() -> str | tuple[str, int]:
    """One answer, one status and the same work, whether there is such an account or not."""
    email, address = request.form.get("email", ""), request.remote_addr or ""
    with runtime().transactions.write() as db:
        refused = password_reset.ask_reset(db, email, address, clock.now(), device_of(email))
    if refused is not None:
        return _forgotten(refusal(refused, "")), 429
    return _forgotten(sent=True)


@blueprint.get("/passes/<token>")
def look(token: str) -> str | tuple[str, int]:
    """The form, while the link works; link scanners of mail servers look, too."""
    with runtime().transactions.read() as db:
        identity.visitor(db)
        good = password_links.find_valid(db, token, clock.now())
        over = None if good is not None else password_links.find_over(db, token, clock.now())
    return _form(good) if good is not None else _over(token, over)


@blueprint.post("/passes/<token>/again")
def ask_again(token: str) -> str | tuple[str, int]:
    """Send a new link in place of one that is over, to the account of the old one and to nobody else."""
    with runtime().transactions.write() as db:
        over = password_links.find_over(db, token, clock.now())
        if over is None:
            return _over(token, None)
        refused = password_reset.ask_again(db, over.person_id, over.purpose, clock.now())
    if refused is not None:
        return _over(token, over, refusal(refused, ""))[0], 429
    return render_template("auth/link_expired.html", over=over, sent=True, errors=[])


@blueprint.post("/passes/<token>")
def choose(token: str) -> Response | str | tuple[str, int]:
    """Set the password, once. Every session of the person ends; who set it signs in with it."""
    new_password, again = request.form.get("password", ""), request.form.get("again", "")
    with runtime().transactions.read() as db:
        good = password_links.find_valid(db, token, clock.now())
        known = known_of(db, good.person_id) if good is not None else ()
    if good is None:
        return _over(token)
    wrong = password_wrong(new_password, again, known)
    if wrong is not None:
        return _form(good, wrong), 422
    hashed = hash_password(new_password)
    with runtime().transactions.write() as db:
        used = password_links.use(db, token, hashed, clock.now())
        if used is not None:
            identity.end(db)
    if used is None:
        return _over(token)
    remember_device(good.email)  # a stranger's wrong guesses must not keep out whoever has just read the letter
    flash(_("Your password is set. Sign in with it."), "good")
    return redirect(url_for("account.sign_in"), 303)


def _forgotten(error: str | None = None, sent: bool = False) -> str:
    return render_template("auth/forgotten.html", errors=[ErrorLink(error, "#f-email")] if error else [], sent=sent)


def _form(good: ValidLink, error: ErrorLink | None = None) -> str:
    return render_template("auth/choose_password.html", good=good, errors=[error] if error else [])


def _over(token: str, over: OverLink | None = None, wrong: str | None = None) -> tuple[str, int]:
    errors = [ErrorLink(wrong, "")] if wrong else []
    return render_template("auth/link_expired.html", over=over, token=token, sent=False, errors=errors), 404
