"""A step taken from its row in the list of tasks, without the page of the case between."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import identity
from expertise.cases import desk
from expertise.cases.views.quick_steps import is_plain
from expertise.identity import runtime
from expertise.web.cases import load
from expertise.web.cases.step_form import Sent
from expertise.web.cases.steps import refused
from expertise.web.home.desk import tasks_page
from expertise.web.kit.forms import KEY, ErrorLink, seen, typed
from expertise.web.kit.i18n import said
from expertise.web.kit.messages import describe
from workflows.definition import Definition
from workflows.refusals import NotFound, Refusal

blueprint = Blueprint("tasks", __name__)


def attach(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(blueprint)


@blueprint.post("/desk/steps/<reference>/<step>")
def take(reference: str, step: str) -> Response | str | tuple[str, int]:
    """Take a plain step. A refusal is shown above the tasks, or on the page of the step with what was typed.

    A step that asks more leads on to its own page.
    """
    key, version = request.form.get(KEY), seen(request.form)
    if version is None:
        abort(422)
    with runtime().transactions.read() as db:
        definition = load.definition_of(db, reference)
    if step not in definition.transitions:
        abort(404)
    declared = definition.transitions[step]
    if not is_plain(definition, declared):
        return redirect(url_for("steps.take", reference=reference, step=step), 303)

    raw = {name: text for name, text in typed(request.form).items() if name in declared.asks}

    def unit(db: Session) -> desk.Done | Refusal:
        asked = desk.Request(identity.actor(db), reference, version, key)
        return desk.fire(desk.Unit(db, runtime().services), asked, step, raw)

    done = runtime().transactions.run(unit)
    if isinstance(done, NotFound):
        abort(404)
    if isinstance(done, Refusal):
        return refused(reference, step, Sent(raw, refusal=done)) if raw else _refused(reference, done, definition)
    flash(f"{reference}: {said(declared.taken)}", "good")
    return redirect(url_for("home.desk", hands=request.form.get("hands") or None), 303)


def _refused(reference: str, refusal: Refusal, definition: Definition) -> tuple[str, int]:
    described = describe(refusal, definition)
    url = url_for("cases.show", reference=reference)
    return tasks_page([ErrorLink(f"{reference}: {item.text}", url) for item in described.items]), described.status
