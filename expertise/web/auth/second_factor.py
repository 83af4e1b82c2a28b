"""The page between password and sign-in: the second factor, by a code or by a passkey."""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.identity import SecondStepNeeded, SignInNeeded, runtime
from expertise.people import history
from expertise.people.auth import second_factor, sessions
from expertise.people.auth.rate_limits import SignInRefused
from expertise.people.auth.webauthn_challenges import CODE
from expertise.people.model import Person
from expertise.web.auth import passkey_requests
from expertise.web.auth.known_device import device_of, remember_device
from expertise.web.auth.reauthentication import refusal
from expertise.web.auth.sign_in import own_page
from expertise.web.kit import unsent
from expertise.web.kit.errors import say, wants_json
from expertise.web.kit.forms import ErrorLink

blueprint = Blueprint("second_step", __name__)


def attach(app: Flask) -> None:
    """Register the page; every other page leads here while the second factor is missing."""
    app.register_blueprint(blueprint)
    app.register_error_handler(SecondStepNeeded, led_here)


def led_here(_error: SecondStepNeeded) -> Response | tuple[Response | str, int]:
    """Lead here from a page that needs a complete sign-in."""
    if wants_json():
        return say(401, _("You are signed out."), _("Sign in in another window, then save."))
    page = unsent.keep_words(by_session=True)
    wanted = page or (unsent.page_address() if request.method == "GET" else "/")
    return redirect(url_for("second_step.ask", next=wanted if wanted != "/" else None), 303)


@blueprint.get("/sign-in/code")
def ask() -> Response | str:
    """The form; who has no second factor yet sets one up first."""
    wanted = own_page(request.args.get("next", ""))
    with runtime().transactions.read() as db:
        if identity.visitor(db) is not None:
            return redirect(wanted, 303)
        who = _who(db)
        if not (second_factor.has(db, who) or passkey_requests.has(db, who)):
            return redirect(url_for("second_factor.show", next=wanted), 303)
    return _form()


@blueprint.post("/sign-in/code")
def give() -> Response | tuple[str, int]:
    """A right code completes the session, which gets a new token."""
    with runtime().transactions.write() as db:
        refused = _checked(db)
    if refused is None:
        return redirect(own_page(request.form.get("next", "")), 303)
    wrong = (
        _("The passkey was not accepted. Try once more.")
        if passkey_requests.submitted()
        else _("The code is not right.")
    )
    return _form(refusal(refused, wrong)), 429 if refused.code == "too_many" else 422


def _checked(db: Session) -> SignInRefused | None:
    now, how = clock.now(), "password_passkey" if passkey_requests.submitted() else "code"
    person = db.get_one(Person, _who(db))
    if how == "code":
        code, device = request.form.get("code", ""), device_of(person.email)
        refused = second_factor.check(db, person, code, identity.key(), now, device)
    else:
        found = passkey_requests.check(db, CODE, person.id)
        refused = found if isinstance(found, SignInRefused) else None
    if refused is None:
        identity.begin(sessions.complete(db, identity.token(), now))
        history.note(db, person, "session:begin", own=True, how=how)
        remember_device(person.email)
    return refused


def _who(db: Session) -> int:
    who = identity.awaiting_second_factor(db)
    if who is None:
        raise SignInNeeded
    return who


def _form(error: str | None = None) -> str:
    with runtime().transactions.read() as db:
        who = _who(db)
        codes = second_factor.has(db, who)
        passkey_requests.offer(db, who)
    return render_template(
        "auth/code.html",
        codes=codes,
        errors=[ErrorLink(error, "#f-code")] if error else [],
        next=request.values.get("next", ""),
    )
