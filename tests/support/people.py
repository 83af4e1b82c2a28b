"""One cast of people for all tests: their roles, where these reach, for whom they work, and what they read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.base.transaction import Transactions
from expertise.people.model import Grant, Organisation, Person
from tests.support.contents import PUBLISHED
from tests.support.databases import Contents


@dataclass(frozen=True)
class Member:
    """Roles with a space between them, language of letters and pages, organisation by key, region of the roles."""

    roles: str
    language: str = "ru"
    organisation: str | None = "project-team"
    region: str | None = None


#: Name, which is the beginning of the address as well → what somebody is.
PEOPLE: Mapping[str, Member] = {
    "requester": Member("requester", "kk", "akimat-kz-43"),
    "colleague": Member("requester", "ru", "akimat-kz-43"),
    "neighbour": Member("requester", "ru", "akimat-kz-47"),
    "coordinator": Member("coordinator", region="KZ-43"),
    "deputy": Member("coordinator", region="KZ-43"),
    "distant": Member("coordinator", region="KZ-47"),
    "approver": Member("approver"),
    "manager": Member("manager", "kk"),
    "expert": Member("expert", "en", None),
    "other_expert": Member("expert", organisation=None),
    "auditor": Member("auditor", organisation=None),
    "administrator": Member("administrator", "en", None),
    "twofold": Member("requester approver", "ru", "akimat-kz-43"),
    "nobody": Member("", organisation=None),
}


#: Those who carry a case along its main line; tests that count letters want no others.
PLAYERS = ("requester", "coordinator", "approver", "expert", "manager", "other_expert", "neighbour", "distant")


def email(name: str) -> str:
    """The address of a person of that name."""
    return f"{name.replace(' ', '.')}@example.kz"


def add_person(session: Session, name: str, like: str | Member | None = None) -> int:
    """One more person, who is what `like` says (of PEOPLE, by default the one of that name); returns the id."""
    member = like if isinstance(like, Member) else PEOPLE[like or name]
    home = session.scalar(select(Organisation.id).where(Organisation.key == (member.organisation or "")))
    person = Person(
        name=name, email=email(name), language=member.language, organisation_id=home, created_at=clock.now()
    )
    session.add(person)
    session.flush()
    session.add_all(Grant(person_id=person.id, role=role, region=member.region) for role in member.roles.split())
    return person.id


def add_people(engine: Engine, people: Mapping[str, Member] = PEOPLE) -> None:
    """All of `people`, into a database that knows organisations."""
    with Transactions(engine).write() as session:
        for name, member in people.items():
            add_person(session, name, member)


#: Reference data, workflows and PEOPLE.
CAST = Contents("cast", add_people, PUBLISHED)
#: The same with PLAYERS alone.
MAIN_CAST = Contents(
    "main-cast", lambda engine: add_people(engine, {name: PEOPLE[name] for name in PLAYERS}), PUBLISHED
)
