"""The calendar of the country and of organisations: its special days, whether a year is confirmed, what was changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise import identity
from expertise.base import clock
from expertise.calendars.changes import Authority, confirm, move_days
from expertise.calendars.model import COUNTRY, CalendarYear
from expertise.calendars.public_holidays import FIRST_YEAR
from expertise.identity import runtime
from expertise.people.access import Actor
from expertise.people.model import Organisation
from expertise.people.scope import EVERYWHERE
from expertise.text.holidays import holiday_name
from expertise.web.admin import calendar_text
from expertise.web.auth.admin_post import act
from expertise.web.kit.choices import organisations
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import new_key
from expertise.web.kit.i18n import translator
from expertise.web.people.form_fields import FormState, sent
from expertise.web.people.form_input import FormReader
from expertise.web.people.people import Answer
from expertise.web.people.permissions import administrator
from workflows.calendar import DayRule
from workflows.refusals import Invalid, Problem, Refusal

blueprint = Blueprint("calendar", __name__)

LAST_YEAR = 2100


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/calendar")
def show() -> str:
    """A year of the country's calendar, or of an organisation's."""
    return _page(FormState(), _year(request.args), request.args.get("organisation", ""))


@blueprint.post("/calendar/days")
def move() -> Answer:
    """Move days, on a decree."""
    return _done(_move, "days")


@blueprint.post("/calendar/years")
def settle() -> Answer:
    """Confirm a year, or take that back."""
    return _done(_confirm, "years")


def _done(work: Callable[[Session], str | Refusal], form: str) -> Answer:
    done = act(work)
    if isinstance(done, Refusal):
        return _page(sent(done), _year(request.form), request.form.get("organisation", ""), form), 422
    flash(_("Saved. Open deadlines follow within a minute or two."), "good")
    return redirect(done, 303)


def _move(db: Session) -> str | Refusal:
    by, reading = administrator(db), FormReader()
    owner = reading.chosen("organisation", organisations(db))
    off, worked, source = _day(reading, "off"), _day(reading, "worked"), _source(reading)
    if off is None and worked is None and reading.problems is None:
        reading.wrong("off", "needed")
    if off is not None and worked is not None and (off.year != worked.year or off == worked):
        reading.wrong("worked", "same_year")
    if reading.problems:
        return reading.problems
    rules = [DayRule(off, False, source)] if off else []
    rules += [DayRule(worked, True, source)] if worked else []
    if move_days(db, _id(db, owner), rules, Authority(by.actor.key, source, clock.now())) is None:
        return Invalid((("off" if off else "worked", (Problem("so_already"),)),))
    return url_for("calendar.show", year=rules[0].day.year, organisation=owner)


def _confirm(db: Session) -> str | Refusal:
    by, reading = administrator(db), FormReader()
    source, year = _source(reading), _year(request.form)
    if reading.problems:
        return reading.problems
    confirmed = request.form.get("confirmed") == "yes"
    if confirm(db, year, Authority(by.actor.key, source, clock.now()), confirmed=confirmed) is None:
        return Invalid((("source", (Problem("so_already"),)),))
    return url_for("calendar.show", year=year)


def _day(reading: FormReader, name: str) -> date | None:
    day = reading.day(name)
    if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
        reading.wrong(name, "impossible_date")
        return None
    return day


def _source(reading: FormReader) -> str:
    source = reading.text("source")
    if not source or len(source) > calendar_text.LONGEST_SOURCE:
        reading.wrong("source", "required" if not source else "too_long_source")
    return source


def _year(given: Mapping[str, str]) -> int:
    text = given.get("year", "")
    if text.isascii() and text.isdigit() and FIRST_YEAR <= int(text[:5]) <= LAST_YEAR:
        return int(text)
    return runtime().services.calendar.local_day(clock.now()).year


def _page(entry: FormState, year: int, organisation: str, form: str = "") -> str:
    services = runtime().services
    with runtime().transactions.read() as db:
        actor = _reader(db)
        owner = _id(db, organisation)
        calendar, country = services.calendars.of(db, owner), services.calendars.of(db, None)
        laid_out = db.get(CalendarYear, year)
        before = request.args.get("before", 0, type=int)
        changes, older = calendar_text.changes(db, year, owner, before if 0 < before < 2**31 else None)
        return render_template(
            "admin/calendar.html",
            year=year,
            organisation=organisation,
            years=(year - 1 if year > FIRST_YEAR else None, year + 1 if year < LAST_YEAR else None),
            days=[_line(rule, own=rule not in country.deviations(year)) for rule in calendar.deviations(year)],
            confirmed=calendar.confirmed(year),
            confirmed_by=laid_out.source if laid_out is not None else "",
            changes=changes,
            older=older,
            choose=[*_filters(db, year, organisation)],
            form_fields=_form_fields(entry if form == "days" else FormState()),
            confirm_fields=[_source_field(entry if form == "years" else FormState())],
            may_change=actor.has("administrator"),
            errors=entry.links(),
            key=new_key(),
            other_key=new_key(),
        )


def _reader(db: Session) -> Actor:
    actor = identity.actor(db)
    if not any(actor.has(role) for role in EVERYWHERE):
        abort(404)
    return actor


def _id(db: Session, key: str | None) -> int:
    """The organisation of that key; the country where none is named."""
    if not key:
        return COUNTRY
    found = db.scalar(select(Organisation.id).where(Organisation.key == key)) if key.isprintable() else None
    if found is None:
        abort(404)
    return found


def _line(rule: DayRule, *, own: bool) -> tuple[date, str, bool, str, bool]:
    return rule.day, format_date(rule.day, "EEEE"), rule.working, holiday_name(rule.source, translator()), own


def _filters(db: Session, year: int, organisation: str) -> list[FormField]:
    return [
        FormField("year", "number", _("Year"), str(year), required=True, longest=4),
        FormField(
            "organisation",
            "choice",
            _("Calendar of"),
            organisation,
            hint=_("Empty: the whole country"),
            choices=organisations(db),
        ),
    ]


def _form_fields(entry: FormState) -> list[FormField]:
    return [entry.day("off"), entry.day("worked"), _source_field(entry)]


def _source_field(entry: FormState) -> FormField:
    return entry.form_field("source", required=True, hint=_("For example: Government decree No. 870 of 26.10.2026"))
