"""Accounts of the demonstration, named by role and place, with one public password."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.base.errors import KomekError
from expertise.experts.model import RosterEntry
from expertise.people import history
from expertise.people.manage import accounts as manage
from expertise.people.model import Organisation, Person
from workflows.definition import LANGUAGES, Text
from workflows.refusals import Refusal

#: Public by nature: only ever set by `komek demo`, in a database of its own.
PASSWORD = "komek-demo-2026"  # noqa: S105

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Account:
    """One account of accounts.csv."""

    key: str
    role: str
    organisation: str | None
    language: str
    names: Text

    @property
    def email(self) -> str:
        """E-mail address for signing in, in a domain that does not exist."""
        return f"{self.key}@komek.example"


@cache
def accounts() -> dict[str, Account]:
    """Return all accounts by key, in the order in which they are shown."""
    with (DATA / "accounts.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: _account(row) for row in csv.DictReader(file)}


def _account(row: dict[str, str]) -> Account:
    names = {language: row[f"name_{language}"] for language in LANGUAGES}
    return Account(row["key"], row["role"], row["organisation"] or None, row["language"], names)


def sign_in_list() -> list[tuple[str, Text]]:
    """Return e-mail address and names of each account, for the sign-in page."""
    return [(account.email, account.names) for account in accounts().values()]


def present(session: Session) -> bool | None:
    """Return True if the accounts are complete, False if a build was broken off, None if there are none."""
    emails = [email for email, _ in sign_in_list()]
    found = session.execute(select(Person.password).where(Person.email.in_(emails))).scalars().all()
    return all(found) if found else None


def create(session: Session) -> dict[str, int]:
    """Add every account, still without a password; return key → id of the person."""
    organisations = {row.key: row.id for row in session.execute(select(Organisation.key, Organisation.id))}
    people = {key: _create(session, account, organisations) for key, account in accounts().items()}
    _enter_experts(session, people)
    return people


def _enter_experts(session: Session, people: dict[str, int]) -> None:
    with (DATA / "roster.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            session.add(
                RosterEntry(
                    person_id=people[row["key"]],
                    topics=row["topics"].split(),
                    languages=row["languages"].split(),
                    days_free=int(row["days_free"]),
                    profile=row["profile"],
                )
            )


def _create(session: Session, account: Account, organisations: dict[str, int]) -> int:
    person = manage.add_person(
        session,
        name=account.names[account.language],
        email=account.email,
        language=account.language,
        now=clock.now(),
        organisation_id=organisations[account.organisation] if account.organisation else None,
    )
    if isinstance(person, Refusal):
        raise KomekError(f"The demonstration account {account.key} cannot be added: {person}.")
    granted = manage.grant_role(session, person, account.role)
    if isinstance(granted, Refusal):
        raise KomekError(f"The demonstration account {account.key} cannot be {account.role}: {granted}.")
    return person.id


def open_all(session: Session, password_hash: str) -> None:
    """Set the passwords. This is the last step of a build, so that a broken-off one is recognised."""
    emails = [email for email, _ in sign_in_list()]
    for person in session.scalars(select(Person).where(Person.email.in_(emails))):
        history.opening(session, person)
        manage.set_password(session, person, password_hash)
