"""The person or machine that acts, and the roles that this gives in a case."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Row,
    and_,
    bindparam,
    false,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union,
    union_all,
)
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.base.driver import Prepared
from expertise.people import deputies
from expertise.people.absences import on
from expertise.people.model import Absence, Grant, Person
from expertise.people.reach import KIND_OF, Kind, Reachable
from expertise.people.scope import ACTS_FOR, EVERYWHERE, STAFF, Scope
from workflows import roles as directory

PEOPLE, GRANTS, ABSENCES = table_of(Person), table_of(Grant), table_of(Absence)
#: How people come, the first word of what the trail calls their acts: signed in, by a letter's page, by an answer.
WAYS = ("person", "signed", "mail")


@dataclass(frozen=True, slots=True)
class Absent:
    """Somebody in whose place a deputy acts."""

    key: str
    name: str
    person_id: int


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """A role in force today, in one's own right or for somebody `absent`. None reaches all regions, all workflows.

    A role that is limited to a workflow does not reach its parts, which are workflows of their own.
    """

    role: str
    region: str | None = None
    workflow: str | None = None
    absent: Absent | None = None

    def reaches(self, region: str | None, workflow: str) -> bool:
        """Whether a case of the team's lies within it."""
        return self.region in (None, region) and self.workflow in (None, workflow)


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
    lead: bool = False  # looks after the members of the own organisation
    way: str = "person"  # one of WAYS

    @property
    def source(self) -> str:
        """The first word of what the trail calls the acts of this actor."""
        return self.machine or self.way

    @property
    def rights(self) -> str:
        """A fingerprint of all that this person may do today, also instead of others; a session is bound to it."""
        return hashlib.sha256(repr((self.grants, self.lead, self.organisation_id)).encode()).hexdigest()

    def has(self, role: str) -> bool:
        """Holds the role somewhere."""
        return any(grant.role == role for grant in self.grants)

    def opens(self, workflow: str, roles: Iterable[str]) -> list[str]:
        """Those of `roles` in which this actor may begin a case of the workflow, in their order."""
        held = {grant.role for grant in self.grants if grant.workflow in (None, workflow)}
        return [role for role in roles if role in held]

    @property
    def is_staff(self) -> bool:
        """Belongs to the team or watches over it: may look beyond one organisation."""
        return any(grant.role in STAFF | EVERYWHERE for grant in self.grants)

    def roles_in(self, case: Reachable) -> frozenset[str]:
        """The roles that this actor has in the case; a machine has its own name."""
        if self.machine is not None:
            return frozenset({self.machine})
        granted = {grant.role for grant in self.grants if self._has_there(grant, case)}
        return frozenset(granted.union(self._named_in(case)))

    @property
    def acts_for_organisation(self) -> bool:
        """Whether this person acts for the own organisation where a case names it in a declared role."""
        return self.organisation_id is not None and any(grant.role in ACTS_FOR for grant in self.grants)

    def _named_in(self, place: Reachable) -> Iterable[str]:
        """The declared roles that the case gives by naming this person or their organisation."""
        organisation = self.organisation_id if self.acts_for_organisation else None
        for party in place.parties:
            mine = self.person_id if party.person_id is not None else organisation
            if party.is_declared and mine is not None and party.number == mine:
                yield party.role

    def _has_there(self, grant: HeldGrant, place: Reachable) -> bool:
        match KIND_OF.get(grant.role):
            case Kind.EVERYONE:
                return True
            case Kind.GRANT:
                return grant.reaches(place.region, place.workflow)
            case Kind.OWNER:
                return self.organisation_id is not None and place.organisation_id == self.organisation_id
            case Kind.ORGANISATION:
                mine = self.organisation_id
            case Kind.PERSON:
                mine = self.person_id
            case _:
                return False
        return mine is not None and any(party.role == grant.role and party.number == mine for party in place.parties)

    def standing_in(self, *, region: str | None, workflow: str) -> Mapping[str, Absent]:
        """The roles of the team that this actor has there only as a deputy, and of whom."""
        there = [grant for grant in self.grants if grant.role in STAFF and grant.reaches(region, workflow)]
        own = {grant.role for grant in there if grant.absent is None}
        return {grant.role: grant.absent for grant in there if grant.absent is not None and grant.role not in own}

    def stands_for(self, role: str, *, region: str | None, workflow: str) -> frozenset[int]:
        """The ids of the people whose work of that role there is this actor's: the own one, and of the absent."""
        there = [grant for grant in self.grants if grant.role == role and grant.reaches(region, workflow)]
        absent = {grant.absent.person_id for grant in there if grant.absent is not None}
        return frozenset(absent | ({self.person_id} if self.person_id is not None else set()))


#: Files requests that came in a file; the team takes them up from there.
IMPORT = Actor(key="import", name="import", grants=(HeldGrant("coordinator"),))
CLOCK = Actor(key="clock", machine="clock")
PART = Actor(key="part", machine="part")
#: Moves due dates after a decree has moved working days.
CALENDAR = Actor(key="calendar", machine="calendar")
#: Moves open cases to another version of their workflow, on the word of administrators.
MIGRATION = Actor(key="migration", machine="migration")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is told, in which role, and in which language; `absent` is in whose place, by name."""

    role: str
    person_id: int
    name: str
    language: str
    key: str = ""
    absent: str = ""


def load_actor(session: Session, person_id: int, today: date) -> Actor | None:
    """The active person with the grants in force on `today`, those of absent people for whom they stand in included.

    None for unknown and deactivated people.
    """
    rows = _ACTOR.all(session, {"person": person_id, "today": today})
    if not rows:
        return None
    own = [
        each
        for row in rows
        if row.absence is None and row.role
        for each in _held_grants(row.role, row.region, row.workflow)
    ]
    person = rows[0]
    return Actor(
        key=person.key,
        person_id=person.id,
        name=person.name,
        language=person.language,
        organisation_id=person.organisation_id,
        grants=(*own, *_lent_grants(row for row in rows if row.absence is not None)),
        lead=bool(person.lead),
    )


def _held_grants(role: str, region: str | None, workflow: str | None, absent: Absent | None = None) -> list[HeldGrant]:
    """A grant as it is held: of a declared role one for each workflow that declares it, for it reaches no other."""
    if role in directory.BUILT_IN:
        return [HeldGrant(role, region, workflow, absent)]
    found = directory.declared().get(role)
    within = sorted(found.workflows) if found is not None else []
    return [HeldGrant(role, region, each, absent) for each in within if workflow in (None, each)]


def _lent_grants(rows: Iterable[Row[Any]]) -> list[HeldGrant]:
    """The roles that absences lend, each once; what an absent person does as a deputy is lent to nobody."""
    found = []
    for row in sorted(rows, key=lambda row: (row.absence, row.grant)):
        scope = deputies.lent(Scope(row.away_as, row.away_from, row.away_in), row.role, row.region, row.workflow)
        if scope is not None:
            absent = Absent(row.absent_key, row.absent_name, row.absent_id)
            found += _held_grants(row.role, scope.region, scope.workflow, absent)
    return list(dict.fromkeys(found))


def _held() -> Prepared:
    """The active person with each own role in force, and each role in force of somebody for whom they stand in."""
    today, absent = bindparam("today", type_=Date), PEOPLE.alias()
    shown = (PEOPLE.c[name] for name in ("id", "key", "name", "language", "organisation_id", "lead"))
    person = (*shown, GRANTS.c.id.label("grant"), GRANTS.c.role, GRANTS.c.region, GRANTS.c.workflow)
    named = ("absence", "away_as", "away_from", "away_in", "absent_id", "absent_key", "absent_name")
    away = (
        *(ABSENCES.c[name] for name in ("id", "role", "region", "workflow")),
        absent.c.id,
        absent.c.key,
        absent.c.name,
    )
    own = (
        select(
            *person, *(type_coerce(null(), column.type).label(name) for column, name in zip(away, named, strict=True))
        )
        .outerjoin(GRANTS, and_(GRANTS.c.person_id == PEOPLE.c.id, deputies.grant_in_force(today)))
        .where(PEOPLE.c.id == bindparam("person"), PEOPLE.c.active)
    )
    lent = (
        select(*person, *(column.label(name) for column, name in zip(away, named, strict=True)))
        .join(ABSENCES, and_(ABSENCES.c.deputy_id == PEOPLE.c.id, *on(today)))
        .join(absent, and_(absent.c.id == ABSENCES.c.person_id, absent.c.active))
        .join(GRANTS, and_(GRANTS.c.person_id == absent.c.id, deputies.grant_in_force(today)))
        .where(PEOPLE.c.id == bindparam("person"), PEOPLE.c.active)
    )
    return Prepared(union_all(own, lent).order_by("grant"))


_ACTOR = _held()


def recipients(session: Session, roles: Iterable[str], case: Reachable, today: date) -> list[Recipient]:
    """Everybody who holds one of `roles` in the case today, and their deputies: one statement however many there are.

    Nobody twice in one role: in the own right before in somebody's place.
    """
    asked = tuple(sorted(role for role in set(roles) if directory.reaches_workflow(role, case.workflow)))
    if not asked:
        return []
    given: dict[str, object] = {"organisation_id": case.organisation_id, "region": case.region}
    given |= {"workflow": case.workflow, "today": today}
    given |= {
        _parties_of(role): [party.number for party in case.parties if party.role == role]
        for role in asked
        if KIND_OF.get(role) in _BY_PARTY
    }
    kinds = tuple((role, KIND_OF[role], role in directory.BUILT_IN) for role in asked)
    found = [Recipient(*row) for row in session.execute(_asked(kinds), given)]
    return list({(each.role, each.person_id): each for each in reversed(found)}.values())[::-1]


def _parties_of(role: str) -> str:
    """The name of the parameter that lists the parties of a role."""
    return f"{role}_parties"


@cache
def _asked(kinds: tuple[tuple[str, Kind, bool], ...]) -> CompoundSelect[Any]:
    """Built once: making this statement costs more than sending it. An absent owner or party equals nobody.

    `kinds`: each role with its kind, and whether it is built in; a declared one that a field names needs no grant.
    """
    who = (PEOPLE.c.id.label("person_id"), PEOPLE.c.name, PEOPLE.c.language, PEOPLE.c.key)
    shown = (GRANTS.c.role.label("role"), *who)
    named = [(role, kind) for role, kind, built_in in kinds if not built_in and kind in _BY_PARTY]
    by_grant = [role for role, kind, built_in in kinds if built_in or kind not in _BY_PARTY]
    meant = (or_(false(), *map(_holds, by_grant)), deputies.grant_in_force(bindparam("today")), PEOPLE.c.active)
    present = select(*shown, literal("").label("absent")).join(PEOPLE, PEOPLE.c.id == GRANTS.c.person_id).where(*meant)
    absent_person = PEOPLE.alias()
    stand_ins = (
        select(*shown, absent_person.c.name.label("absent"))
        .join(absent_person, and_(absent_person.c.id == GRANTS.c.person_id, absent_person.c.active))
        .join(ABSENCES, ABSENCES.c.person_id == GRANTS.c.person_id)
        .join(PEOPLE, PEOPLE.c.id == ABSENCES.c.deputy_id)
        .where(*meant, GRANTS.c.role.in_([role for role, kind, _ in kinds if kind is Kind.GRANT]), *_lent())
    )
    parties = [
        select(literal(role).label("role"), *who, literal("").label("absent")).where(
            PEOPLE.c.active, *_named(role, kind)
        )
        for role, kind in named
    ]
    return union(present, stand_ins, *parties).order_by("role", "person_id", "absent")


def _named(role: str, kind: Kind) -> list[ColumnElement[bool]]:
    """The conditions of a person who has a declared role by being named, or by acting for a body that is."""
    found: list[ColumnElement[bool]] = [_BY_PARTY[kind].in_(bindparam(_parties_of(role), expanding=True))]
    if kind is Kind.ORGANISATION:
        acting = select(GRANTS.c.person_id).where(
            GRANTS.c.role.in_(sorted(ACTS_FOR)), deputies.grant_in_force(bindparam("today"))
        )
        found.append(PEOPLE.c.id.in_(acting))
    return found


def _lent() -> list[ColumnElement[bool]]:
    """An absence of today that is about this role, region and workflow."""
    asked = {"role": GRANTS.c.role, "region": bindparam("region"), "workflow": bindparam("workflow")}
    today = bindparam("today", type_=Date)
    return [
        ABSENCES.c.since <= today,
        ABSENCES.c.until >= today,
        ABSENCES.c.ended_at.is_(None),
        *(or_(ABSENCES.c[name].is_(None), ABSENCES.c[name] == wanted) for name, wanted in asked.items()),
    ]


def _holds(role: str) -> ColumnElement[bool]:
    """The condition under which a grant gives its person the role in the case that the parameters describe."""
    holds, kind = GRANTS.c.role == role, KIND_OF.get(role)
    match kind:
        case Kind.GRANT:
            here = or_(GRANTS.c.region.is_(None), GRANTS.c.region == bindparam("region"))
            return and_(holds, here, or_(GRANTS.c.workflow.is_(None), GRANTS.c.workflow == bindparam("workflow")))
        case Kind.OWNER:
            return and_(holds, PEOPLE.c.organisation_id == bindparam("organisation_id"))
        case Kind.ORGANISATION | Kind.PERSON:
            return and_(holds, _BY_PARTY[kind].in_(bindparam(_parties_of(role), expanding=True)))
        case Kind.EVERYONE:
            return holds
    return false()


#: Kinds that ask for a row of `case_parties` → what of a person is named there.
_BY_PARTY = {Kind.PERSON: PEOPLE.c.id, Kind.ORGANISATION: PEOPLE.c.organisation_id}
