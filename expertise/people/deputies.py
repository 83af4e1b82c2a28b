"""Deputies of today, and absent people without one: read from absences and grants."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BindParameter, ColumnElement, or_, select
from sqlalchemy.orm import Session

from expertise.base.collation import sorted_by_name
from expertise.people.absences import in_force, scope_of
from expertise.people.model import Absence, Grant, Person
from expertise.people.scope import STAFF, Scope


@dataclass(frozen=True, slots=True)
class Unattended:
    """A role of an absent person for which nobody is there. `until` is the last day of that absence."""

    person_id: int
    key: str
    name: str
    role: str
    region: str | None
    workflow: str | None
    until: date


def without_deputy(session: Session, today: date, roles: Collection[str] = STAFF) -> list[Unattended]:
    """The absences of today that leave one of `roles` to nobody: no deputy, one without access, or one away as well."""
    absences = in_force(session, today)
    away = {absence.person_id for absence in absences}
    people = _people(session, away | {absence.deputy_id for absence in absences if absence.deputy_id is not None})
    grants = session.scalars(
        select(Grant)
        .where(Grant.person_id.in_(away), Grant.role.in_(STAFF & set(roles)), grant_in_force(today))
        .order_by(Grant.id)
    )
    held = [grant for grant in grants if people[grant.person_id].active]
    found = []
    for grant in held:
        own = [absence for absence in absences if absence.person_id == grant.person_id]
        attended = [scope_of(absence) for absence in own if _is_there(absence, absences, people)]
        for absence in own:
            scope = lent(scope_of(absence), grant.role, grant.region, grant.workflow)
            if scope is not None and not any(other.covers(scope) for other in attended):
                person = people[grant.person_id]
                found.append(
                    Unattended(
                        person.id, person.key, person.name, grant.role, scope.region, scope.workflow, absence.until
                    )
                )
    return list(dict.fromkeys(found))


def _people(session: Session, ids: Collection[int]) -> dict[int, Person]:
    return {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(ids)))}


def _is_there(absence: Absence, absences: Sequence[Absence], people: dict[int, Person]) -> bool:
    """Whether the deputy can act today: is active, and not away from the very thing."""
    if absence.deputy_id is None or not people[absence.deputy_id].active:
        return False
    own = (other for other in absences if other.person_id == absence.deputy_id)
    return not any(scope_of(other).meets(scope_of(absence)) for other in own)


def lent(absent: Scope, role: str, region: str | None, workflow: str | None) -> Scope | None:
    """The scope of a grant that an absence lends to the deputy, or None. Only roles of the team have deputies."""
    return absent.meets(Scope(role, region, workflow)) if role in STAFF else None


def grant_in_force(today: date | BindParameter[date]) -> ColumnElement[bool]:
    """The condition of a role whose days have begun and are not over."""
    begun = or_(Grant.since.is_(None), Grant.since <= today)
    return begun & or_(Grant.until.is_(None), Grant.until >= today)


def holding(role: str, today: date) -> ColumnElement[bool]:
    """The condition of an active person who holds the role today."""
    return Person.active & Person.id.in_(select(Grant.person_id).where(Grant.role == role, grant_in_force(today)))


def team(session: Session, today: date) -> list[tuple[str, str]]:
    """Return key and name of everybody active who holds a role of the team today, by name."""
    held = select(Grant.person_id).where(Grant.role.in_(STAFF), grant_in_force(today))
    found = session.execute(select(Person.key, Person.name).where(Person.active, Person.id.in_(held)))
    return sorted_by_name(((row.key, row.name) for row in found), lambda pair: pair[1])
