"""Signing in with a passkey; and what a device is asked to sign, for every page that takes one."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, redirect, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.identity import SignInNeeded, runtime
from expertise.people.auth.rate_limits import SignInRefused
from expertise.people.auth.sign_in import open_session
from expertise.people.auth.webauthn_challenges import CODE, PROVE, SIGN_IN
from expertise.people.model import Person
from expertise.web.auth import passkey_requests, sign_in
from expertise.web.auth.known_device import remember_device
from expertise.web.auth.reauthentication import refusal
from expertise.web.kit.errors import say

blueprint = Blueprint("passkeys", __name__)


def attach(app: Flask) -> None:
    """Register the page where passkeys work."""
    if passkey_requests.supported_by(app):
        app.register_blueprint(blueprint)


@blueprint.post("/passkeys/<purpose>")
def ask(purpose: str) -> Response | tuple[Response | str, int]:
    """Return the options for a device, as JSON: at sign-in the same for everybody, else for the person's passkeys."""
    if purpose not in (SIGN_IN, CODE, PROVE):
        abort(404)
    with runtime().transactions.write() as db:
        asked = passkey_requests.ask_to_sign(db, purpose, _who(db, purpose))
    if isinstance(asked, SignInRefused):
        return say(429, refusal(asked, ""))
    return Response(asked, mimetype="application/json")


@blueprint.post("/sign-in/passkey")
def enter() -> Response | tuple[str, int]:
    """Sign in by a passkey, which is both factors at once: the device, and what unlocks it."""
    with runtime().transactions.write() as db:
        found = passkey_requests.check(db, SIGN_IN)
        if isinstance(found, int):
            person = db.get_one(Person, found)
            language = person.language
            entered = open_session(db, found, clock.now(), "passkey", second_factor_needed=False, proved_both=True)
            identity.begin(entered.token)
            remember_device(person.email)
    if isinstance(found, SignInRefused):
        words = refusal(found, _("The passkey was not accepted. Try once more, or sign in with your password."))
        return sign_in.form(words), 429 if found.code == "too_many" else 422
    return sign_in.remember(redirect(sign_in.own_page(request.form.get("next", "")), 303), language)


def _who(db: Session, purpose: str) -> int | None:
    if purpose == SIGN_IN:
        return None
    who = identity.actor(db).person_id if purpose == PROVE else identity.awaiting_second_factor(db)
    if who is None:
        raise SignInNeeded
    return who
