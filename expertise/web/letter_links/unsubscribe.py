"""The page behind "unsubscribe" in a mail program: one click, no sign-in (RFC 8058). A GET request changes nothing."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template
from flask_babel import gettext as _

from expertise import identity
from expertise.base import clock
from expertise.base.letter_kinds import LetterKind
from expertise.identity import runtime
from expertise.mail import tokens
from expertise.mail.letters.templates import kind_of
from expertise.people.manage import notification_preferences
from expertise.people.manage.notification_preferences import Choice

blueprint = Blueprint("stop", __name__, url_prefix="/letters/stop")


def attach(app: Flask) -> None:
    """Register the pages. A mail program has no form of ours, so the token alone identifies the person."""
    app.extensions["csrf"].exempt(blueprint)
    app.register_blueprint(blueprint)


@blueprint.get("/<stop>")
def look(stop: str) -> str | tuple[str, int]:
    """The letters that would be stopped. Changes nothing, because mail servers open links as well."""
    with runtime().transactions.read() as db:
        identity.visitor(db)
        found = tokens.find(db, tokens.STOP, stop, clock.now())
    if found is None or found.expired:
        return _over()
    return render_template("letter_links/unsubscribe.html", kind=_name(kind_of(found.letter)), now=None)


@blueprint.post("/<stop>")
def stop(stop: str) -> str | tuple[str, int]:
    """Stop the letters. Answers without a redirect, because a mail program follows none."""
    now = clock.now()
    with runtime().transactions.write() as db:
        identity.visitor(db)
        found = tokens.find(db, tokens.STOP, stop, now)
        if found is None or found.expired:
            return _over()
        kind = kind_of(found.letter)
        left = notification_preferences.stop(db, found.person_id, kind, now)
    return render_template("letter_links/unsubscribe.html", kind=_name(kind), now=_left(left))


def _name(kind: LetterKind) -> str:
    return _("Daily digest") if kind is LetterKind.DIGEST else _("Reminders of deadlines")


def _left(choice: Choice) -> str:
    """The sentence about the letters that still come."""
    if choice is Choice.OFF:
        return _("These letters will not come any more.")
    if choice is Choice.DIGEST:
        return _("They come once a day from now on, in the daily digest.")
    return _("These letters cannot be switched off; they come as before.")


def _over() -> tuple[str, int]:
    return render_template("letter_links/unsubscribed.html"), 404
