"""A password that is forgotten, and the links that let a person set one once. Looking changes nothing."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.identity import runtime
from expertise.mail.outbound import outbox
from expertise.mail.outbound.outbox import queue_for_nobody
from expertise.people.auth import password_links, password_reset
from expertise.people.auth.password_links import IssuedLink, ValidLink
from expertise.people.auth.rate_limits import SignInRefused
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
    """One answer, one status and the same statements, whether there is such an account or not."""
    now = clock.now()
    with runtime().transactions.write() as db:
        email = request.form.get("email", "")
        asked = password_reset.ask_reset(db, email, request.remote_addr or "", now, device_of(email))
        if isinstance(asked, IssuedLink):
            send(db, asked)
        elif asked is None:
            queue_for_nobody(db, now)
    if isinstance(asked, SignInRefused):
        return _forgotten(refusal(asked, "")), 429
    return _forgotten(sent=True)


@blueprint.get("/passes/<token>")
def look(token: str) -> str | tuple[str, int]:
    """The form, while the link works; link scanners of mail servers look, too."""
    with runtime().transactions.read() as db:
        identity.visitor(db)
        good = password_links.find_valid(db, token, clock.now())
    return _form(good) if good is not None else _over()


@blueprint.post("/passes/<token>")
def choose(token: str) -> Response | str | tuple[str, int]:
    """Set the password, once. Every session of the person ends; who set it signs in with it."""
    new_password, again = request.form.get("password", ""), request.form.get("again", "")
    with runtime().transactions.read() as db:
        good = password_links.find_valid(db, token, clock.now())
        known = known_of(db, good.person_id) if good is not None else ()
    if good is None:
        return _over()
    wrong = password_wrong(new_password, again, known)
    if wrong is not None:
        return _form(good, wrong), 422
    hashed = hash_password(new_password)
    with runtime().transactions.write() as db:
        used = password_links.use(db, token, hashed, clock.now())
        if used is not None:
            identity.end(db)
    if used is None:
        return _over()
    remember_device(good.email)  # a stranger's wrong guesses must not keep out whoever has just read the letter
    flash(_("Your password is set. Sign in with it."), "good")
    return redirect(url_for("account.sign_in"), 303)


def send(db: Session, issued: IssuedLink) -> None:
    """Queue the letter with the link, for an invitation as for a reset."""
    link = runtime().settings.url + url_for("passes.look", token=issued.token)
    now = clock.now()
    outbox.queue(db, [outbox.NewLetter(**password_links.letter_fields(issued, link, now))], now)


def _forgotten(error: str | None = None, sent: bool = False) -> str:
    return render_template("auth/forgotten.html", errors=[ErrorLink(error, "#f-email")] if error else [], sent=sent)


def _form(good: ValidLink, error: ErrorLink | None = None) -> str:
    return render_template("auth/choose_password.html", good=good, errors=[error] if error else [])


def _over() -> tuple[str, int]:
    return render_template("auth/link_expired.html"), 404
