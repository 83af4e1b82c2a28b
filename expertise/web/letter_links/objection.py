"""The page on which the reader of a letter about their account says: it was not me. A GET request changes nothing."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, g, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import account_notices
from expertise.base import clock
from expertise.identity import runtime
from expertise.mail import tokens
from expertise.mail.tokens import FoundToken
from expertise.people.access import Actor
from expertise.people.model import Person
from expertise.web.kit.i18n import said
from expertise.web.letter_links import decision

blueprint = Blueprint("objection", __name__, url_prefix="/act")
blueprint.after_request(decision.keep_to_oneself)


def attach(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(blueprint)


@blueprint.get("/<page_token>/objection")
def look(page_token: str) -> str | tuple[str, int]:
    """Show what the letter reported and the button; once it was pressed, what has happened."""
    with runtime().transactions.read() as db:
        found, person = _found(db, page_token)
        over = found.expired and found.used_at is None
        shown = render_template(
            "letter_links/objection.html",
            reported=said(found.context.get("summary")),
            done=found.used_at is not None,
            over=over,
            closed=not person.active,
            address=person.email,
        )
    return (shown, 410) if over else shown


@blueprint.post("/<page_token>/objection")
def object_(page_token: str) -> Response:
    """Close the account, once. Sent twice, it happens once and both answers show it."""
    with runtime().transactions.write() as db:
        found, _person = _found(db, page_token)
        now = clock.now()
        account_notices.object_to(db, found, now, runtime().services.calendar.local_day(now))
    return redirect(url_for("objection.look", page_token=page_token), 303)


def _found(db: Session, token: str) -> tuple[FoundToken, Person]:
    """Return the token and its person, in whose language the page is. Aborts with 404 for any other letter."""
    found = tokens.find(db, tokens.ACT, token, clock.now())
    if found is None or not found.context.get("objection"):
        abort(404)
    person = db.get_one(Person, found.person_id)
    g.reader = Actor(person.key, name=person.name, language=person.language)
    return found, person
