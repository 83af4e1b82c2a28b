"""The directory of people: found by name or address, narrowed by organisation, role and access."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from expertise.base.collation import alphabetically
from expertise.base.words import sounds
from expertise.people.model import Grant, Organisation, Person
from workflows.definition import Text

PAGE = 50
ACTIVE, INACTIVE, ALL = "active", "inactive", "all"


@dataclass(frozen=True, slots=True)
class DirectoryFilter:
    """The filter of the directory; None does not filter. `organisation` is a key."""

    query: str = ""
    organisation: str | None = None
    role: str | None = None
    access: str = ACTIVE


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One person in the directory."""

    key: str
    name: str
    email: str
    active: bool
    invited: bool  # has not set a password yet
    lead: bool
    organisation: Text | None
    grants: Sequence[Grant]


@dataclass(frozen=True, slots=True)
class DirectoryPage:
    """One page of the people found. `after` is the start of the next page, None at the end."""

    people: Sequence[DirectoryEntry]
    total: int
    after: int | None


def find(
    session: Session, wanted: DirectoryFilter, *, organisation_id: int | None = None, start: int = 0, size: int = PAGE
) -> DirectoryPage:
    """People by name. `organisation_id`: of this organisation only, whatever is wanted.

    Names are compared here: the small letters of SQLite end with Latin, and no database sorts Kazakh everywhere.
    """
    said = wanted.query.casefold().split()
    found = [row for row in session.execute(_asked(wanted, organisation_id)) if _fits(row, said)]
    found.sort(key=lambda row: (alphabetically(row.name), row.id))
    shown = found[start : start + size]
    grants = _grants(session, [row.id for row in shown])
    more = start + size < len(found)
    return DirectoryPage(
        [_entry(row, grants.get(row.id, [])) for row in shown], len(found), start + size if more else None
    )


def _asked(wanted: DirectoryFilter, organisation_id: int | None) -> Select:
    asked: Select = select(
        Person.id,
        Person.key,
        Person.name,
        Person.email,
        Person.active,
        Person.lead,
        Person.password.is_(None).label("invited"),
        Organisation.name_kk,
        Organisation.name_ru,
        Organisation.name_en,
    ).outerjoin(Organisation, Organisation.id == Person.organisation_id)
    if organisation_id is not None:
        asked = asked.where(Person.organisation_id == organisation_id)
    if wanted.organisation is not None:
        asked = asked.where(Organisation.key == wanted.organisation)
    if wanted.role is not None:
        asked = asked.where(Person.id.in_(select(Grant.person_id).where(Grant.role == wanted.role)))
    if wanted.access != ALL:
        asked = asked.where(Person.active.is_(wanted.access == ACTIVE))
    return asked


def _fits(row: Row, said: Sequence[str]) -> bool:
    """Whether each word stands in the name or address, or sounds so: Айгүл is found by Aigul, and the other way."""
    text = f"{row.name} {row.email}".casefold()
    heard = sounds(text)
    return all(word in text or ((sound := sounds(word)) != "" and sound in heard) for word in said)


def _grants(session: Session, ids: Sequence[int]) -> dict[int, list[Grant]]:
    found: dict[int, list[Grant]] = {}
    for grant in session.scalars(select(Grant).where(Grant.person_id.in_(ids)).order_by(Grant.id)):
        found.setdefault(grant.person_id, []).append(grant)
    return found


def _entry(row: Row, grants: Sequence[Grant]) -> DirectoryEntry:
    names = {"kk": row.name_kk, "ru": row.name_ru, "en": row.name_en} if row.name_kk is not None else None
    return DirectoryEntry(row.key, row.name, row.email, row.active, row.invited, row.lead, names, grants)
