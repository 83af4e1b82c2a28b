"""The page of a receipt, on which its reader undoes their own step, once. A GET request changes nothing."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from expertise.cases.actions.undo import NotUndoable, Undoable, undoable
from expertise.identity import runtime
from expertise.web.kit.forms import SURE
from expertise.web.kit.i18n import said
from expertise.web.kit.messages import describe
from expertise.web.letter_links import access, decision, decision_text
from expertise.web.letter_links.access import SignedPage
from expertise.web.letter_links.decision_text import Answer
from workflows.refusals import KeyReused, Refusal

#: What the stamp of this form is for: no step can be called so.
PURPOSE = "take-back"


blueprint = Blueprint("signed_undo", __name__, url_prefix="/act")
blueprint.after_request(decision.keep_to_oneself)


def attach(app: Flask) -> None:
    """Register the pages, like `decision`."""
    app.extensions["csrf"].exempt(blueprint)
    app.register_blueprint(blueprint)


@blueprint.get("/<page_token>/take-back")
def show(page_token: str) -> Answer:
    """The step and the effects of undoing it."""
    with runtime().transactions.read() as db:
        return _page(db, page_token, _found(db, page_token))


@blueprint.post("/<page_token>/take-back")
def take_back(page_token: str) -> Answer:
    """Undo the step and consume the page. Sent twice, it happens once."""
    with runtime().transactions.read() as db:
        page = decision.found(db, page_token)
    if not decision.made_here(page, PURPOSE):
        return decision.not_ours(page_token)
    if not page.open or request.form.get(SURE) == "no":
        return redirect(url_for("signed_undo.show", page_token=page_token), 303)
    if request.form.get(SURE) != "yes":
        with runtime().transactions.read() as db:
            return _page(db, page_token, _found(db, page_token), unsure=True)
    done = runtime().transactions.run(lambda db: access.undo(db, runtime().services, page))
    if isinstance(done, Refusal) and not isinstance(done, KeyReused):
        with runtime().transactions.read() as db:
            return _page(db, page_token, _found(db, page_token), done)
    return redirect(url_for("signed_undo.show", page_token=page_token), 303)


def _found(db: Session, token: str) -> SignedPage:
    """The page of a receipt that offers undoing. Aborts with 404 for any other letter."""
    page = decision.found(db, token)
    if "undo" not in page.found.context:
        abort(404)
    return page


def _page(db: Session, token: str, page: SignedPage, refusal: Refusal | None = None, *, unsure: bool = False) -> Answer:
    if not page.open or page.view is None:
        return decision_text.over(db, page)
    view = page.view
    overtaken = page.found.case_version != view.case.version
    can = NotUndoable("nothing") if overtaken else undoable(db, view.definition, view.case, page.actor)
    against = refusal if refusal is not None else None if isinstance(can, Undoable) else can
    header = decision_text.header(db, page)
    if against is not None or not isinstance(can, Undoable):
        described = describe(against or KeyReused(), view.definition)
        why = [item.text for item in described.items]
        return render_template("letter_links/kept.html", **header, why=why), described.status
    shown = render_template(
        "letter_links/undo.html",
        **header,
        step=can.step,
        back_to=said(view.definition.states[can.state].label),
        until=can.until,
        stamp=decision.stamp(page, PURPOSE),
        unsure=unsure,
        back=url_for("signed_undo.show", page_token=token),
    )
    return (shown, 422) if unsure else shown
