"""Pages of people: the directory, one person, invitations. The buttons are in `person_actions`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise.asked_letters import link_letter
from expertise.audit import history
from expertise.base import clock
from expertise.identity import runtime
from expertise.mail.outbound import outbox
from expertise.people.auth import passkeys, second_factor
from expertise.people.auth.password_links import IssuedLink
from expertise.people.manage import accounts, directory, organisation_leads, pending_changes
from expertise.people.manage.pending_changes import Guarded
from expertise.people.model import Grant, Organisation, Person
from expertise.people.scope import Scope
from expertise.text.translator import days
from expertise.web.auth.admin_post import act
from expertise.web.kit import filters
from expertise.web.kit.choices import organisations
from expertise.web.kit.filters import filter_field, search_field
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import new_key
from expertise.web.kit.messages import role_name
from expertise.web.people.change_words import waiting_changes
from expertise.web.people.form_fields import (
    FormState,
    languages,
    roles,
    scope_fields,
    scope_text,
    sent,
)
from expertise.web.people.form_input import FormReader
from expertise.web.people.history_text import lines
from expertise.web.people.permissions import PeopleRights, editor_rights, roles_held, viewer_rights, visible_person
from workflows.refusals import Invalid, Refusal

blueprint = Blueprint("people", __name__)

Answer = Response | str | tuple[str, int]


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/people")
def listing() -> str:
    """Show the people whom the visitor may see, narrowed by filters."""
    with runtime().transactions.read() as db:
        by = viewer_rights(db)
        offered = organisations(db) if by.everybody else []
        wanted = _wanted(dict(offered))
        found = directory.find(db, wanted, organisation_id=by.organisation_id, start=filters.offset())
        rows = [(entry, [grant_text(db, grant) for grant in entry.grants]) for entry in found.people]
        waiting = len(pending_changes.waiting(db, clock.now())) if by.everybody and not by.watches else 0
    return render_template(
        "people/list.html",
        rows=rows,
        waiting=waiting,
        by=by,
        filters=_filters(wanted, offered),
        total=ngettext("%(num)d person", "%(num)d people", found.total),
        **filters.pager(str(found.after) if found.after else None),
    )


@blueprint.get("/people/new")
def new() -> str:
    """The form by which somebody is invited."""
    return _new_form(FormState({"language": "kk"}))


@blueprint.post("/people/new")
def invite() -> Answer:
    """Add somebody and send the link by which they set a password."""
    done = act(_invite)
    if isinstance(done, Refusal):
        return _new_form(sent(done)), 422
    flash(_("The invitation has been sent."), "good")
    return redirect(done, 303)


@blueprint.get("/people/<person>")
def show(person: str) -> str:
    """One person: what is known, roles, access."""
    return person_page(person)


def person_page(key: str, form: str = "", entry: FormState | None = None) -> str:
    """The page of a person; `form` is the one that was refused, `entry` what stands in it."""
    with runtime().transactions.read() as db:
        by = viewer_rights(db)
        person = visible_person(db, by, key)
        change = entry if entry is not None and form == "facts" else _facts(db, person)
        give = entry if entry is not None and form == "give" else FormState(request.args.to_dict())
        page: dict[str, Any] = {
            "person": person,
            "organisation": _organisation_name(db, person),
            "grants": [(grant, grant_text(db, grant)) for grant in _grants(db, person)],
            "facts": facts_fields(db, by, change),
            "give": [*scope_fields(db, give, roles(by.roles), role=True), give.day("since"), give.day("until")],
            "manage": by.may(person, roles_held(db, person)),
            "own": person.id == by.actor.person_id,
            "history": lines(db, history.person(person.key)) if by.everybody else None,
            "changes": waiting_changes(db, by, person) if by.everybody and not by.watches else [],
            "second_factor": second_factor.has(db, person.id),
            "passkeys": passkeys.has(db, person.id),
        }
        return render_template(
            "people/show.html",
            **page,
            by=by,
            errors=entry.links() if entry else [],
            key=new_key(),
            fresh=new_key,
        )


def send_letter(db: Session, issued: IssuedLink) -> None:
    """Queue the letter that brings the link."""
    now = clock.now()
    outbox.queue(db, [link_letter(issued, runtime().settings.url, now)], now)


def facts_fields(db: Session, by: PeopleRights, entry: FormState) -> list[FormField]:
    """Return the fields name, address and language; the organisation where the visitor may choose it."""
    found = [
        entry.form_field("name", required=True),
        entry.form_field("email", "email", required=True),
        entry.form_field("language", "choice", required=True, choices=languages()),
    ]
    return [*found, entry.form_field("organisation", "choice", choices=organisations(db))] if by.everybody else found


def read_facts(db: Session, by: PeopleRights, reading: FormReader) -> dict[str, Any]:
    """Return the values of `facts_fields`; a lead's people belong to the lead's own organisation."""
    chosen = reading.chosen("organisation", organisations(db)) if by.everybody else None
    own = db.scalar(select(Organisation.id).where(Organisation.key == chosen)) if chosen else by.organisation_id
    found = {name: reading.text(name) for name in ("name", "email", "language")}
    return {**found, "organisation_id": own}


def grant_text(db: Session, grant: Grant) -> str:
    """`coordinator · Kyzylorda (01.03.2026 – 31.10.2026)`."""
    text, between = scope_text(db, Scope(grant.role, grant.region, grant.workflow)), days(grant.since, grant.until)
    return f"{text} ({between})" if between else text


def _invite(db: Session) -> str | Refusal:
    by, reading = editor_rights(db), FormReader()
    facts, scope = read_facts(db, by, reading), reading.scope(db, roles(by.roles), role=False)
    if scope.role is None and (scope.region or scope.workflow):
        reading.wrong("role", "required")
    wrong = accounts.person_problems(facts["name"], facts["email"].lower(), facts["language"])
    if wrong or reading.problems:
        return Invalid((*wrong, *(reading.problems.errors if reading.problems else ())))
    done = organisation_leads.invite_person(db, **facts, now=clock.now())
    if isinstance(done, Invalid):
        return done
    person, issued = done
    if scope.role is not None:
        given = give_role(db, by, person, scope)
        if isinstance(given, Invalid):
            return given
    send_letter(db, issued)
    return url_for("people.show", person=person.key)


def give_role(
    db: Session,
    by: PeopleRights,
    person: Person,
    scope: Scope,
    since: date | None = None,
    until: date | None = None,
) -> bool | Invalid:
    """Give a role, or ask for it where a second administrator must confirm it; return whether it is given already."""
    values = {**asdict(scope), "since": since, "until": until}
    asked_by_id, now = by.actor.person_id or 0, clock.now()
    return pending_changes.make(db, person, Guarded.ROLE, values, asked_by_id=asked_by_id, now=now)


def _new_form(entry: FormState) -> str:
    with runtime().transactions.read() as db:
        by = editor_rights(db)
        form_fields = [*facts_fields(db, by, entry), *scope_fields(db, entry, roles(by.roles), role=False)]
    form_fields[-3:] = [_first_role(form_fields[-3]), *form_fields[-2:]]
    return render_template("people/new.html", form_fields=form_fields, errors=entry.links(), key=new_key())


def _first_role(form_field: FormField) -> FormField:
    return FormField(
        form_field.name,
        form_field.widget,
        form_field.label,
        form_field.value,
        _("More roles can be given afterwards."),
        form_field.errors,
        choices=form_field.choices,
    )


def _wanted(known: dict[str, str]) -> directory.DirectoryFilter:
    asked = request.args
    access = asked.get("access", "")
    return directory.DirectoryFilter(
        asked.get("query", "")[: filters.LONGEST],
        asked["organisation"] if asked.get("organisation") in known else None,
        asked["role"] if asked.get("role") in accounts.GRANTABLE else None,
        access if access in (directory.INACTIVE, directory.ALL) else directory.ACTIVE,
    )


def _filters(wanted: directory.DirectoryFilter, known: list[tuple[str, str]]) -> list[FormField]:
    access = [(directory.INACTIVE, _("Without access")), (directory.ALL, _("With and without access"))]
    return [
        search_field(wanted.query),
        *([filter_field("organisation", _("Organisation"), wanted.organisation, known)] if known else []),
        filter_field("role", _("Role"), wanted.role, [(key, role_name(key)) for key in sorted(accounts.GRANTABLE)]),
        filter_field("access", _("Access"), wanted.access, [(directory.ACTIVE, _("With access")), *access]),
    ]


def _facts(db: Session, person: Person) -> FormState:
    found = db.get(Organisation, person.organisation_id) if person.organisation_id else None
    return FormState(
        {
            "name": person.name,
            "email": person.email,
            "language": person.language,
            "organisation": found.key if found else "",
        }
    )


def _organisation_name(db: Session, person: Person) -> dict[str, str] | None:
    found = db.get(Organisation, person.organisation_id) if person.organisation_id else None
    return {"kk": found.name_kk, "ru": found.name_ru, "en": found.name_en} if found else None


def _grants(db: Session, person: Person) -> list[Grant]:
    return list(db.scalars(select(Grant).where(Grant.person_id == person.id).order_by(Grant.id)))
