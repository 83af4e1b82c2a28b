"""A letter whose link admits a device: for an owner whose account is closed to unknown devices by a stranger's guesses.

The link opens nothing by itself: password and second factor are still asked for.
"""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.identity import runtime
from expertise.people import history
from expertise.people.auth import known_devices, password_reset
from expertise.people.auth.known_devices import DeviceLink
from expertise.people.model import Person
from expertise.web.auth import sign_in
from expertise.web.auth.known_device import remember_device
from expertise.web.auth.reauthentication import refusal

blueprint = Blueprint("sign_in_link", __name__, url_prefix="/sign-in")


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.post("/letter")
def ask() -> str | tuple[str, int]:
    """Ask for the letter. One answer, one status and the same work, whether there is such an account or not."""
    email, address = request.form.get("email", ""), request.remote_addr or ""
    with runtime().transactions.write() as db:
        refused = password_reset.ask_sign_in_link(db, email, address, clock.now())
    if refused is not None:
        return sign_in.form(refusal(refused, "")), 429
    return render_template("auth/sign_in_link.html", sent=True)


@blueprint.get("/device/<token>")
def look(token: str) -> str | tuple[str, int]:
    """Show the button, while the link works; link scanners of mail servers look, too, and change nothing."""
    link = known_devices.read_link(token, identity.key(), clock.now())
    with runtime().transactions.read() as db:
        identity.visitor(db)
        person = _person(db, link)
    return render_template("auth/sign_in_link.html", sent=False) if person is not None else _over()


@blueprint.post("/device/<token>")
def admit(token: str) -> Response | tuple[str, int]:
    """Make this browser a known device of the account, then ask for the password as always."""
    link = known_devices.read_link(token, identity.key(), clock.now())
    with runtime().transactions.write() as db:
        person = _person(db, link)
        if person is not None:
            history.note(db, person, "device:admit", own=True)
    if link is None or person is None:
        return _over()
    remember_device(link.email, link.device)
    flash(_("You can sign in on this device now."), "good")
    return redirect(url_for("account.sign_in"), 303)


def _person(db: Session, link: DeviceLink | None) -> Person | None:
    """Return the active person for whom the link still works."""
    return None if link is None else db.scalar(select(Person).where(Person.email == link.email, Person.active))


def _over() -> tuple[str, int]:
    return render_template("auth/link_expired.html", over=None, sent=False, errors=[]), 404
