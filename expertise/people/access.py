"""Who stands before us, and which roles that gives in a case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, false, or_, select
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.people.model import Grant, Person

PEOPLE, GRANTS = table_of(Person), table_of(Grant)


#: Roles of the project team, held for a region or for all of them.
STAFF = frozenset({"coordinator", "approver", "manager"})
#: Roles that reach every case.
EVERYWHERE = frozenset({"auditor", "administrator"})


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """A role in force today; `region` None reaches all regions."""

    role: str
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, or a machine that acts by itself (`clock`, `part`). `key` is all the trail ever says."""

    key: str
    person_id: int | None = None
    name: str = ""
    language: str = "ru"
    organisation_id: int | None = None
    grants: tuple[HeldGrant, ...] = ()
    machine: str | None = None

    def has(self, role: str) -> bool:
        """Holds the role somewhere."""
        return any(grant.role == role for grant in self.grants)

    @property
    def is_staff(self) -> bool:
        """Belongs to the team or watches over it: may look beyond one organisation."""
        return any(grant.role in STAFF | EVERYWHERE for grant in self.grants)

    def roles_in(self, *, organisation_id: int | None, region: str | None, assignee_id: int | None) -> frozenset[str]:
        """The roles this actor has in a case with that owner, region and expert."""
        if self.machine is not None:
            return frozenset({self.machine})
        return frozenset(
            grant.role
            for grant in self.grants
            if (grant.role in STAFF and grant.region in (None, region))
            or grant.role in EVERYWHERE
            or (grant.role == "requester" and organisation_id is not None and organisation_id == self.organisation_id)
            or (grant.role == "expert" and assignee_id is not None and assignee_id == self.person_id)
        )


#: Files requests that came in a file; the team takes them up from there.
IMPORT = Actor(key="import", name="import", grants=(HeldGrant("coordinator"),))
CLOCK = Actor(key="clock", machine="clock")
PART = Actor(key="part", machine="part")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is told, in which role, and in which language."""

    role: str
    person_id: int
    name: str
    language: str


def load_actor(session: Session, person_id: int, today: date) -> Actor | None:
    """The active person with the grants in force on `today`; None for unknown and deactivated people."""
    person = session.get(Person, person_id)
    if person is None or not person.active:
        return None
    held = session.execute(
        select(Grant.role, Grant.region).where(Grant.person_id == person_id, in_force(today)).order_by(Grant.id)
    )
    return Actor(
        key=person.key,
        person_id=person.id,
        name=person.name,
        language=person.language,
        organisation_id=person.organisation_id,
        grants=tuple(HeldGrant(role, region) for role, region in held),
    )


def recipients(
    session: Session,
    roles: Iterable[str],
    *,
    organisation_id: int | None,
    region: str | None,
    assignee_id: int | None,
    today: date,
) -> list[Recipient]:
    """Everybody who holds one of `roles` in such a case, in one statement however many there are."""
    given = {"organisation_id": organisation_id, "region": region, "assignee_id": assignee_id, "today": today}
    return [Recipient(*row) for row in session.execute(_asked(tuple(sorted(set(roles)))), given)]


@cache
def _asked(roles: tuple[str, ...]) -> Select[Any]:
    """Built once: making this statement costs more than sending it. An absent owner or expert equals nobody."""
    return (
        select(GRANTS.c.role, PEOPLE.c.id, PEOPLE.c.name, PEOPLE.c.language)
        .join(PEOPLE, PEOPLE.c.id == GRANTS.c.person_id)
        .where(or_(false(), *map(_reach, roles)), PEOPLE.c.active, in_force(bindparam("today")))
        .distinct()
        .order_by(GRANTS.c.role, PEOPLE.c.id)
    )


def _reach(role: str) -> ColumnElement[bool]:
    holds = GRANTS.c.role == role
    if role in STAFF:
        return and_(holds, or_(GRANTS.c.region.is_(None), GRANTS.c.region == bindparam("region")))
    if role == "requester":
        return and_(holds, PEOPLE.c.organisation_id == bindparam("organisation_id"))
    if role == "expert":
        return and_(holds, PEOPLE.c.id == bindparam("assignee_id"))
    return holds if role in EVERYWHERE else false()


def in_force(today: date | BindParameter[date]) -> ColumnElement[bool]:
    """A grant whose days have begun and are not over."""
    return and_(
        or_(GRANTS.c.since.is_(None), GRANTS.c.since <= today), or_(GRANTS.c.until.is_(None), GRANTS.c.until >= today)
    )
