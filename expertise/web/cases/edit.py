"""Pages on which a case is opened and its fields are edited: one form, which saves itself where the browser can."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Flask, abort, redirect, render_template, request, url_for
from flask.wrappers import Response
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from expertise import identity
from expertise.cases import desk
from expertise.cases.lookups import Chooser
from expertise.cases.services import UnknownWorkflow
from expertise.cases.views import case_view
from expertise.cases.views.assignment import Assignment
from expertise.identity import runtime
from expertise.people.access import Actor
from expertise.web.cases import load
from expertise.web.cases.autosave import Autosave
from expertise.web.cases.choosable import choices_for, only_region, openable
from expertise.web.cases.files import files_in, receive
from expertise.web.cases.page.frame import latest
from expertise.web.cases.step_form import check_of, shown_by, states_ahead, values_of
from expertise.web.kit import shown
from expertise.web.kit.choices import listed
from expertise.web.kit.errors import wants_json
from expertise.web.kit.form_rows import is_rows, with_rows
from expertise.web.kit.forms import (
    KEY,
    Form,
    kept,
    new_key,
    seen,
    summary,
    typed,
    wrong_in,
)
from expertise.web.kit.i18n import said
from expertise.web.kit.known import known_values
from expertise.web.kit.messages import describe
from workflows.definition import Definition
from workflows.refusals import Invalid, Refusal, Stale

blueprint = Blueprint("editing", __name__)

Answer = AnyResponse | tuple[str, int] | tuple[Response, int] | str


@dataclass(frozen=True, slots=True)
class FormContent:
    """The raw values of a form, what others have stored in the same fields meanwhile, and what was filled in."""

    values: Mapping[str, Any]
    theirs: Mapping[str, str] = field(default_factory=dict)
    known: Collection[str] = ()


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/cases/new")
def choose() -> Answer:
    """Ask for the workflow of the new case; with one only, go on to its form."""
    with runtime().transactions.read() as db:
        choices = openable(identity.actor(db))
    if len(choices) == 1:
        return redirect(url_for("editing.new", workflow=choices[0].key), 303)
    return render_template("cases/choose.html", choices=choices)


@blueprint.get("/cases/new/<workflow>")
def new(workflow: str) -> Answer:
    """Show an empty form."""
    with runtime().transactions.read() as db:
        return _new_form(db, _definition(workflow), {})


@blueprint.post("/cases/new/<workflow>")
def begin(workflow: str) -> Answer:
    """Store the draft; fields may be missing."""
    raw, key = typed(request.form), request.form.get(KEY)
    definition = _definition(workflow)
    if is_rows(request.form):
        with runtime().transactions.read() as db:
            return _new_form(db, definition, with_rows(raw, request.form))
    uploads = _uploads(lambda db: (definition, _fillable(identity.actor(db), definition)))

    def store(values: Mapping[str, Any]) -> desk.Done | Refusal:
        if isinstance(uploads, Invalid):
            return uploads
        return runtime().transactions.run(
            lambda db: desk.open_case(
                desk.Unit(db, runtime().services), identity.actor(db), workflow, values, key, uploads
            )
        )

    if wants_json():
        with runtime().transactions.read() as db:
            names = _fillable(identity.actor(db), definition)
        return _autosaved(definition, raw, store, 0, shown.empty(names))
    done = store(raw)
    if not isinstance(done, Refusal):
        return _onwards(definition, done.reference)
    with runtime().transactions.read() as db:
        return _new_form(db, definition, raw, done), describe(done, definition).status


@blueprint.get("/cases/<reference>/edit")
def edit(reference: str) -> Answer:
    """Show the fields that this person may change now."""
    with runtime().transactions.read() as db:
        return _edit_form(db, load.load_case(db, reference))


@blueprint.post("/cases/<reference>/edit")
def save(reference: str) -> Answer:
    """Store what was typed; a refusal shows all of it again."""
    raw, key, version = typed(request.form), request.form.get(KEY), seen(request.form)
    if version is None:
        abort(422)
    if is_rows(request.form):
        with runtime().transactions.read() as db:
            return _edit_form(db, load.load_case(db, reference), with_rows(raw, request.form))
    uploads, was = _uploads(lambda db: _editable(db, reference)), shown.read(request.form)

    def store(values: Mapping[str, Any]) -> desk.Done | Refusal:
        if isinstance(uploads, Invalid):
            return uploads
        return runtime().transactions.run(
            lambda db: desk.edit(
                desk.Unit(db, runtime().services),
                desk.Request(identity.actor(db), reference, version, key),
                values,
                uploads,
                was,
            )
        )

    with runtime().transactions.read() as db:
        definition = load.definition_of(db, reference)
    if wants_json():
        return _autosaved(definition, raw, store, version, was)
    done = store(raw)
    if not isinstance(done, Refusal):
        return _onwards(definition, reference)
    with runtime().transactions.read() as db:
        view = load.load_case(db, reference)
        return _edit_form(db, view, raw, done), describe(done, view.definition).status


def _uploads(fields: Callable[[Session], tuple[Definition, Iterable[str]]]) -> dict[str, desk.Upload] | Invalid:
    """Store the files that came for `fields`, the ones this person may fill; what came for others is not touched."""
    if not any(each.filename for each in request.files.values()):
        return {}
    with runtime().transactions.read() as db:
        definition, names = fields(db)
        actor = identity.actor(db)
    return receive(request.files, files_in(definition, names), actor)


def _editable(db: Session, reference: str) -> tuple[Definition, Iterable[str]]:
    view = load.load_case(db, reference)
    return view.definition, view.editable


def _fillable(actor: Actor, definition: Definition) -> tuple[str, ...]:
    """Return the fields of a new case for this person. Aborts with 403 for a person who may not open one."""
    roles = actor.opens(definition.key, definition.opened_by)
    if not roles:
        abort(403)
    return definition.states[definition.initial].edit.get(roles[0], ())


def _definition(workflow: str) -> Definition:
    try:
        return runtime().services.definitions.current(workflow)
    except UnknownWorkflow:
        abort(404)


def _new_form(db: Session, definition: Definition, raw: Mapping[str, Any], refusal: Refusal | None = None) -> str:
    actor = identity.actor(db)
    names = _fillable(actor, definition)
    roles = actor.opens(definition.key, definition.opened_by)
    chooser = Chooser(actor, tuple(roles))
    # Who files for others has an account that says nothing about them.
    known = known_values(db, actor, definition, names) if roles[0] == "requester" else {}
    known |= only_region(db, definition, chooser)
    return _form(
        db,
        definition,
        names,
        FormContent(raw or known, known=[name for name, value in known.items() if raw.get(name, value) == value]),
        refusal,
        chooser,
        heading=said(definition.title),
        action=url_for("editing.new", workflow=definition.key),
        reference=None,
        seen=0,
        shown="",
        then=check_of(definition, definition.initial, roles[:1]),
        ahead=_ahead(definition, definition.initial),
        assignment=Assignment(),
        moved=None,
        status=_("Nothing is sent yet. Your text is saved as a draft while you type."),
    )


def _edit_form(
    db: Session, view: case_view.CaseView, raw: Mapping[str, Any] | None = None, refusal: Refusal | None = None
) -> str:
    if not view.editable:
        return _too_late(db, view, raw or {}, refusal)
    values, theirs = values_of(db, view, view.editable, raw or {})
    return _form(
        db,
        view.definition,
        view.editable,
        FormContent(values, theirs),
        refusal,
        case_view.chooser_of(view),
        heading=view.case.title or said(view.definition.title),
        action=url_for("editing.edit", reference=view.case.reference),
        reference=view.case.reference,
        seen=view.case.version,
        shown=shown_by(view, view.editable),
        then=check_of(view.definition, view.case.state, view.roles),
        ahead=_ahead(view.definition, view.case.state),
        assignment=view.assignment,
        status=_("Saved as you type. Nobody is notified until you take a step."),
        moved=latest(view, listed(db), refusal),
    )


def _too_late(db: Session, view: case_view.CaseView, raw: Mapping[str, Any], refusal: Refusal | None) -> str:
    """Show what was typed for a case that has moved on, so that no work is lost."""
    if refusal is None:
        abort(403)
    names = [name for name in raw if name in view.definition.fields]
    return render_template(
        "cases/kept.html",
        case=view.case,
        heading=_("This cannot be changed any more"),
        kept=kept(Form(view.definition, raw).fields(names)),
        errors=summary(describe(refusal, view.definition).items, ()),
        moved=latest(view, listed(db), refusal),
    )


def _form(
    db: Session,
    definition: Definition,
    names: Any,
    content: FormContent,
    refusal: Refusal | None,
    chooser: Chooser,
    **page: Any,
) -> str:
    form = Form(
        definition,
        content.values,
        choices_for(db, definition, names, chooser),
        wrong_in(refusal),
        needed(definition),
        runtime().settings.upload_bytes,
        content.theirs,
        content.known,
    )
    form_fields = form.fields(names)
    items = describe(refusal, definition).items if refusal is not None else ()
    if isinstance(refusal, Stale):
        page["status"] = _("Look at the case first. Saving again stores the fields that you have changed.")
    return render_template(
        "cases/form.html",
        sections=form.sections(form_fields),
        errors=summary(items, form_fields),
        key=new_key(),
        **page,
    )


def _onwards(definition: Definition, reference: str) -> AnyResponse:
    """Go on to the case, or to the check of the answers when the button asked for it."""
    step = request.form.get("_then", "")
    if step in definition.transitions:
        return redirect(url_for("steps.take", reference=reference, step=step), 303)
    return redirect(url_for("cases.show", reference=reference), 303)


def _ahead(definition: Definition, state: str) -> list[str]:
    """Return the next states of a case that nobody has sent yet, each with its owner and its time; none for others."""
    return states_ahead(definition, state) if state == definition.initial else []


def needed(definition: Definition) -> frozenset[str]:
    """Return the fields that some step requires; they may be empty until then."""
    return frozenset(name for step in definition.transitions.values() for name in step.requires)


def _autosaved(
    definition: Definition,
    raw: Mapping[str, Any],
    store: Callable[[Mapping[str, Any]], desk.Done | Refusal],
    version: int,
    was: desk.ShownForm | None,
) -> Answer:
    """Save what can be saved of a form that saves itself, and say what cannot."""
    attempt = Autosave(definition, raw, version)
    done = attempt.run(store)
    return attempt.refused(done) if isinstance(done, Refusal) else attempt.saved(done, was)
