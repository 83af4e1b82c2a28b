"""The address to which a page sends what was typed when it is left, and the link by which a person gives it up."""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, request
from werkzeug.wrappers import Response

from expertise import identity
from expertise.identity import runtime
from expertise.people import unsent_forms
from expertise.web.auth.sign_in import own_page
from expertise.web.kit import unsent

blueprint = Blueprint("unsent", __name__, url_prefix="/unsent")


def attach(app: Flask) -> None:
    """Register the addresses."""
    app.register_blueprint(blueprint)


@blueprint.post("")
def leave() -> tuple[str, int]:
    """Keep a form of a page that is being left. The answer is empty: nobody reads it."""
    unsent.keep_words()
    return "", 204


@blueprint.get("/discard")
def discard() -> Response:
    """Forget what was kept. The link is signed for its person, so that nobody else can make one."""
    note = unsent.read_note(request.args.get("form", ""))
    with runtime().transactions.write() as db:
        if note is not None and note.who == identity.actor(db).key:
            unsent_forms.drop(db, note.who, [note.key])
    return redirect(own_page(note.address if note is not None else "/"), 303)
