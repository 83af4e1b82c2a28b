"""The demonstration's mailbox: what would have been sent, to be read by whoever tries Komek out."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, render_template
from flask.wrappers import Response

from expertise.doors import identity
from expertise.doors.identity import house
from expertise.mail import catcher

door = Blueprint("demo", __name__, url_prefix="/demo")

#: The page may frame one thing: a letter of this house.
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
    """Open the door, in a demonstration only."""
    app.register_blueprint(door)


@door.get("/letters")
def mailbox() -> str:
    """The newest letters."""
    with house().transactions.read() as db:
        identity.visitor(db)
    return render_template("demo/list.html", letters=catcher.caught(house().settings.caught))


@door.get("/letters/<name>")
def letter(name: str) -> Response:
    """One letter: as most programs show it, and as plain text."""
    with house().transactions.read() as db:
        identity.visitor(db)
    answer = Response(render_template("demo/letter.html", letter=_find(name)))
    answer.headers["Content-Security-Policy"] = FRAMING
    return answer


@door.get("/letters/<name>/html")
def html(name: str) -> Response:
    """The HTML body alone, for the frame. Its links open in the whole window."""
    answer = Response(_find(name).html.replace("<head>", '<head><base target="_top">', 1))
    answer.headers["Content-Security-Policy"] = LETTER
    return answer


def _find(name: str) -> catcher.Caught:
    found = catcher.find(house().settings.caught, name)
    if found is None:
        abort(404)
    return found
