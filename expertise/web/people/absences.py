"""Absences: one's own, everybody's for the administrator, and who is away without anybody to act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from expertise import identity
from expertise.base import clock
from expertise.identity import runtime
from expertise.people import absences as absence
from expertise.people.absences import NewAbsence
from expertise.people.access import Actor
from expertise.people.deputies import team
from expertise.people.model import Absence, Person
from expertise.people.scope import STAFF, Scope
from expertise.web.auth.admin_post import act
from expertise.web.kit.filters import offset, pager
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import new_key
from expertise.web.people.absence_warnings import takes_part
from expertise.web.people.form_fields import FormState, roles, scope_fields, scope_text, sent
from expertise.web.people.form_input import FormReader
from expertise.web.people.messages import causes
from expertise.web.people.people import Answer
from workflows.refusals import Invalid, Problem, Refusal

blueprint = Blueprint("absences", __name__)

KNOWING = "knowing"
PAGE = 50  # absences of one page


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@dataclass(frozen=True, slots=True)
class AbsenceLine:
    """One absence in the list."""

    absence: Absence
    name: str
    deputy: str
    scope: str
    cause: str
    over: bool


@blueprint.get("/absences")
def listing() -> str:
    """The absences one may see, and the form of a new one."""
    return _page(FormState())


@blueprint.post("/absences")
def record() -> Answer:
    """Note an absence."""
    done = act(_record)
    if isinstance(done, Refusal):
        return _page(sent(done)), 422
    flash(_("The absence is recorded."), "good")
    return redirect(done, 303)


@blueprint.post("/absences/<int:absence>/end")
def end(absence: int) -> Answer:
    """The person is back, or it was a mistake."""
    done = act(lambda db: _end(db, absence))
    if isinstance(done, Refusal):
        return _page(FormState(refusal=done)), 422
    flash(_("The absence is ended."), "good")
    return redirect(done, 303)


def _visitor(db: Session) -> Actor:
    actor = identity.actor(db)
    if not takes_part(actor):
        abort(404)
    return actor


def _record(db: Session) -> str | Refusal:
    actor, reading, colleagues = _visitor(db), FormReader(), _team(db)
    person_key = reading.chosen("person", colleagues, required=True) if actor.has("administrator") else actor.key
    since, until = reading.days(required=True)
    cause = reading.chosen("cause", causes(), required=True)
    deputy, scope = reading.chosen("deputy", colleagues), reading.scope(db, roles(list(STAFF)), role=False)
    if reading.problems or since is None or until is None or cause is None:
        return reading.problems or Invalid(())
    wanted = NewAbsence(since, until, cause, reading.text("note"), _id(db, deputy), scope)
    person = db.get_one(Person, _id(db, person_key))
    knowing = request.form.get(KNOWING) == "yes"
    noted = absence.record(db, person, wanted, recorded_by_id=actor.person_id or 0, now=clock.now(), knowing=knowing)
    return noted if isinstance(noted, Invalid) else url_for("absences.listing")


def _end(db: Session, number: int) -> str | Refusal:
    actor = _visitor(db)
    found = db.get(Absence, number)
    if found is None or not (actor.has("administrator") or found.person_id == actor.person_id):
        abort(404)
    absence.end(db, found, clock.now())
    return url_for("absences.listing")


def _page(entry: FormState) -> str:
    today = runtime().services.calendar.local_day(clock.now())
    with runtime().transactions.read() as db:
        actor = _visitor(db)
        start = offset()
        lines, total = _lines(db, None if actor.has("administrator") else actor.person_id, today, start)
        form_fields = _form_fields(db, actor, entry)
        return render_template(
            "people/absences.html",
            lines=lines,
            form_fields=form_fields,
            everybody=actor.has("administrator"),
            errors=entry.links(),
            key=new_key(),
            fresh=new_key,
            total=ngettext("%(num)d absence", "%(num)d absences", total),
            **pager(str(start + PAGE) if start + PAGE < total else None),
        )


def _form_fields(db: Session, actor: Actor, entry: FormState) -> list[FormField]:
    colleagues = _team(db)
    whose = (
        [entry.form_field("person", "choice", required=True, choices=colleagues)] if actor.has("administrator") else []
    )
    others = [(key, name) for key, name in colleagues if whose or key != actor.key]
    hint = _("Without a deputy, the tasks of this person stay where they are.")
    found = [
        *whose,
        entry.day("since", required=True),
        entry.day("until", required=True),
        entry.form_field("cause", "choice", required=True, choices=causes()),
        entry.form_field("deputy", "choice", choices=others, hint=hint),
    ]
    asked = {"deputy_away": _("The deputy is away, too, and I want it nevertheless")}
    asked["stands_in"] = _("Somebody is left without a deputy, and it has to be so nevertheless")
    found += [FormField(KNOWING, "confirm", asked[each.code], "") for each in _problems(entry) if each.code in asked]
    return [*found, *scope_fields(db, entry, roles(list(STAFF)), role=False), entry.form_field("note")]


def _problems(entry: FormState) -> list[Problem]:
    errors = entry.refusal.errors if isinstance(entry.refusal, Invalid) else ()
    return [problem for _field, problems in errors for problem in problems]


def _lines(db: Session, person_id: int | None, today: date, start: int) -> tuple[list[AbsenceLine], int]:
    """A page of absences and the number of all, the latest first; for the administrator those that are not over."""
    wanted = select(Absence).order_by(Absence.since.desc(), Absence.id.desc())
    if person_id is None:
        wanted = wanted.where(Absence.until >= today, Absence.ended_at.is_(None))
    else:
        wanted = wanted.where(Absence.person_id == person_id)
    total = db.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    found = db.scalars(wanted.offset(start).limit(PAGE)).all()
    ids = {number for each in found for number in (each.person_id, each.deputy_id)}
    names = dict(db.execute(select(Person.id, Person.name).where(Person.id.in_(ids))).all())
    said = dict(causes())
    lines = [
        AbsenceLine(
            each,
            names[each.person_id],
            names.get(each.deputy_id or 0, ""),
            scope_text(db, Scope(each.role, each.region, each.workflow)),
            said[each.cause],
            each.ended_at is not None or each.until < today,
        )
        for each in found
    ]
    return lines, total


def _team(db: Session) -> list[tuple[str, str]]:
    return team(db, runtime().services.calendar.local_day(clock.now()))


def _id(db: Session, key: str | None) -> int | None:
    return db.scalar(select(Person.id).where(Person.key == key)) if key is not None else None
