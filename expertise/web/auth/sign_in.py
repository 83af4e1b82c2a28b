"""Signing in and out, the language of the pages, and where one is signed in."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.identity import runtime
from expertise.people.access import load_actor
from expertise.people.auth import passkeys, second_factor
from expertise.people.auth.sign_in import SignInRefused, count_guess, enter
from expertise.people.manage import accounts
from expertise.people.model import Person
from expertise.web.auth.known_device import device_of, remember_device
from expertise.web.auth.reauthentication import refusal
from expertise.web.kit import unsent
from expertise.web.kit.choices import listed
from expertise.web.kit.forms import ErrorLink
from expertise.web.kit.i18n import COOKIE
from expertise.web.kit.messages import role_name
from workflows.definition import LANGUAGES

blueprint = Blueprint("account", __name__)

YEAR = 365 * 24 * 3600

#: The key of `app.extensions` with the name of the external provider, where one is set.
PROVIDER_NAME = "komek-outside-name"
#: Where a demonstration leaves its public password, for the sign-in page: {"password": …}.
DEMO = "komek-demo"


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/sign-in")
def sign_in() -> str:
    """The form."""
    return form()


@blueprint.post("/sign-in")
def submit() -> Response | tuple[str, int]:
    """Count the guess, check it outside of any transaction because hashing is slow, then open a session."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    with runtime().transactions.write() as db:
        attempt = count_guess(db, email, request.remote_addr or "", clock.now(), device_of(email))
    if isinstance(attempt, SignInRefused):
        return form(_refused(attempt), letter=True), 429
    if not attempt.check(password):
        return form(_refused(SignInRefused("wrong"))), 422
    with runtime().transactions.write() as db:
        person = db.get_one(Person, attempt.person_id)
        entered = enter(db, attempt, clock.now(), second_factor_needed=second_factor_needed(db, person.id))
        identity.begin(entered.token)
    wanted = own_page(request.form.get("next", ""))
    if entered.complete:
        remember_device(person.email)
    else:
        wanted = url_for("second_step.ask", next=wanted if wanted != "/" else None)
    return remember(redirect(wanted, 303), person.language)


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End this session."""
    with runtime().transactions.write() as db:
        identity.end(db)
    return redirect(url_for("account.sign_in"), 303)


@blueprint.post("/account/end-all")
def end_all() -> Response:
    """End every session of this person."""
    with runtime().transactions.write() as db:
        identity.end_all(db, identity.actor(db))
    flash(_("You are signed out everywhere."), "good")
    return redirect(url_for("account.sign_in"), 303)


@blueprint.get("/account")
def show() -> str:
    """Name, roles, language, sessions."""
    with runtime().transactions.read() as db:
        person = identity.actor(db)
        names = listed(db)
        grants = [
            f"{role_name(grant.role)}: {names.region(grant.region)}" if grant.region else role_name(grant.role)
            for grant in person.grants
        ]
        sessions = identity.sessions(db, person)
        has = second_factor.has(db, person.person_id or 0)
        count = len(passkeys.list_passkeys(db, person.person_id or 0))
    return render_template("account/show.html", grants=grants, sessions=sessions, second_factor=has, passkeys=count)


@blueprint.post("/language")
def language() -> Response:
    """Keep the choice with the person; the words of a form that came along are given back on its page."""
    chosen = request.form.get("_language") or request.form.get("language", "")
    if chosen not in LANGUAGES:
        abort(422)
    with runtime().transactions.read() as db:
        person = identity.visitor(db)
    if person is not None:
        runtime().transactions.run(lambda db: _keep_language(db, chosen))
    again = unsent.shown_again(chosen) if person is None else None
    if again is not None:
        return remember(again, chosen)
    page = unsent.keep_words() or request.form.get("back", "")
    return remember(redirect(own_page(page), 303), chosen)


def own_page(wanted: str) -> str:
    """Return the path if it is one of Komek, else "/": nothing that a browser could read as another site's address."""
    plain = wanted.isprintable() and "\\" not in wanted
    return wanted if plain and wanted.startswith("/") and not wanted.startswith("//") else "/"


def remember(answer: Response, language: str) -> Response:
    """The language, in a cookie, so that a page speaks the person's language when nobody can look the person up."""
    answer.set_cookie(COOKIE, language, max_age=YEAR, secure=runtime().settings.secure, httponly=True, samesite="Lax")
    return answer


def _keep_language(db: Session, chosen: str) -> None:
    accounts.set_language(db, db.get_one(Person, identity.actor(db).person_id), chosen)


def second_factor_needed(db: Session, person_id: int) -> bool:
    """Return whether the person's roles of today, those as a deputy included, need a second factor."""
    if runtime().settings.second_factor != "required":
        return False
    actor = load_actor(db, person_id, runtime().services.calendar.local_day(clock.now()))
    return actor is not None and second_factor.needed_for(actor.grants)


def form(error: str | None = None, *, letter: bool = False) -> str:
    """Return the sign-in page, with the reason of a refusal; `letter` offers the letter that admits this device."""
    g.setdefault("actor", None)
    return render_template(
        "auth/sign_in.html",
        errors=[ErrorLink(error, "#f-email")] if error else [],
        email=request.form.get("email", ""),
        next=request.values.get("next", ""),
        letter=letter,
        outside=current_app.extensions.get(PROVIDER_NAME),
        demo=current_app.extensions.get(DEMO),
    )


def _refused(refused: SignInRefused) -> str:
    return refusal(refused, _("The e-mail address or the password is not right."))
