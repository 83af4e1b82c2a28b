"""The questions about a recommendation for signed-in users: answer them, enter answers for others, read them."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import identity
from expertise.identity import runtime
from expertise.questionnaires.record_answers import Origin
from expertise.web.follow_up import answer_list, questionnaire_form
from expertise.web.follow_up.questionnaire_form import AskedCheck
from expertise.web.kit.forms import ErrorLink, typed
from workflows.refusals import NotFound, Refusal

blueprint = Blueprint("answering", __name__)


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/cases/<reference>/answers")
def show(reference: str) -> str:
    """The form for people who may answer, and all answers for people who may see the case."""
    with runtime().transactions.read() as db:
        return _page(db, _asked(db, reference))


@blueprint.post("/cases/<reference>/answers")
def answer(reference: str) -> Response | tuple[str, int]:
    """Record the answers; the answer that completes them takes the step."""
    raw = typed(request.form).get("0", {})
    with runtime().transactions.read() as db:
        actor, asked = identity.actor(db), _asked(db, reference)
        if not asked.mine:
            abort(403)
        given, errors = questionnaire_form.read(asked, raw if isinstance(raw, dict) else {})
        if errors or not given:
            wrong = questionnaire_form.links(0, errors, asked) or [
                ErrorLink(_("Answer at least one question."), "#f-0-result")
            ]
            return _page(db, asked, raw, errors, wrong), 422
    kept = runtime().transactions.run(
        lambda db: questionnaire_form.keep(db, runtime().services, actor, [(asked, given)], Origin("entered"))
    )
    if isinstance(kept, NotFound):
        abort(404)
    if isinstance(kept, Refusal):
        abort(403)
    return redirect(url_for("answering.show", reference=reference, kept="yes"), 303)


def _asked(db: Session, reference: str) -> AskedCheck:
    found = questionnaire_form.asked_about(db, runtime().services, identity.actor(db), [(reference, None)])
    if not found:
        abort(404)
    return found[0]


def _page(
    db: Session, asked: AskedCheck, raw: object = None, errors: object = None, wrong: list[ErrorLink] | None = None
) -> str:
    typed_in = raw if isinstance(raw, dict) else {}
    faults = errors if isinstance(errors, dict) else {}
    return render_template(
        "follow_up/questionnaire.html",
        asked=asked,
        form_fields=questionnaire_form.form_fields(asked, 0, typed_in, faults) if asked.mine and asked.open else [],
        answers_given=answer_list.answers_given(db, asked, runtime().services),
        errors=wrong or [],
        kept=request.args.get("kept") == "yes" and wrong is None,
    )
