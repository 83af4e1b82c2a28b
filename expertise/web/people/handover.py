"""The hand-over list of an absence: the cases on the absent person's desk, with notes for the deputy. To be printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Row, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.cases.queries import CaseRow
from expertise.cases.views import assignment, handover
from expertise.cases.views.handover import LONGEST
from expertise.identity import runtime
from expertise.people.absences import on
from expertise.people.access import Actor
from expertise.people.model import Absence, Person
from expertise.reports import worklists
from expertise.web.auth.admin_post import act
from expertise.web.cases.rows import CaseListRow, case_list_rows
from expertise.web.kit.choices import listed
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import ErrorLink, new_key
from expertise.web.kit.i18n import said
from expertise.web.kit.messages import describe_problem
from workflows.definition import Definition
from workflows.graph import leads_on
from workflows.refusals import Invalid, Problem, Refusal

blueprint = Blueprint("handing_over", __name__)

MOST = 500  # cases on one list


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@dataclass(frozen=True, slots=True)
class HandoverRow:
    """A case that is left to the deputy."""

    line: CaseListRow
    next: str  # the steps that the role can take
    note: str
    form_field: FormField


@blueprint.get("/absences/<int:absence>/hand-over")
def show(absence: int) -> str:
    """For the absent person, the deputy once it has begun, and the administrator."""
    with runtime().transactions.read() as db:
        return _page(db, absence, {})


@blueprint.post("/absences/<int:absence>/hand-over")
def write(absence: int) -> Response | tuple[str, int]:
    """The notes, by the absent person alone."""
    done = act(lambda db: _write(db, absence), grave=False)
    if isinstance(done, Refusal):
        with runtime().transactions.read() as db:
            return _page(db, absence, dict(done.errors) if isinstance(done, Invalid) else {}), 422
    flash(_("Saved."), "good")
    return redirect(done, 303)


def begun(db: Session, actor: Actor, today: date) -> Sequence[Row[int, date, str]]:
    """The absences in which this person stands in today: id, last day (`until`), and whose they are (`name`)."""
    wanted = select(Absence.id, Absence.until, Person.name).join(Person, Person.id == Absence.person_id)
    return db.execute(wanted.where(Absence.deputy_id == actor.person_id, *on(today)).order_by(Absence.id)).all()


def _write(db: Session, number: int) -> str | Refusal:
    absence = _found(db, number)
    if absence.person_id != identity.actor(db).person_id:
        abort(404)
    names = {row.id: _name(row) for row in _rows(db, absence)}
    typed = {case: request.form.get(name, "").strip() for case, name in names.items()}
    problem = Problem("too_long", (("max", LONGEST),))
    wrong = tuple((names[case], (problem,)) for case, text in typed.items() if len(text) > LONGEST)
    if wrong:
        return Invalid(wrong)
    handover.write_notes(db, absence.id, {case: text.replace("\0", "") for case, text in typed.items()})
    return url_for("handing_over.show", absence=absence.id)


def _found(db: Session, number: int) -> Absence:
    actor, today = identity.actor(db), _today()
    found = db.get(Absence, number)
    stands_in = found is not None and any(found.id == each.id for each in begun(db, actor, today))
    if found is None or not (found.person_id == actor.person_id or stands_in or actor.has("administrator")):
        abort(404)
    return found


def _rows(db: Session, absence: Absence) -> list[CaseRow]:
    absent = handover.absent_as(db, absence, _today())
    return list(worklists.desk(db, absent, limit=MOST)) if absent is not None else []


def _page(db: Session, number: int, problems: Mapping[str, tuple[Problem, ...]]) -> str:
    absence, definitions = _found(db, number), runtime().services.definitions
    rows, notes = _rows(db, absence), handover.notes(db, absence.id)
    shown = case_list_rows(rows, definitions, listed(db), clock.now(), people=assignment.named(db, rows))
    both = (absence.person_id, absence.deputy_id)
    names = dict(db.execute(select(Person.id, Person.name).where(Person.id.in_(both))).all())
    left = [
        HandoverRow(
            line,
            _next(definitions.pinned(row.digest), row),
            notes.get(row.id, ""),
            _form_field(row, line, notes, problems),
        )
        for row, line in zip(rows, shown, strict=True)
    ]
    errors = [
        ErrorLink(f"{each.form_field.label}: {text}", f"#{each.form_field.id}")
        for each in left
        for text in each.form_field.errors
    ]
    return render_template(
        "people/handover.html",
        absence=absence,
        name=names[absence.person_id],
        deputy=names.get(absence.deputy_id or 0, ""),
        left=left,
        own=absence.person_id == identity.actor(db).person_id and absence.ended_at is None,
        errors=errors,
        key=new_key(),
    )


def _form_field(
    row: CaseRow, line: CaseListRow, notes: Mapping[int, str], problems: Mapping[str, tuple[Problem, ...]]
) -> FormField:
    name = _name(row)
    return FormField(
        name,
        "long_text",
        _("Note: %(reference)s", reference=line.reference),
        request.form.get(name, notes.get(row.id, "")),
        errors=tuple(describe_problem(problem) for problem in problems.get(name, ())),
        longest=LONGEST,
    )


def _next(definition: Definition, row: CaseRow) -> str:
    """The steps of the role on whose desk it lies, the main ones alone where there are any."""
    steps = [step for step in definition.steps_from[row.state] if row.owner_role in step.by]
    main = [step for step in steps if leads_on(definition, step, row.state)]
    return ", ".join(said(step.label) for step in main or steps)


def _name(row: CaseRow) -> str:
    return f"note-{row.reference}"


def _today() -> date:
    return runtime().services.calendar.local_day(clock.now())
