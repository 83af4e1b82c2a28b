"""The members of an organisation: who may look after them, how they come and how they change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.people import history
from expertise.people.auth.password_links import INVITATION, IssuedLink, end_links, issue
from expertise.people.auth.sessions import end_all_sessions
from expertise.people.manage.accounts import add_person, facts, invalid, one_line, person_problems
from expertise.people.model import Person
from workflows.refusals import Invalid

#: Roles that the lead of an organisation may give, take, and find in the people looked after, who holds them as well.
OWN = frozenset({"requester", "expert"})


def may_manage(
    roles: Collection[str],
    *,
    lead: bool,
    organisation_id: int | None,
    target_organisation_id: int | None,
    target_roles: Collection[str],
) -> bool:
    """Return whether a person with `roles` may invite, change and deactivate the target, and give it `target_roles`.

    An administrator may manage everybody. A lead may manage people of the own organisation with no role that the lead
    has not: somebody who changes the address of an expert can have the password sent there, and would stand on both
    sides of a case.
    """
    if "administrator" in roles:
        return True
    same = organisation_id is not None and organisation_id == target_organisation_id
    return lead and same and given_by(roles).issuperset(target_roles)


def given_by(roles: Collection[str]) -> frozenset[str]:
    """The roles that a lead with `roles` may give: nobody gives more than they have, nor a role of the team."""
    return OWN.intersection(roles)


def members(session: Session, organisation_id: int) -> Sequence[Person]:
    """The people of an organisation, the active ones first, by name."""
    theirs = select(Person).where(Person.organisation_id == organisation_id)
    return session.scalars(theirs.order_by(Person.active.desc(), Person.name, Person.id)).all()


def invite_person(
    session: Session, *, name: str, email: str, language: str, now: datetime, organisation_id: int | None = None
) -> tuple[Person, IssuedLink] | Invalid:
    """Return a new person without password, and the link by which to set one; see `password_links.letter_fields`."""
    person = add_person(session, name=name, email=email, language=language, now=now, organisation_id=organisation_id)
    return person if isinstance(person, Invalid) else (person, issue(session, person, INVITATION, now))


def change_person(
    session: Session,
    person: Person,
    *,
    name: str,
    email: str,
    language: str,
    organisation_id: int | None,
    now: datetime,
) -> Invalid | None:
    """Correct what is known of a person.

    Links that went to an old address stop working. Another organisation means other rights: it ends the
    person's sessions, and who looked after the members of the old one does not look after those of the new.
    """
    name, email = one_line(name), one_line(email).lower()
    problems = person_problems(name, email, language)
    if problems:
        return Invalid(problems)
    if session.scalar(select(Person.id).where(Person.email == email, Person.id != person.id)) is not None:
        return invalid("email", "taken")
    before = facts(session, person)
    if person.email != email:
        end_links(session, person.id, now)
    moved = person.organisation_id != organisation_id
    person.name, person.email, person.language, person.organisation_id = name, email, language, organisation_id
    person.lead = person.lead and not moved
    session.flush()
    after = facts(session, person)
    changed: dict[str, Any] = {name: value or "" for name, value in after.items() if value != before[name]}
    if changed:
        former = before["email"] if "email" in changed else None
        history.note(session, person, "facts:change", former_email=former, **changed)
    if moved:
        end_all_sessions(session, person.id)
    return None


def change_email(session: Session, person: Person, email: str, now: datetime) -> Invalid | None:
    """Correct the address alone, see `change_person`."""
    return change_person(
        session,
        person,
        name=person.name,
        email=email,
        language=person.language,
        organisation_id=person.organisation_id,
        now=now,
    )


def set_lead(session: Session, person: Person, lead: bool) -> Invalid | None:
    """Let a person look after the members of the own organisation, or no longer. Ends the person's sessions."""
    if lead and person.organisation_id is None:
        return invalid("organisation", "required")
    person.lead = lead
    session.flush()
    history.note(session, person, "lead:give" if lead else "lead:take_back")
    end_all_sessions(session, person.id)
    return None
