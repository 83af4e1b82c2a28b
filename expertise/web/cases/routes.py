"""The page of a case, comments and the diagram."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, abort, redirect, render_template, url_for
from flask.wrappers import Response
from werkzeug.wrappers import Response as AnyResponse

from expertise import identity
from expertise.base import clock
from expertise.cases import queries
from expertise.cases.views import case_view
from expertise.identity import runtime
from expertise.web.cases import case_page, comment_form, load
from expertise.web.cases.comment_form import SentComment
from expertise.web.kit.choices import listed
from expertise.web.kit.forms import new_key
from expertise.web.kit.i18n import current
from workflows.drawing.diagram import svg
from workflows.refusals import NotFound

blueprint = Blueprint("cases", __name__)


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/cases/<reference>")
def show(reference: str) -> str:
    """One case."""
    return _page(reference)


@blueprint.post("/cases/<reference>/comments")
def comment(reference: str) -> AnyResponse | tuple[str, int]:
    """Add a comment to a case."""
    answer = comment_form.post(reference)
    if isinstance(answer, NotFound):
        abort(404)
    if isinstance(answer, SentComment):
        return _page(reference, answer), answer.status
    return redirect(url_for("cases.show", reference=reference, _anchor="comments"), 303)


@blueprint.get("/cases/<reference>/comments/<int:sequence>")
def one_comment(reference: str, sequence: int) -> AnyResponse:
    """Lead to one comment, wherever it stands: the address in letters and notifications."""
    with runtime().transactions.read() as db:
        found = queries.find(db, identity.actor(db), reference)
    if found is None:
        abort(404)
    return redirect(url_for("cases.show", reference=reference, _anchor=f"m{sequence}"), 303)


@blueprint.get("/cases/<reference>/diagram.svg")
def diagram(reference: str) -> Response:
    """The workflow as a picture, with the path this case has taken."""
    with runtime().transactions.read() as db:
        view = case_view.look(db, runtime().services, identity.actor(db), reference, clock.now())
    if view is None:
        abort(404)
    picture = svg(view.definition, current(), path=view.path, current=view.case.state)
    return Response(picture, mimetype="image/svg+xml")


def _page(reference: str, sent: SentComment | None = None) -> str:
    now = clock.now()
    with runtime().transactions.read() as db:
        view = load.load_case(db, reference)
        page: dict[str, Any] = case_page.page(db, runtime().services, view, listed(db), now)
        comments = comment_form.form_of(db, view, sent)
    return render_template(
        "cases/show.html",
        **page,
        comment_form=comments,
        fresh=new_key,
        errors=comments.errors if comments is not None else [],
    )
