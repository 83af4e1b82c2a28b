"""The extension of a deadline: its limits, the reason, and the decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.cases import desk
from expertise.cases.actions.extend import ExtensionOffer
from expertise.cases.views import case_view
from expertise.identity import runtime
from expertise.text.deadlines import describe_budget
from expertise.web.cases.page.frame import deadline_of, latest
from expertise.web.kit.choices import listed
from expertise.web.kit.forms import KEY, Form, kept, new_key, seen, summary, typed, wrong_in
from expertise.web.kit.i18n import said, translator
from expertise.web.kit.messages import describe
from workflows.extension import DAYS, LABEL, STEP, UNTIL
from workflows.refusals import NotExtendable, NotFound, Refusal, WrongRole

blueprint = Blueprint("extension", __name__)
NAMES = (DAYS, UNTIL, "comment")


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/cases/<reference>/extension")
def ask(reference: str) -> str | tuple[str, int]:
    """The form that extends the deadline."""
    with runtime().transactions.read() as db:
        return _page(db, reference)


@blueprint.post("/cases/<reference>/extension")
def extend(reference: str) -> Response | str | tuple[str, int]:
    """Extend the deadline."""
    raw, key, version = typed(request.form), request.form.get(KEY), seen(request.form)
    if version is None:
        abort(422)
    done = runtime().transactions.run(
        lambda db: desk.extend(
            desk.Unit(db, runtime().services), desk.Request(identity.actor(db), reference, version, key), _filled(raw)
        )
    )
    if isinstance(done, NotFound):
        abort(404)
    if isinstance(done, Refusal):
        with runtime().transactions.read() as db:
            return _page(db, reference, raw, done)
    flash(_("The deadline is extended."), "good")
    return redirect(url_for("cases.show", reference=reference), 303)


def _filled(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the empty fields of a form."""
    return {name: value for name, value in raw.items() if value != ""}


def _page(
    db: Session, reference: str, raw: Mapping[str, Any] | None = None, refusal: Refusal | None = None
) -> str | tuple[str, int]:
    view = case_view.look(db, runtime().services, identity.actor(db), reference, clock.now())
    if view is None:
        abort(404)
    offered = view.extension
    if offered is None or not offered.allowed:
        return _impossible(db, view, raw, refusal)
    page = render_template(
        "cases/extend.html",
        case=view.case,
        heading=said(LABEL),
        deadline=deadline_of(db, runtime().services, view.definition, view.case),
        limits=_limits(view.definition.states[view.case.state].label, offered),
        form_fields=_form(offered, raw or {}, refusal).fields(NAMES),
        errors=summary(describe(refusal, offered.form).items) if refusal is not None else [],
        moved=latest(view, listed(db), refusal),
        key=new_key(),
        seen=view.case.version,
    )
    return page if refusal is None else (page, describe(refusal, offered.form).status)


def _limits(state: Mapping[str, str], offered: ExtensionOffer) -> list[tuple[str, str]]:
    most = offered.form.states[offered.verdict.target].deadline
    at_most = most.extend.at_most if most is not None and most.extend is not None else None
    found = [(_("State"), said(state))]
    if at_most is not None:
        found.append((_("At most at once"), describe_budget(at_most.amount, at_most.unit.value, translator())))
    found.append((_("Still possible, times"), str(offered.times - offered.given)))
    return found


def _impossible(
    db: Session, view: case_view.CaseView, raw: Mapping[str, Any] | None, refusal: Refusal | None
) -> tuple[str, int]:
    """The page of an extension that this person may not grant, that is used up or that the state does not allow."""
    offered = view.extension
    if refusal is None:
        refusal = _why_not(view)
    described = describe(refusal, offered.form if offered is not None else view.definition)
    form_fields = _form(offered, raw, refusal).fields(NAMES) if offered is not None and raw is not None else []
    return render_template(
        "cases/kept.html",
        case=view.case,
        heading=said(LABEL),
        kept=kept(form_fields),
        errors=summary(described.items, ()),
        moved=latest(view, listed(db), refusal),
    ), described.status


def _why_not(view: case_view.CaseView) -> Refusal:
    deadline = view.definition.states[view.case.state].deadline
    if deadline is None or deadline.extend is None:
        return NotExtendable(0)
    if view.extension is None:
        return WrongRole(deadline.extend.by)
    refusals = view.extension.verdict.refusals
    return refusals[0] if refusals else NotExtendable(deadline.extend.times)


def _form(offered: ExtensionOffer, raw: Mapping[str, Any], refusal: Refusal | None) -> Form:
    asks = offered.form.transitions[STEP].asks
    return Form(offered.form, raw, errors=wrong_in(refusal), required={name for name, needed in asks.items() if needed})
