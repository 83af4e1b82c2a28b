"""The start page of the demonstration: a visitor chooses a role by one click, or is led through the tour.

Registered in a demonstration only. Nothing here asks for a password: those of a demonstration are public.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, abort, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.demo import accounts, tour
from expertise.demo.accounts import Account
from expertise.identity import runtime
from expertise.people.access import load_actor
from expertise.people.auth.sign_in import open_session
from expertise.people.manage import accounts as manage
from expertise.people.model import Person
from expertise.web.auth import sign_in
from expertise.web.kit import i18n
from expertise.web.kit.errors import START

blueprint = Blueprint("demo_start", __name__, url_prefix="/demo")

#: The cookie that holds the number of the stop, while the visitor is on the tour.
COOKIE = "komek-tour"


def attach(app: Flask) -> None:
    """Register the start page and the bar of the tour at the foot of every page."""
    app.register_blueprint(blueprint)
    app.context_processor(_bar)
    app.extensions[START] = "demo_start.start"


@blueprint.get("")
def start() -> str:
    """The roles, and the stops of the tour."""
    with runtime().transactions.read() as db:
        identity.visitor(db)
    offered = tour.roles()
    first = {role.account.key for role in offered}
    others = [account for account in accounts.accounts().values() if account.key not in first]
    return render_template(
        "demo/start.html", roles=offered, others=others, stops=tour.stops(), password=accounts.PASSWORD
    )


@blueprint.post("/enter/<account>")
def enter(account: str) -> Response:
    """Sign in as this account and show its tasks."""
    found = accounts.accounts().get(account)
    if found is None:
        abort(404)
    answer = _signed_in(found, url_for("home.desk"))
    answer.delete_cookie(COOKIE)
    return answer


@blueprint.post("/tour/<int:number>")
def stop(number: int) -> Response:
    """Sign in as the account of this stop, counted from one, and show what it is about."""
    if not 1 <= number <= len(tour.stops()):
        abort(404)
    shown = tour.stops()[number - 1]
    answer = _signed_in(shown.account, shown.page, shown)
    answer.set_cookie(COOKIE, str(number), secure=runtime().settings.secure, httponly=True, samesite="Lax")
    return answer


@blueprint.post("/tour/end")
def end() -> Response:
    """Leave the tour; the visitor stays signed in."""
    answer = redirect(url_for("demo_start.start"), 303)
    answer.delete_cookie(COOKIE)
    return answer


def _signed_in(account: Account, page: str, shown: tour.TourStop | None = None) -> Response:
    """Open a session of the account and lead to `page`, or to the case of the stop.

    The account takes the language that the visitor reads, for its name too: a tour goes on in one language.
    """
    now = clock.now()
    with runtime().transactions.read() as db:
        identity.visitor(db)
    language = i18n.current()
    with runtime().transactions.write() as db:
        person = db.scalar(select(Person).where(Person.email == account.email, Person.active))
        actor = load_actor(db, person.id, runtime().services.calendar.local_day(now)) if person is not None else None
        if person is None or actor is None:
            abort(404)
        manage.set_language(db, person, language)
        person.name = account.names[language]
        reference = tour.case_at(db, actor, shown) if shown is not None else None
        identity.end(db)
        entered = open_session(db, person.id, now, "demonstration", second_factor_needed=False)
        identity.begin(entered.token)
    if not entered.complete:
        page = url_for("second_step.ask")
    elif reference is not None:
        page = url_for("cases.show", reference=reference)
    return sign_in.remember(redirect(page, 303), language)


def _bar() -> dict[str, Any]:
    """The stop of the tour at which this visitor is, for the layout: None when there is none."""
    text = request.cookies.get(COOKIE, "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0
    known = tour.stops()
    if not 1 <= number <= len(known):
        return {"tour": None}
    return {"tour": {"number": number, "count": len(known), "stop": known[number - 1]}}
