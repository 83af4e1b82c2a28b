"""The page of a case, comments and the diagram; the address of the list of cases."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, abort, redirect, render_template, request, url_for
from flask.wrappers import Response
from werkzeug.wrappers import Response as AnyResponse

from expertise import identity
from expertise.base import clock
from expertise.cases import desk
from expertise.cases.views import case_view
from expertise.identity import runtime
from expertise.people.scope import READS_ONLY
from expertise.web.cases import case_list, case_page, load
from expertise.web.kit.choices import listed
from expertise.web.kit.forms import KEY, Form, new_key, summary
from expertise.web.kit.i18n import current
from expertise.web.kit.messages import describe
from workflows.drawing.diagram import svg
from workflows.refusals import Invalid, NotFound, Refusal, WrongRole

blueprint = Blueprint("cases", __name__)


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


blueprint.add_url_rule("/cases", "listing", case_list.show)


@blueprint.get("/cases/<reference>")
def show(reference: str) -> str:
    """One case."""
    return _page(reference)


@blueprint.post("/cases/<reference>/comments")
def comment(reference: str) -> AnyResponse | tuple[str, int]:
    """Add a comment to a case."""
    text = request.form.get("comment", "")
    key = request.form.get(KEY)
    answer = runtime().transactions.run(
        lambda db: desk.comment(
            desk.Unit(db, runtime().services), desk.Request(identity.actor(db), reference, key=key), text
        )
    )
    if isinstance(answer, NotFound):
        abort(404)
    if isinstance(answer, Refusal):
        return _page(reference, answer, text), 403 if isinstance(answer, WrongRole) else 422
    return redirect(url_for("cases.show", reference=reference, _anchor="comments"), 303)


@blueprint.get("/cases/<reference>/diagram.svg")
def diagram(reference: str) -> Response:
    """The workflow as a picture, with the path this case has taken."""
    with runtime().transactions.read() as db:
        view = case_view.look(db, runtime().services, identity.actor(db), reference, clock.now())
    if view is None:
        abort(404)
    picture = svg(view.definition, current(), path=view.path, current=view.case.state)
    return Response(picture, mimetype="image/svg+xml")


def _page(reference: str, refusal: Refusal | None = None, text: str = "") -> str:
    now = clock.now()
    with runtime().transactions.read() as db:
        view = load.load_case(db, reference)
        page: dict[str, Any] = case_page.page(db, runtime().services, view, listed(db), now)
    described = describe(refusal, view.definition) if refusal is not None else None
    problems = dict(refusal.errors) if isinstance(refusal, Invalid) else {}
    form = Form(view.definition, {"comment": text}, errors=problems, required={"comment"})
    return render_template(
        "cases/show.html",
        **page,
        may_comment=not view.roles <= READS_ONLY,
        key=new_key(),
        fresh=new_key,
        comment_field=form.fields(["comment"])[0],
        errors=summary(described.items) if described else [],
    )
