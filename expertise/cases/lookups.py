"""Which regions, topics, lenders, experts and files exist and may be chosen, asked only for values that came in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.base.collation import sorted_by_name
from expertise.cases.queries import CASES, equal
from expertise.cases.reach import condition
from expertise.cases.services import Unit
from expertise.files.model import StoredFile
from expertise.people.access import Actor
from expertise.people.deputies import grant_in_force
from expertise.people.model import Grant, Lender, Organisation, Person, Region, Topic
from expertise.people.reach import KIND_OF, Kind
from expertise.people.scope import STAFF
from workflows.calendar import ALMATY
from workflows.definition import Definition
from workflows.fields.days import misplaced
from workflows.fields.moments import clock_of
from workflows.fields.several import LISTS
from workflows.fields.text import refuse
from workflows.fields.types import Loaded, load


@dataclass(frozen=True, slots=True)
class Chooser:
    """The person who gives the values, the roles in which they do, and the case; None for one that is yet to begin."""

    actor: Actor
    roles: tuple[str, ...]
    case: Any = None
    holds: bool = False  # other cases that are named are held, so that they still go on when this one is written

    def has(self, value: str) -> bool:
        """Whether a field of the case holds the value already: a form sends back what it was given."""
        return self.case is not None and value in [one for one in self.case.fields.values() if isinstance(one, str)]


class Known:
    """The lookups of `workflows.fields.types` over the database.

    A file is known when it belongs to the case, or arrived with this very request (`arrived`: keys). `chooser` limits
    what exists to what this person may choose; without it, whatever exists may be chosen.
    """

    def __init__(
        self,
        session: Session,
        case_id: int | None = None,
        arrived: Collection[str] = (),
        chooser: Chooser | None = None,
    ) -> None:
        self._session = session
        self._case_id = case_id
        self._arrived = arrived
        self._chooser = chooser

    @property
    def region(self) -> str | None:
        """The region of the case."""
        return getattr(self._chooser.case, "region", None) if self._chooser is not None else None

    def knows(self, type: str, value: str) -> bool:  # noqa: A002 the engine's word
        """Is there such a thing? Raises ValidationError for a thing that is there and not for this person to choose."""
        if type == "file" and value in self._arrived:
            return True
        if type.startswith("case:"):
            return self._case(type.removeprefix("case:"), value)
        asked = self._asked(LISTS.get(type, type), value)
        found = asked is not None and self._session.execute(asked.limit(1)).first() is not None
        if found and type == "region" and not self._may_file_for(value):
            refuse("foreign_region")
        return found

    def _case(self, workflow: str, reference: str) -> bool:
        """Another case that goes on and that the chooser may see; no part. One that is named already may stay."""
        mine = condition(self._chooser.actor) if self._chooser is not None else true()
        wanted = select(CASES.c.id, CASES.c.final).where(*nameable(workflow), mine)
        if self._chooser is not None and self._chooser.holds:
            wanted = wanted.with_for_update(read=True, of=CASES)
        found = self._session.execute(wanted.where(equal(CASES.c.reference, reference))).first()
        if found is None:
            return False
        if found.id == self._case_id:
            refuse("own_case")
        if found.final is not None and not (self._chooser is not None and self._chooser.has(reference)):
            refuse("ended_case")
        return True

    def _may_file_for(self, region: str) -> bool:
        chooser = self._chooser
        if chooser is None or chooser.has(region):
            return True
        own = regions_of(self._session, chooser.actor, chooser.roles)
        return own is None or region in own

    def _asked(self, type: str, value: str) -> Select[Any] | None:  # noqa: A002
        if type.partition(":")[0] == "person":
            if self._chooser is None or self._chooser.has(value):
                return select(Person.id).where(Person.key == value)
            named = people_to_choose(self._chooser, type.partition(":")[2])
            return select(Person.id).where(Person.key == value, *named)
        if type == "expert":
            today = clock.now().astimezone(ALMATY).date()
            return (
                select(Person.id)
                .join(Grant, Grant.person_id == Person.id)
                .where(Person.key == value, Person.active, Grant.role == "expert", grant_in_force(today))
            )
        if type == "file":
            return select(StoredFile.id).where(
                StoredFile.key == value, StoredFile.case_id == self._case_id, ~StoredFile.internal
            )
        if type == "lender":
            kept = self._chooser is not None and self._chooser.has(value)
            return select(Lender.code).where(Lender.code == value, true() if kept else Lender.lends)
        column = {"region": Region.code, "topic": Topic.key, "organisation": Organisation.key}.get(type)
        return None if column is None else select(column).where(column == value)


def read_values(
    unit: Unit,
    definition: Definition,
    names: Collection[str],
    raw: Mapping[str, Any],
    lookups: Known,
    stored: Mapping[str, Any] = MappingProxyType({}),
) -> Loaded:
    """Return the values of a request, checked by their types, and their days by today and by those of the case.

    `stored` are the values that the case has; a field without a problem of its own can still stand before another day.
    """
    with clock_of(_region(definition, raw, stored, lookups)):
        loaded = load(definition, names, raw, lookups)
    today = unit.services.calendar.local_day(unit.now)
    wrong = dict(loaded.errors)
    found = misplaced(definition, loaded.values, stored, today)
    return replace(loaded, errors=(*loaded.errors, *(each for each in found if each[0] not in wrong)))


def _region(definition: Definition, raw: Mapping[str, Any], stored: Mapping[str, Any], lookups: Known) -> str | None:
    """Return the region on whose clock times are given: the one that comes with the values, else that of the case."""
    field = next((name for name, each in definition.fields.items() if each.column == "region"), "")
    for value in (raw.get(field), stored.get(field)):
        if isinstance(value, str) and value:
            return value
    return lookups.region


#: People whom a list offers, by name.
MOST_PEOPLE = 500


def people_to_choose(chooser: Chooser, role: str | None) -> list[ColumnElement[bool]]:
    """Return the conditions of a person whom `chooser` may name: active, and with the role where one is wanted.

    The team names anybody. All others name people of their own organisation: they see no list of the rest.
    """
    found: list[ColumnElement[bool]] = [Person.active.is_(True)]
    if role:
        today = clock.now().astimezone(ALMATY).date()
        has_role = select(Grant.id).where(Grant.person_id == Person.id, Grant.role == role, grant_in_force(today))
        region = getattr(chooser.case, "region", None)
        if region is not None and role in STAFF:
            has_role = has_role.where(or_(Grant.region.is_(None), Grant.region == region))
        found.append(has_role.exists())
    if chooser.actor.machine is None and not STAFF & set(chooser.roles):
        found.append(Person.organisation_id == chooser.actor.organisation_id)
    return found


def choosable_people(session: Session, chooser: Chooser, role: str | None) -> list[tuple[str, str]]:
    """Return pseudonym and name of the people whom `chooser` may name, and of those whom the case names already."""
    shown = select(Person.key, Person.name)
    rows = session.execute(shown.where(*people_to_choose(chooser, role)).order_by(Person.name).limit(MOST_PEOPLE)).all()
    there = {row.key for row in rows}
    named = {} if chooser.case is None else chooser.case.fields
    kept = [value for value in named.values() if isinstance(value, str) and value not in there]
    rows = [*rows, *(session.execute(shown.where(Person.key.in_(kept))).all() if kept else [])]
    return sorted_by_name([(row.key, row.name) for row in rows], lambda pair: pair[1])


def nameable(workflow: str | None) -> tuple[ColumnElement[bool], ...]:
    """The conditions of a case that another one may name: of that workflow, no part, and sent off by its author."""
    return CASES.c.workflow == workflow, CASES.c.parent_id.is_(None), CASES.c.visit > 1


def regions_of(session: Session, actor: Actor, roles: Iterable[str]) -> frozenset[str] | None:
    """The regions for which the actor files cases in `roles`, those of a deputy included; None for all of them.

    A grant names its region, or all. For the owner's role all means the region of the organisation: a department of
    one oblast files for no other. An organisation of the country has no region, and files for each.
    """
    if actor.machine is not None:
        return None
    asked = frozenset(roles)
    grants = [grant for grant in actor.grants if grant.role in asked]
    own = {grant.region for grant in grants if grant.region is not None}
    everywhere = {KIND_OF.get(grant.role) for grant in grants if grant.region is None}
    if not everywhere:
        return frozenset(own)
    home = session.scalar(select(Organisation.region).where(Organisation.id == actor.organisation_id))
    return frozenset({*own, home}) if everywhere == {Kind.OWNER} and home is not None else None
