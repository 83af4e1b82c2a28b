"""Permissions of the pages about people, in one place. Without a permission the page is answered with 404."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from flask import abort
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise import identity
from expertise.people.access import Actor
from expertise.people.manage.accounts import GRANTABLE
from expertise.people.manage.organisation_leads import given_by, may_manage
from expertise.people.model import Grant, Person
from workflows.roles import KIND_OF


@dataclass(frozen=True, slots=True)
class PeopleRights:
    """The visitor's rights over people: over all of them, over those of the own organisation, or read-only."""

    actor: Actor
    everybody: bool  # sees all people
    watches: bool = False  # changes nothing

    @property
    def organisation_id(self) -> int | None:
        """The organisation whose members are looked after; None: all are."""
        return None if self.everybody else self.actor.organisation_id

    @property
    def roles(self) -> list[str]:
        """Return the roles that the visitor can give, in their usual order."""
        given = GRANTABLE if self.everybody else given_by(self._held)
        return [role for role in KIND_OF if role in given]

    @property
    def _held(self) -> set[str]:
        return {grant.role for grant in self.actor.grants}

    def may(self, person: Person | None, roles: Collection[str]) -> bool:
        """Return whether this person, or a new member, may be changed and have these roles."""
        return not self.watches and may_manage(
            self._held,
            lead=self.actor.lead,
            organisation_id=self.actor.organisation_id,
            target_organisation_id=self.actor.organisation_id if person is None else person.organisation_id,
            target_roles=roles,
        )


def editor_rights(db: Session) -> PeopleRights:
    """Return the visitor's rights to change people. Aborts with 404."""
    actor = identity.actor(db)
    if not may_see_people(actor):
        abort(404)
    return PeopleRights(actor, actor.has("administrator"))


def viewer_rights(db: Session) -> PeopleRights:
    """Return the visitor's rights over people; auditors get read-only rights. Aborts with 404."""
    actor = identity.actor(db)
    if actor.has("auditor") and not actor.has("administrator"):
        return PeopleRights(actor, everybody=True, watches=True)
    return editor_rights(db)


def administrator(db: Session) -> PeopleRights:
    """The visitor as the administrator; for everybody else there is no such page."""
    found = editor_rights(db)
    if not found.everybody:
        abort(404)
    return found


def may_see_people(actor: Actor) -> bool:
    """Return whether the pages of people are open to this person."""
    return actor.has("administrator") or (actor.lead and actor.organisation_id is not None)


def visible_person(db: Session, by: PeopleRights, key: str) -> Person:
    """Return a person whom the visitor may see. Aborts with 404."""
    person = db.scalar(select(Person).where(Person.key == key)) if key.isascii() and key.isalnum() else None
    if person is None or (not by.everybody and person.organisation_id != by.organisation_id):
        abort(404)
    return person


def editable_person(db: Session, by: PeopleRights, key: str, *more: str) -> Person:
    """Return a person whom the visitor may change and give these roles. Aborts with 404."""
    person = visible_person(db, by, key)
    if not by.may(person, {*roles_held(db, person), *more}):
        abort(404)
    return person


def roles_held(db: Session, person: Person) -> set[str]:
    """Every role of a person, of other days as well."""
    return set(db.scalars(select(Grant.role).where(Grant.person_id == person.id)))
