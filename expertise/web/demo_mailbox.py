"""The demonstration's mailbox: what would have been sent, to be read and answered by whoever tries Komek out."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask.wrappers import Response
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from expertise import identity
from expertise.identity import runtime
from expertise.inbox.process import receive_mail
from expertise.mail import dev_catcher
from expertise.mail.inbound.store import Envelope

blueprint = Blueprint("demo", __name__, url_prefix="/demo")

#: Characters of an answer.
LONGEST = 5000
#: The page may frame one thing: a letter of Komek.
FRAMING = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
#: A letter carries its style in itself, as mail programs want it; it can run nothing and load nothing.
LETTER = (
    "sandbox allow-top-navigation-by-user-activation; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'"
)


def attach(app: Flask) -> None:
    """Register the page, in a demonstration only."""
    if app.extensions["komek"].settings.demo:
        app.register_blueprint(blueprint)


@blueprint.get("/letters")
def mailbox() -> str:
    """The newest letters."""
    with runtime().transactions.read() as db:
        identity.visitor(db)
    return render_template("demo_mailbox/list.html", letters=dev_catcher.caught(runtime().settings.caught))


@blueprint.get("/letters/<name>")
def letter(name: str) -> Response:
    """One letter: as most programs show it, and as plain text."""
    with runtime().transactions.read() as db:
        identity.visitor(db)
    return _page(_find(name))


@blueprint.post("/letters/<name>/answer")
def answer(name: str) -> AnyResponse:
    """Take an answer in as the mail server would; the worker does what follows from it."""
    with runtime().transactions.read() as db:
        identity.actor(db)
    letter = _find(name)
    words = request.form.get("words", "").strip()
    if not letter.answers_to:
        abort(404)
    if not words or len(words) > LONGEST:
        return _page(letter, words, _("Write at least a word, and at most %(number)d characters.", number=LONGEST), 422)
    raw = dev_catcher.answer(letter, words, runtime().settings.mail_authserv)
    receive_mail(runtime().transactions, raw, Envelope("demo", letter.to, letter.answers_to))
    flash(_("Your answer has been sent. The result arrives here as a letter in a few seconds."), "good")
    return redirect(url_for("demo.mailbox"), 303)


def _page(letter: dev_catcher.CaughtLetter, words: str = "", wrong: str = "", status: int = 200) -> Response:
    errors = [{"text": wrong, "href": "#f-words"}] if wrong else []
    page = render_template("demo_mailbox/letter.html", letter=letter, words=words, errors=errors, longest=LONGEST)
    made = Response(page, status)
    made.headers["Content-Security-Policy"] = FRAMING
    return made


@blueprint.get("/letters/<name>/html")
def html(name: str) -> Response:
    """The HTML body alone, for the frame. Its links open in the whole window."""
    body = Response(_find(name).html.replace("<head>", '<head><base target="_top">', 1))
    body.headers["Content-Security-Policy"] = LETTER
    return body


def _find(name: str) -> dev_catcher.CaughtLetter:
    found = dev_catcher.find(runtime().settings.caught, name)
    if found is None:
        abort(404)
    return found
