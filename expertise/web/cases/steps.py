"""Pages on which a step is taken: first its consequences and its questions, then the step itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import identity
from expertise.cases import desk
from expertise.cases.actions.fire import CameWithStep, JustOpened
from expertise.cases.views import case_view
from expertise.cases.views.assignment import Assignment
from expertise.identity import runtime
from expertise.people.access import Actor
from expertise.web.auth import reauthentication
from expertise.web.cases import attached_files, load
from expertise.web.cases.attached_files import Attached
from expertise.web.cases.files import files_in, hashed, receive
from expertise.web.cases.page import tabs
from expertise.web.cases.page.frame import latest
from expertise.web.cases.step_form import Sent, answers_of, errors_of, form_of, hindrances, shown_by
from expertise.web.cases.step_offers import HERE, Posted, ahead
from expertise.web.kit.choices import listed
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.form_rows import is_rows, with_rows
from expertise.web.kit.forms import KEY, SURE, kept, new_key, seen, summary, typed
from expertise.web.kit.i18n import said
from expertise.web.kit.messages import describe
from workflows.definition import Transition
from workflows.refusals import Invalid, NotFound, Refusal, WrongRole, WrongState

blueprint = Blueprint("steps", __name__)


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/cases/<reference>/steps/<step>")
def take(reference: str, step: str) -> str | tuple[str, int]:
    """Show the consequences of the step, and its form."""
    with runtime().transactions.read() as db:
        return _page(db, reference, step, None)


@blueprint.post("/cases/<reference>/steps/<step>")
def taken(reference: str, step: str) -> Response | str | tuple[str, int]:
    """Take the step. Files are stored before the transaction, so a slow line holds no lock."""
    raw, key, version = typed(request.form), request.form.get(KEY), seen(request.form)
    if version is None:
        abort(422)
    if is_rows(request.form):
        return _again(reference, step, Sent(with_rows(raw, request.form), rows=True))
    with runtime().transactions.read() as db:
        actor, declared, files, takes = identity.actor(db), *_declared(db, reference, step)
        new = any(name in request.files for name in files) or attached_files.has_new()
        theirs = not new or _is_offered(db, reference, step)
    sent = Sent(raw, attached=_attached(actor, theirs=theirs) if takes else Attached())
    unfinished = _unfinished(reference, step, declared, sent)
    if unfinished is not None:
        return unfinished
    uploads = receive(request.files, files, actor) if theirs else hashed(request.files, files)
    if isinstance(uploads, Invalid) or sent.attached.problems:
        return _again(reference, step, replace(sent, refusal=uploads if isinstance(uploads, Invalid) else None))
    sure = request.form.get(SURE) == "yes"
    asked, came = desk.Request(actor, reference, version, key), CameWithStep(uploads, sent.attached.uploads, not sure)
    done = _fire(asked, step, raw, came, stored=theirs)
    if isinstance(done, Refusal):
        return refused(reference, step, replace(sent, refusal=done))
    flash(said(declared.taken), "good")
    return redirect(url_for("cases.show", reference=reference), 303)


def _fire(
    asked: desk.Request, step: str, raw: Mapping[str, Any], came: CameWithStep, *, stored: bool = True
) -> desk.Done | Refusal:
    """Take the step. With files that are not `stored` only the answer to a request sent before may be good."""

    def unit(db: Session) -> desk.Done | Refusal:
        here = desk.Unit(db, runtime().services)
        done = desk.fire(here, asked, step, raw, came.by_field, came.attached, asks_back=came.asks_back)
        return done if stored or isinstance(done, Refusal) or done.repeated else WrongRole(())

    return runtime().transactions.run(unit)


def _is_offered(db: Session, reference: str, step: str) -> bool:
    return any(each.step.key == step for each in load.load_case(db, reference).offered)


def _declared(db: Session, reference: str, step: str) -> tuple[Transition, list[str], bool]:
    """Return the step, the files it asks for, and whether others may come with it; abort with 404 for a hidden case."""
    definition = load.definition_of(db, reference)
    if step not in definition.transitions:
        abort(404)
    declared = definition.transitions[step]
    return declared, files_in(definition, declared.asks), attached_files.takes_files(definition, declared)


def _attached(actor: Actor, *, theirs: bool) -> Attached:
    """Return the files that came with the comment of the step; stored only if the step is the actor's to take."""
    return attached_files.receive(actor) if theirs else attached_files.hashed(actor)


def _unfinished(reference: str, step: str, declared: Transition, sent: Sent) -> Response | str | tuple[str, int] | None:
    """Return the answer to a step that was not confirmed, or not proved; None when it can be taken."""
    sure = request.form.get(SURE)
    if sure == "no":
        return redirect(url_for("cases.show", reference=reference), 303)
    if declared.weight == "grave" and sure != "yes":
        return _again(reference, step, replace(sent, unsure=True))
    unproved = reauthentication.missing() if declared.risk == "high" else None
    return _again(reference, step, replace(sent, unproved=unproved)) if unproved is not None else None


def _again(reference: str, step: str, sent: Sent) -> str | tuple[str, int]:
    with runtime().transactions.read() as db:
        return _page(db, reference, step, sent)


def refused(reference: str, step: str, sent: Sent) -> str | tuple[str, int]:
    """The page of a step that was refused, with what was typed. Aborts with 404 for a case that is not there."""
    if isinstance(sent.refusal, NotFound):
        abort(404)
    return _again(reference, step, sent)


def _page(db: Session, reference: str, step_key: str, sent: Sent | None) -> str | tuple[str, int]:
    view = load.load_case(db, reference)
    if step_key not in view.definition.transitions:
        abort(404)
    step = view.definition.transitions[step_key]
    offered = next((each for each in view.offered if each.step.key == step_key), None)
    refusal = sent.refusal if sent is not None else None
    repeated = isinstance(refusal, JustOpened)
    if offered is not None and sent is not None and refusal is not None and not repeated and HERE in request.form:
        page = tabs.render(db, view, "overview", Posted(step_key, sent))
        return page, describe(refusal, view.definition).status
    form_fields = form_of(db, view, step, sent or Sent()).fields(step.asks)
    if offered is None:
        return _not_offered(db, view, step, form_fields, sent)
    page = render_template(
        "cases/step.html",
        case=view.case,
        step=step,
        form_fields=form_fields,
        files=attached_files.control(db, view.actor, sent.attached if sent is not None else None)
        if attached_files.takes_files(view.definition, step)
        else None,
        ahead=ahead(offered, view),
        assignment=view.assignment if offered.verdict.role == view.case.owner_role else Assignment(),
        hindrances=hindrances(view, offered) if refusal is None else [],
        errors=errors_of(view, step, refusal, sent),
        moved=latest(view, listed(db), refusal),
        sure_asked=step.weight == "grave" or repeated,
        unsure=sent is not None and (sent.unsure or repeated),
        unproved=step.risk == "high" and reauthentication.unproved(db),
        wrong=sent.unproved if sent is not None else None,
        key=new_key(),
        seen=view.case.version,
        shown=shown_by(view, step.asks),
        answers=answers_of(db, view, step),
    )
    if refusal is not None:
        return page, describe(refusal, view.definition).status
    return (page, 422) if sent is not None and not sent.rows else page


def _not_offered(
    db: Session, view: case_view.CaseView, step: Transition, form_fields: list[FormField], sent: Sent | None
) -> tuple[str, int]:
    """Show what was typed for a step that this person may not take, or that is no longer possible."""
    refusal = sent.refusal if sent is not None else None
    if refusal is None:
        refusal = WrongRole(step.by) if view.case.state in step.sources else WrongState(view.case.state, step.sources)
    described = describe(refusal, view.definition)
    return render_template(
        "cases/kept.html",
        case=view.case,
        heading=said(step.label),
        kept=kept(form_fields) if sent is not None else [],
        errors=summary(described.items, ()),
        moved=latest(view, listed(db), refusal),
    ), described.status
