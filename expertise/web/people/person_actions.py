"""The buttons of a person's page: one action each, in one transaction."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.people.auth import password_links
from expertise.people.manage import accounts, organisation_leads, pending_changes
from expertise.people.manage.pending_changes import Guarded
from expertise.people.model import Grant, Person
from expertise.web.auth.admin_post import act
from expertise.web.kit.forms import natural_number
from expertise.web.people.form_fields import roles, sent
from expertise.web.people.form_input import FormReader
from expertise.web.people.people import Answer, give_role, person_page, read_facts, send_letter
from expertise.web.people.permissions import PeopleRights, administrator, editable_person, editor_rights
from workflows.refusals import Invalid, Problem, Refusal

blueprint = Blueprint("people_verbs", __name__)

#: The place on the page where changes stand that wait for a second administrator.
WAITS = "waiting"


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.post("/people/<person>")
def change(person: str) -> Answer:
    """Correct name, address, language, organisation."""
    return _done(person, "facts", lambda db: _change(db, person), _("Saved."))


@blueprint.post("/people/<person>/roles")
def give(person: str) -> Answer:
    """Give a role, or set the days of one that is held."""
    return _done(person, "give", lambda db: _give(db, person), _("The role is assigned. Older sessions are ended."))


@blueprint.post("/people/<person>/roles/take-back")
def take_back(person: str) -> Answer:
    """Take a role back."""
    return _done(person, "", lambda db: _take_back(db, person), _("The role is revoked."))


@blueprint.post("/people/<person>/access")
def access(person: str) -> Answer:
    """End somebody's access, or bring them back. Nobody is ever deleted."""
    return _done(person, "", lambda db: _access(db, person), _("Saved."))


@blueprint.post("/people/<person>/lead")
def lead(person: str) -> Answer:
    """Let somebody look after the members of the own organisation, or no longer."""
    return _done(person, "", lambda db: _lead(db, person), _("Saved."))


@blueprint.post("/people/<person>/invitation")
def invite_again(person: str) -> Answer:
    """Send a new link to somebody who has not set a password yet; the old one is void."""
    return _done(person, "", lambda db: _invite_again(db, person), _("The invitation has been sent."))


@blueprint.post("/people/<person>/telephone")
def forget_telephone(person: str) -> Answer:
    """Take second factor and passkeys from somebody who lost telephone and paper; every session of theirs ends."""
    return _done(person, "", lambda db: _forget_telephone(db, person), _("The telephone is removed."))


def _done(key: str, form: str, work: Callable[[Session], Refusal | str | None], words: str) -> Answer:
    """Do it, then show the person again: with what was typed when it was refused.

    `work` returns WAITS where the change, or a part of it, waits for a second administrator.
    """

    def unit(db: Session) -> str | Refusal:
        done = work(db)
        return done if isinstance(done, Refusal) else url_for("people.show", person=key, _anchor=done)

    done = act(unit)
    if isinstance(done, Refusal):
        return person_page(key, form, sent(done)), 422
    if done.endswith(f"#{WAITS}"):
        words = _("The change waits for a second administrator, who has been sent a letter.")
    flash(words, "good")
    return redirect(done, 303)


def _kept(db: Session, key: str) -> tuple[PeopleRights, Person]:
    by = editor_rights(db)
    return by, editable_person(db, by, key)


def _change(db: Session, key: str) -> Refusal | str | None:
    """Correct the facts. The address of somebody who decides waits for a second administrator, the rest does not."""
    (by, person), reading, now = _kept(db, key), FormReader(), clock.now()
    facts = read_facts(db, by, reading)
    if reading.problems:
        return reading.problems
    email, waits = facts["email"].lower(), None
    if email != person.email and pending_changes.is_guarded(db, person.id, now):
        asked_by_id = by.actor.person_id or 0
        asked = pending_changes.ask(db, person, Guarded.EMAIL, {"email": email}, asked_by_id=asked_by_id, now=now)
        if isinstance(asked, Refusal):
            return asked
        facts["email"], waits = person.email, WAITS
    return organisation_leads.change_person(db, person, **facts, now=now) or waits


def _make(db: Session, by: PeopleRights, person: Person, what: Guarded) -> Refusal | str | None:
    """Make the change; return WAITS where a second administrator must confirm it."""
    return _outcome(pending_changes.make(db, person, what, {}, asked_by_id=by.actor.person_id or 0, now=clock.now()))


def _outcome(made: bool | Invalid) -> Refusal | str | None:
    return made if isinstance(made, Invalid) else None if made else WAITS


def _give(db: Session, key: str) -> Refusal | str | None:
    (by, person), reading = _kept(db, key), FormReader()
    scope = reading.scope(db, roles(by.roles), role=True)
    since, until = reading.days()
    if reading.problems or scope.role is None:
        return reading.problems
    editable_person(db, by, key, scope.role)
    return _outcome(give_role(db, by, person, scope, since, until))


def _take_back(db: Session, key: str) -> Refusal | None:
    by, person = _kept(db, key)
    number = natural_number(request.form.get("grant", ""))
    grant = db.get(Grant, number) if number is not None else None
    if grant is None or grant.person_id != person.id:
        return None  # taken back a moment ago, by somebody else or in another window; another's number tells no more
    if grant.role == "administrator" and person.id == by.actor.person_id:
        return _own()
    accounts.revoke_role(db, person, grant.role, grant.region, workflow=grant.workflow)
    return None


def _access(db: Session, key: str) -> Refusal | str | None:
    by, person = _kept(db, key)
    wanted = request.form.get("access")
    if wanted not in ("end", "back"):
        abort(422)
    if wanted == "end" and person.id == by.actor.person_id:
        return _own()
    if wanted == "back":
        return _make(db, by, person, Guarded.ACCESS)
    accounts.deactivate_person(db, person)
    return None


def _lead(db: Session, key: str) -> Refusal | None:
    person = editable_person(db, administrator(db), key)
    wanted = request.form.get("lead")
    if wanted not in ("yes", "no"):
        abort(422)
    return organisation_leads.set_lead(db, person, wanted == "yes")


def _invite_again(db: Session, key: str) -> Refusal | None:
    _by, person = _kept(db, key)
    if not person.active or person.password is not None:
        return Invalid((("email", (Problem("has_access" if person.active else "not_active"),)),))
    send_letter(db, password_links.issue(db, person, password_links.INVITATION, clock.now()))
    return None


def _forget_telephone(db: Session, key: str) -> Refusal | str | None:
    by = administrator(db)
    return _make(db, by, editable_person(db, by, key), Guarded.TELEPHONE)


def _own() -> Invalid:
    """Refuse to end the own access where no other administrator would be left."""
    return Invalid((("", (Problem("own_access"),)),))
