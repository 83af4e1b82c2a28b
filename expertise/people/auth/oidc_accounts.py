"""Accounts of an outside provider (OpenID Connect) that stand for people here. Nobody is ever made from one."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.people import history
from expertise.people.auth.sign_in import tidy
from expertise.people.model import ExternalAccount, Person


def find_person(session: Session, issuer: str, subject: str, verified_email: str | None) -> Person | None:
    """Whose account that is: as it was linked once, else by the verified address, and linked from here on.

    None for unknown and deactivated people, and where the person is linked to another account of that provider:
    an address that was given to somebody else over there opens nothing here.
    """
    linked = select(ExternalAccount.person_id).where(ExternalAccount.issuer == issuer)
    known = session.scalar(linked.where(ExternalAccount.subject == subject))
    if known is not None:
        return session.scalar(select(Person).where(Person.id == known, Person.active))
    email = tidy(verified_email or "")
    person = session.scalar(select(Person).where(Person.email == email, Person.active).with_for_update())
    if person is None or session.scalar(linked.where(ExternalAccount.person_id == person.id)) is not None:
        return None
    session.add(ExternalAccount(issuer=issuer, subject=subject, person_id=person.id))
    session.flush()
    history.note(session, person, "outside:link", own=True, issuer=issuer)
    return person
