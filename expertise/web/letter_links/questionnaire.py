"""The questions of a letter on its signed page, answered without signing in, in as many parts as the reader likes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Flask, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise.identity import runtime
from expertise.questionnaires.record_answers import Origin
from expertise.web.follow_up import questionnaire_form
from expertise.web.follow_up.questionnaire_form import AskedCheck
from expertise.web.kit.forms import ErrorLink, typed
from expertise.web.letter_links import decision, decision_text
from expertise.web.letter_links.access import SignedPage
from expertise.web.letter_links.decision_text import Answer
from workflows.refusals import Problem, Refusal

blueprint = Blueprint("signed_answers", __name__, url_prefix="/act")
blueprint.after_request(decision.keep_to_oneself)

STEP = "answers"  # as far as the stamp of the form goes


def attach(app: Flask) -> None:
    """Register the pages, like `decision`."""
    app.extensions["csrf"].exempt(blueprint)
    app.register_blueprint(blueprint)


@blueprint.get("/<page_token>/answers")
def show(page_token: str) -> Answer:
    """The questions that the letter asks, or those of its case."""
    with runtime().transactions.read() as db:
        page = decision.found(db, page_token)
        if not page.open:
            return decision_text.over(db, page)
        return _page(page, _asked(db, page))


@blueprint.post("/<page_token>/answers")
def answer(page_token: str) -> Answer:
    """Record the answers. The page stays open for the rest, as long as the link is valid."""
    raw = typed(request.form)
    with runtime().transactions.read() as db:
        page = decision.found(db, page_token)
        if not page.open:
            return decision_text.over(db, page)
        if not decision.made_here(page, STEP):
            return decision.not_ours(page_token)
        asked = _asked(db, page)
    read = [questionnaire_form.read(each, _own(raw, place)) for place, each in enumerate(asked)]
    faults = {place: errors for place, (_given, errors) in enumerate(read) if errors}
    if faults or not any(given for given, _errors in read):
        return _page(page, asked, raw, faults), 422
    items = [(each, given) for each, (given, _errors) in zip(asked, read, strict=True) if each.open and each.mine]
    origin = Origin("form", page.found.letter_id)
    kept = runtime().transactions.run(
        lambda db: questionnaire_form.keep(db, runtime().services, page.actor, items, origin)
    )
    if isinstance(kept, Refusal):
        abort(403)
    return redirect(url_for("signed_answers.show", page_token=page_token, kept="yes"), 303)


def _asked(db: Session, page: SignedPage) -> list[AskedCheck]:
    if page.view is None:
        abort(404)
    pairs: list[tuple[str, str | None]] = [(str(each[0]), str(each[1])) for each in page.found.context.get("asked", ())]
    wanted = list(dict.fromkeys(pairs)) or [(page.view.case.reference, None)]
    found = questionnaire_form.asked_about(db, runtime().services, page.actor, wanted)
    if not found:
        abort(404)
    return found


def _own(raw: Mapping[str, Any], place: int) -> Mapping[str, Any]:
    own = raw.get(str(place), {})
    return own if isinstance(own, dict) else {}


def _page(
    page: SignedPage,
    asked: Sequence[AskedCheck],
    raw: Mapping[str, Any] | None = None,
    faults: Mapping[int, Mapping[str, Problem]] | None = None,
) -> str:
    errors = [
        link for place, wrong in (faults or {}).items() for link in questionnaire_form.links(place, wrong, asked[place])
    ]
    if raw is not None and not errors:
        errors = [ErrorLink(_("Answer at least one question."), "#f-0-result")]
    parts = [
        (each, questionnaire_form.form_fields(each, place, _own(raw or {}, place), (faults or {}).get(place, {})))
        for place, each in enumerate(asked)
    ]
    return render_template(
        "letter_links/questionnaire.html",
        parts=parts,
        reader=page.actor,
        errors=errors,
        kept=request.args.get("kept") == "yes" and raw is None,
        stamp=decision.stamp(page, STEP),
        open=any(each.open and each.mine for each in asked),
    )
