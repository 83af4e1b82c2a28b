"""Setting up the second factor: a QR code for the telephone, and ten codes for paper, shown once."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import identity
from expertise.audit import history
from expertise.base import clock
from expertise.identity import SecondStepNeeded, SignInNeeded, runtime
from expertise.people import history as past
from expertise.people.auth import recovery_codes, second_factor, sessions
from expertise.people.auth.rate_limits import SignInRefused
from expertise.people.auth.totp import picture
from expertise.people.model import Person
from expertise.web.auth import passkey_requests, reauthentication
from expertise.web.auth.known_device import device_of, remember_device
from expertise.web.auth.reauthentication import refusal
from expertise.web.auth.sign_in import own_page
from expertise.web.kit.forms import ErrorLink

blueprint = Blueprint("second_factor", __name__, url_prefix="/account/second-factor")


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("")
def show() -> Response | str:
    """Show the state: no second factor, a secret that waits for its first code, or a second factor."""
    return _page()


@blueprint.post("/begin")
def begin() -> Response | tuple[str, int]:
    """Make a new secret. A signed-in person reauthenticates first; one who is half-way just gave the password."""
    with runtime().transactions.read() as db:
        _whose(db)
        signed_in = identity.visitor(db) is not None
    wrong = reauthentication.missing() if signed_in else None
    if wrong is not None:
        return _page(ErrorLink(wrong, f"#f-{reauthentication.PROOF}")), 422
    with runtime().transactions.write() as db:
        second_factor.begin(db, _whose(db), identity.key())
    return redirect(url_for("second_factor.show", next=request.form.get("next") or None), 303)


@blueprint.post("/confirm")
def confirm() -> str | tuple[str, int]:
    """The first code: from here on it is asked for at sign-in. Every other session ends."""
    now = clock.now()
    with runtime().transactions.write() as db:
        person = _whose(db)
        code, device = request.form.get("code", ""), device_of(person.email)
        codes = second_factor.confirm(db, person, code, identity.key(), now, device)
        if not isinstance(codes, SignInRefused):
            token = identity.token()
            new = sessions.complete(db, token, now)
            if new is not None:
                past.note(db, person, "session:begin", how="code")
            new = new or sessions.reauthenticate(db, token, now)
            identity.begin(new)
            remember_device(person.email)
            sessions.end_all_sessions(db, person.id, but=new)
            identity.visitor(db)
    return _not_right(codes) if isinstance(codes, SignInRefused) else _codes(codes)


@blueprint.post("/change")
def change() -> Response | str | tuple[str, int]:
    """New codes for paper, or another telephone: for who can give a code of the one that is set up."""
    with runtime().transactions.write() as db:
        person = db.get_one(Person, identity.actor(db).person_id)
        code, device = request.form.get("code", ""), device_of(person.email)
        refused = second_factor.check(db, person, code, identity.key(), clock.now(), device)
        codes = _changed(db, person, request.form.get("do", "")) if refused is None else None
    if refused is not None:
        return _not_right(refused)
    if codes is not None:
        return _codes(codes)
    flash(_("The old telephone makes no codes for Komek any more."), "good")
    return redirect(url_for("second_factor.show"), 303)


def _changed(db: Session, person: Person, wish: str) -> tuple[str, ...] | None:
    """New codes, or None for another telephone, which is to be set up at once."""
    new = sessions.reauthenticate(db, identity.token(), clock.now())
    identity.begin(new)
    identity.visitor(db)
    if wish != "telephone":
        return second_factor.renew_codes(db, person)
    second_factor.remove(db, person)
    second_factor.begin(db, person, identity.key())
    sessions.end_all_sessions(db, person.id, but=new)
    return None


def _whose(db: Session) -> Person:
    """Return the person signed in, or half-way with no second factor yet; otherwise raise SecondStepNeeded."""
    actor = identity.visitor(db)
    who = actor.person_id if actor is not None else identity.awaiting_second_factor(db)
    if who is None:
        raise SignInNeeded
    if actor is None and (second_factor.has(db, who) or passkey_requests.has(db, who)):
        raise SecondStepNeeded
    person = db.get_one(Person, who)
    history.acting(db, person.key)
    return person


def _not_right(refused: SignInRefused) -> tuple[str, int]:
    error = ErrorLink(refusal(refused, _("The code is not right.")), "#f-code")
    return _page(error), 429 if refused.code == "too_many" else 422


def _codes(codes: tuple[str, ...]) -> str:
    return render_template("account/recovery_codes.html", codes=codes, next=own_page(request.form.get("next", "")))


def _page(error: ErrorLink | None = None) -> str:
    with runtime().transactions.read() as db:
        person = _whose(db)
        has = second_factor.has(db, person.id)
        begun = None if has else second_factor.pending(db, person, identity.key())
        left = recovery_codes.left(db, person.id)
        unproved = identity.visitor(db) is not None and reauthentication.unproved(db)
    return render_template(
        "account/second_factor.html",
        has=has,
        left=left,
        secret=" ".join(begun.secret[at : at + 4] for at in range(0, len(begun.secret), 4)) if begun else None,
        picture=Markup(picture(begun.uri)) if begun else None,  # noqa: S704 drawn by us, from an address that we made
        unproved=unproved,
        errors=[error] if error else [],
        next=request.values.get("next", ""),
    )
