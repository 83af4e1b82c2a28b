"""The assignment of a case: claim it, release it, delegate it, hand it over."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.base.collation import sorted_by_name
from expertise.cases import desk
from expertise.cases.actions import assign
from expertise.cases.actions.assign import ACTIONS, AssignmentRequest
from expertise.cases.actions.idempotency import Done
from expertise.cases.views import case_view
from expertise.identity import runtime
from expertise.people.absences import in_force
from expertise.people.access import Actor
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import KEY, NEEDED, ErrorLink, new_key, seen
from expertise.web.kit.messages import describe, describe_problem
from workflows.fields.texts import longest
from workflows.fields.types import COMMENT
from workflows.refusals import Invalid, NotFound, NotReady, Problem, Refusal

blueprint = Blueprint("assignment", __name__)


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/cases/<reference>/holding")
def show(reference: str) -> str | tuple[str, int]:
    """The form that delegates a case or hands it over."""
    with runtime().transactions.read() as db:
        return _page(db, reference, AssignmentRequest(""), None)


@blueprint.post("/cases/<reference>/holding")
def change(reference: str) -> Response | str | tuple[str, int]:
    """Change the assignment. A refusal shows the present assignee and what was typed."""
    form, version = request.form, seen(request.form)
    wish = AssignmentRequest(form.get("action", ""), form.get("to", ""), form.get("_had", ""), form.get("comment", ""))
    if version is None or wish.action not in {*ACTIONS, ""}:
        abort(422)
    done: Done | Refusal = Invalid((("action", (NEEDED,)),))
    if wish.action:
        done = runtime().transactions.run(
            lambda db: desk.assign(
                desk.Unit(db, runtime().services),
                desk.Request(identity.actor(db), reference, version, form.get(KEY)),
                wish,
            )
        )
    if isinstance(done, NotFound):
        abort(404)
    if isinstance(done, Refusal):
        with runtime().transactions.read() as db:
            return _page(db, reference, wish, done)
    flash(_said(wish.action), "good")
    return redirect(url_for("cases.show", reference=reference), 303)


def _said(action: str) -> str:
    words = {
        "claim": _("The case is assigned to you."),
        "release": _("The case is not assigned to you any more."),
        "delegate": _("Noted. The colleague gets a letter."),
        "forward": _("The case is handed over. The colleague gets a letter."),
    }
    return words[action]


def _page(db: Session, reference: str, wish: AssignmentRequest, refusal: Refusal | None) -> str | tuple[str, int]:
    actor = identity.actor(db)
    view = case_view.look(db, runtime().services, actor, reference, clock.now())
    if view is None:
        abort(404)
    if not view.assignment.actions and refusal is None:
        abort(403)
    problems = _problems(refusal)
    form_fields = _form_fields(db, view, actor, wish, problems) if view.assignment.actions else []
    described = describe(refusal, view.definition) if refusal is not None and not problems else None
    errors = [
        ErrorLink(f"{form_field.label}: {sentence}", f"#{form_field.id}")
        for form_field in form_fields
        for sentence in form_field.errors
    ]
    page = render_template(
        "cases/assignment.html",
        case=view.case,
        assignment=view.assignment,
        form_fields=form_fields,
        errors=errors + [ErrorLink(item.text) for item in (described.items if described is not None else ())],
        key=new_key(),
        seen=view.case.version,
    )
    return page if refusal is None else (page, describe(refusal, view.definition).status)


def _problems(refusal: Refusal | None) -> dict[str, tuple[Problem, ...]]:
    """Return the problems of a field of the form."""
    if isinstance(refusal, NotReady):
        return {missing.name: (NEEDED,) for missing in refusal.missing}
    return dict(refusal.errors) if isinstance(refusal, Invalid) else {}


def _form_fields(
    db: Session,
    view: case_view.CaseView,
    actor: Actor,
    wish: AssignmentRequest,
    problems: dict[str, tuple[Problem, ...]],
) -> list[FormField]:
    def wrong(name: str) -> tuple[str, ...]:
        return tuple(describe_problem(problem) for problem in problems.get(name, ()))

    ways = {
        "delegate": _("Delegate to a colleague; the assignee stays accountable"),
        "forward": _("Hand it over: the colleague is accountable from now on"),
    }
    offered = [(action, words) for action, words in ways.items() if action in view.assignment.actions]
    action = wish.action if wish.action in ways else offered[0][0] if len(offered) == 1 else ""
    others = view.assignment.assignee is not None and "delegate" not in view.assignment.actions
    hint = _("It is assigned to somebody else: say why you change that.") if others else ""
    return [
        FormField("action", "choice", _("What"), action, errors=wrong("action"), required=True, choices=offered),
        FormField(
            "to", "choice", _("To whom"), wish.to, errors=wrong("to"), required=True, choices=_to(db, view, actor)
        ),
        FormField(
            "comment", "long_text", _("Reason"), wish.reason, hint, wrong("comment"), others, longest=longest(COMMENT)
        ),
    ]


def _to(db: Session, view: case_view.CaseView, actor: Actor) -> list[tuple[str, str]]:
    """The colleagues in alphabetical order; those who are away today are marked."""
    away = {absence.person_id for absence in in_force(db, runtime().services.calendar.local_day(clock.now()))}
    found = []
    for each in assign.colleagues(db, runtime().services, view.case):
        name = _("%(name)s (me)", name=each.name) if each.person_id == actor.person_id else each.name
        name = _("%(name)s (away)", name=name) if each.person_id in away else name
        found.append((each.key, name))
    return sorted_by_name(found, lambda pair: pair[1])
