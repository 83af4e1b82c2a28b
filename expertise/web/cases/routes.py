"""The page of a case, comments and the diagram."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, abort, redirect, request, url_for
from flask.wrappers import Response
from werkzeug.wrappers import Response as AnyResponse

from expertise import identity
from expertise.base import clock
from expertise.cases.views import case_view, messages
from expertise.identity import runtime
from expertise.web.cases import comment_form
from expertise.web.cases.comment_form import SentComment
from expertise.web.cases.page import tabs
from expertise.web.kit.i18n import current
from workflows.drawing.diagram import svg
from workflows.refusals import NotFound

blueprint = Blueprint("cases", __name__)


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/cases/<reference>")
def show(reference: str) -> str:
    """One case: its overview."""
    return tabs.page(reference, "overview")


def _page_of(tab: str) -> Callable[[str], str]:
    def shown(reference: str) -> str:
        return tabs.page(reference, tab)

    return shown


for _tab in tabs.TABS:
    blueprint.add_url_rule(f"/cases/<reference>/{_tab}", _tab, _page_of(_tab))


@blueprint.post("/cases/<reference>/comments")
def comment(reference: str) -> AnyResponse | tuple[str, int]:
    """Add a comment to a case."""
    answer = comment_form.post(reference)
    if isinstance(answer, NotFound):
        abort(404)
    onto = "files" if request.form.get("_onto") == "files" else "messages"
    if isinstance(answer, SentComment):
        return tabs.said_again(reference, answer, onto), answer.status
    anchor = "comments" if onto == "messages" else None
    return redirect(url_for(f"cases.{onto}", reference=reference, _anchor=anchor), 303)


@blueprint.get("/cases/<reference>/comments/<int:sequence>")
def one_comment(reference: str, sequence: int) -> AnyResponse:
    """Lead to one comment, wherever it stands: the address in letters and notifications."""
    with runtime().transactions.read() as db:
        view = case_view.look(db, runtime().services, identity.actor(db), reference, clock.now())
        if view is None:
            abort(404)
        newer = messages.count_messages(db, view, after=sequence)
    before = sequence + 1 if newer >= messages.SHOWN else None
    return redirect(url_for("cases.messages", reference=reference, before=before, _anchor=f"m{sequence}"), 303)


@blueprint.get("/cases/<reference>/diagram.svg")
def diagram(reference: str) -> Response:
    """The workflow as a picture, with the path this case has taken."""
    with runtime().transactions.read() as db:
        view = case_view.look(db, runtime().services, identity.actor(db), reference, clock.now())
    if view is None:
        abort(404)
    picture = svg(view.definition, current(), path=view.path, current=view.case.state)
    return Response(picture, mimetype="image/svg+xml")
