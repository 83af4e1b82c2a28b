"""The pages of organisations: the list, a new one, other names."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from expertise.audit import history
from expertise.base.collation import sorted_by_name
from expertise.identity import runtime
from expertise.people.manage import accounts
from expertise.people.model import Organisation, Person
from expertise.web.auth.admin_post import act
from expertise.web.kit.choices import listed
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import new_key
from expertise.web.kit.i18n import said
from expertise.web.people.form_fields import FormState, sent
from expertise.web.people.form_input import FormReader
from expertise.web.people.history_text import lines
from expertise.web.people.people import Answer
from expertise.web.people.permissions import administrator
from workflows.definition import LANGUAGES, Text
from workflows.refusals import Invalid, Refusal

blueprint = Blueprint("organisations", __name__)


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/organisations")
def listing() -> str:
    """Every organisation, and how many people of it have access."""
    with runtime().transactions.read() as db:
        administrator(db)
        counts = dict(
            db.execute(
                select(Person.organisation_id, func.count()).where(Person.active).group_by(Person.organisation_id)
            ).all()
        )
        found = db.scalars(select(Organisation)).all()
        rows = [(each, names(each), listed(db).region(each.region), counts.get(each.id, 0)) for each in found]
        return render_template("people/organisations.html", rows=sorted_by_name(rows, lambda row: said(row[1])))


@blueprint.get("/organisations/new")
def new() -> str:
    """The form of a new one."""
    return _form(FormState(), None)


@blueprint.post("/organisations/new")
def add() -> Answer:
    """Add one."""
    return _done(_add, None)


@blueprint.get("/organisations/<organisation>")
def show(organisation: str) -> str:
    """Its names, to be changed."""
    with runtime().transactions.read() as db:
        administrator(db)
        found = names(_found(db, organisation))
    return _form(FormState({f"name_{language}": found[language] for language in LANGUAGES}), organisation)


@blueprint.post("/organisations/<organisation>")
def rename(organisation: str) -> Answer:
    """Give it other names."""
    return _done(lambda db: _rename(db, organisation), organisation)


def names(organisation: Organisation) -> Text:
    """Its name in every language."""
    return {language: getattr(organisation, f"name_{language}") for language in LANGUAGES}


def _done(work: Callable[[Session], str | Refusal], key: str | None) -> Answer:
    done = act(work)
    if isinstance(done, Refusal):
        return _form(sent(done), key), 422
    runtime().services.names.forget()
    flash(_("Saved."), "good")
    return redirect(done, 303)


def _add(db: Session) -> str | Refusal:
    administrator(db)
    reading = FormReader()
    region = reading.chosen("region", listed(db).choices("region"))
    if reading.problems:
        return reading.problems
    added = accounts.add_organisation(db, key=reading.text("key"), names=_names(reading), region=region)
    return added if isinstance(added, Invalid) else url_for("organisations.listing")


def _rename(db: Session, key: str) -> str | Refusal:
    administrator(db)
    return accounts.rename_organisation(db, _found(db, key), _names(FormReader())) or url_for("organisations.listing")


def _names(reading: FormReader) -> Text:
    return {language: reading.text(f"name_{language}") for language in LANGUAGES}


def _found(db: Session, key: str) -> Organisation:
    found = db.scalar(select(Organisation).where(Organisation.key == key)) if key.isprintable() else None
    if found is None:
        abort(404)
    return found


def _form(entry: FormState, key: str | None) -> str:
    with runtime().transactions.read() as db:
        administrator(db)
        form_fields = [entry.form_field(f"name_{language}", required=True) for language in LANGUAGES]
        if key is None:
            form_fields = [*_lasting(db, entry), *form_fields]
        past = lines(db, history.organisation(key)) if key is not None else None
    return render_template(
        "people/organisation.html",
        form_fields=form_fields,
        organisation=key,
        errors=entry.links(),
        key=new_key(),
        history=past,
    )


def _lasting(db: Session, entry: FormState) -> list[FormField]:
    """Return the fields that cannot be changed afterwards."""
    hint = _("A short word for files, for example akimat-kz-43. It stays for ever.")
    return [
        entry.form_field("key", required=True, hint=hint),
        entry.form_field("region", "choice", choices=listed(db).choices("region")),
    ]
