"""Corrections: the proposal of one person and the answer of a second person."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import identity
from expertise.cases import desk
from expertise.cases import events as case_events
from expertise.cases.actions.correct import CorrectionRequest
from expertise.cases.actions.idempotency import Done
from expertise.cases.actions.pending_correction import pending, proposers
from expertise.cases.events import BACK, MISTAKEN, Correctable
from expertise.cases.views.case_view import CaseView, chooser_of
from expertise.identity import runtime
from expertise.text.events import describe_event
from expertise.text.values import display
from expertise.web.auth import reauthentication
from expertise.web.cases import load
from expertise.web.cases.choosable import choices_for
from expertise.web.cases.load import names_in
from expertise.web.cases.step_form import Sent, shown_by, values_of
from expertise.web.kit.choices import listed
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import KEY, ErrorLink, Form, new_key, seen, typed, wrong_in
from expertise.web.kit.i18n import said
from expertise.web.kit.messages import describe, role_name
from workflows.refusals import Invalid, NotFound, Refusal

blueprint = Blueprint("correcting", __name__)

Answer = Response | str | tuple[str, int]


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/cases/<reference>/corrections/<int:wrong>")
def wrong(reference: str, wrong: int) -> Answer:
    """The form that corrects one event."""
    with runtime().transactions.read() as db:
        return _form(db, reference, wrong, Sent())


@blueprint.post("/cases/<reference>/corrections/<int:wrong>")
def propose(reference: str, wrong: int) -> Answer:
    """Propose the correction to a second person."""
    raw, version = typed(request.form), seen(request.form)
    if version is None:
        abort(422)
    values = {name: value for name, value in raw.items() if name not in ("comment", "mistaken", "back")}
    wish = CorrectionRequest(
        wrong, str(raw.get("comment", "")), values, raw.get("mistaken") == "yes", raw.get("back") == "yes"
    )
    key = request.form.get(KEY)
    done = runtime().transactions.run(
        lambda db: desk.propose(
            desk.Unit(db, runtime().services), desk.Request(identity.actor(db), reference, version, key), wish
        )
    )
    if isinstance(done, NotFound):
        abort(404)
    if isinstance(done, Refusal):
        with runtime().transactions.read() as db:
            return _form(db, reference, wrong, Sent(raw, done))
    flash(_("The correction is proposed. It takes effect when a second person confirms it."), "good")
    return redirect(url_for("cases.show", reference=reference), 303)


@blueprint.get("/cases/<reference>/correction")
def show_pending(reference: str) -> Answer:
    """The correction that waits for a second person."""
    with runtime().transactions.read() as db:
        return _pending_page(db, reference, Sent())


@blueprint.post("/cases/<reference>/correction")
def answer(reference: str) -> Answer:
    """Confirm or decline the pending correction."""
    raw, version, key = typed(request.form), seen(request.form), request.form.get(KEY)
    verdict, reason = raw.get("verdict"), str(raw.get("comment", ""))
    if version is None or verdict not in ("confirm", "decline"):
        abort(422)
    if verdict == "confirm" and (unproved := reauthentication.missing()) is not None:
        with runtime().transactions.read() as db:
            return _pending_page(db, reference, Sent(raw, unproved=unproved))

    def unit(db: Session) -> Done | Refusal:
        actor = identity.actor(db)
        if verdict == "confirm":
            return desk.confirm(desk.Unit(db, runtime().services), desk.Request(actor, reference, version, key))
        return desk.decline(desk.Unit(db, runtime().services), desk.Request(actor, reference, version, key), reason)

    done = runtime().transactions.run(unit)
    if isinstance(done, Refusal) and not isinstance(done, NotFound):
        with runtime().transactions.read() as db:
            return _pending_page(db, reference, Sent(raw, done))
    if isinstance(done, Refusal):
        abort(404)
    flash(_("Corrected.") if verdict == "confirm" else _("Everything stays as it was."), "good")
    return redirect(url_for("cases.show", reference=reference), 303)


# --- the page of a proposal ---------------------------------------------------------------------


def _form(db: Session, reference: str, number: int, sent: Sent) -> Answer:
    view = load.load_case(db, reference)
    told = case_events.read_events(db, view.case.id)
    event = next((each for each in view.events if each.sequence == number), None)
    if event is None:
        abort(404)
    can = case_events.correctable(view.definition, view.case.state, told, told[number - 1])
    if sent.refusal is None and (not can or not view.roles & set(proposers(told[number - 1]))):
        abort(403)
    form_fields = _form_fields(db, view, can, sent)
    page = render_template(
        "cases/correct.html",
        case=view.case,
        entry=describe_event(event, view.definition, names_in(view, listed(db))),
        form_fields=form_fields if can else [],
        errors=_errors(view, sent, form_fields),
        key=new_key(),
        seen=view.case.version,
        shown=shown_by(view, can.fields),
    )
    return page if sent.refusal is None else (page, describe(sent.refusal, view.definition).status)


def _form_fields(db: Session, view: CaseView, can: Correctable, sent: Sent) -> list[FormField]:
    values, theirs = values_of(db, view, can.fields, sent.raw)
    form = Form(
        definition=view.definition,
        values=values,
        choices=choices_for(db, view.definition, can.fields, chooser_of(view)),
        errors=wrong_in(sent.refusal),
        required={*can.fields, "comment"},
        theirs=theirs,
    )
    more = []
    if can.comment:
        more.append(
            FormField("mistaken", "confirm", _("What was said there was a mistake"), sent.raw.get("mistaken", ""))
        )
    if can.back is not None:
        state = said(view.definition.states[can.back].label)
        label = _("The step was a mistake: back to “%(state)s”", state=state)
        more.append(FormField("back", "confirm", label, sent.raw.get("back", "")))
    return [*form.fields(can.fields), *more, *form.fields(["comment"])]


def _errors(view: CaseView, sent: Sent, form_fields: list[FormField]) -> list[ErrorLink]:
    if sent.unproved is not None:
        return [ErrorLink(sent.unproved, f"#f-{reauthentication.PROOF}")]
    if isinstance(sent.refusal, Invalid) and any(name == "what" for name, _problems in sent.refusal.errors):
        return [ErrorLink(_("Say what is right, or what was a mistake: nothing is changed yet."))]
    items = describe(sent.refusal, view.definition).items if sent.refusal is not None else ()
    there = {form_field.name for form_field in form_fields}
    return [ErrorLink(item.text, f"#f-{item.field}" if item.field in there else "") for item in items]


# --- the page of the second person --------------------------------------------------------------


def _pending_page(db: Session, reference: str, sent: Sent) -> Answer:
    view = load.load_case(db, reference)
    proposed = pending(db, view.definition, view.case)
    if proposed is None:
        abort(404)
    events = {each.sequence: each for each in view.events}
    told = [events.get(each.sequence) for each in (proposed.event, proposed.wrong)]
    mine = identity.actor(db).key in proposed.event.persons
    names = names_in(view, listed(db))
    back = proposed.can.back if proposed.event.values.get(BACK) else None
    page = render_template(
        "cases/correction.html",
        case=view.case,
        entries=[describe_event(event, view.definition, names) for event in told if event is not None],
        reason=proposed.event.values["comment"],
        changes=[
            tuple(display(view.definition.fields[name], value, names) for value in (view.case.fields.get(name), right))
            for name, right in proposed.values.items()
        ],
        mistaken=bool(proposed.event.values.get(MISTAKEN)),
        back=said(view.definition.states[back].label) if back else "",
        stands=proposed.stands,
        roles=", ".join(role_name(role) for role in proposed.roles),
        mine=mine,
        may=bool(view.roles & set(proposed.roles)) and not mine,
        form_field=Form(view.definition, sent.raw, errors=wrong_in(sent.refusal)).fields(["comment"])[0],
        unproved=reauthentication.unproved(db),
        wrong=sent.unproved,
        errors=_errors(view, sent, []),
        key=new_key(),
        seen=view.case.version,
    )
    if sent.refusal is not None:
        return page, describe(sent.refusal, view.definition).status
    return page if sent.unproved is None else (page, 422)
