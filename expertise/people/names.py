"""Names of people; and of organisations and regions in three languages, kept in memory: they change once in years.

A renamed organisation is called by its new name after the process restarts, or at once after `forget`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.people.model import Organisation, Person, Region
from expertise.people.reference_data import centre_of
from workflows.definition import Field, Text

NOBODY: Text = {"kk": "", "ru": "", "en": ""}


def names_of(session: Session, keys: Collection[str]) -> dict[str, str]:
    """Pseudonym → name, of people without access as well. Asks nothing for nobody."""
    if not keys:
        return {}
    return dict(session.execute(select(Person.key, Person.name).where(Person.key.in_(keys))).all())


@dataclass(frozen=True, slots=True)
class NamedThings:
    """The names of the people and organisations that values name: pseudonym → name, key → names."""

    people: Mapping[str, str] = field(default_factory=dict)
    organisations: Mapping[str, Text] = field(default_factory=dict)


def named_in(session: Session, fields: Mapping[str, Field], values: Iterable[Mapping[str, Any]]) -> NamedThings:
    """Return the names of what `values` name in fields and columns of people and organisations.

    Asks nothing for a workflow without such fields.
    """
    people: set[str] = set()
    organisations: set[str] = set()
    telling = {key: each for key, each in fields.items() if _names_something(each)}
    for held in values if telling else ():
        for key, declared in telling.items():
            for one, value in _single(declared, held.get(key)):
                if isinstance(value, str):
                    (organisations if one.type.names_organisation else people).add(value)
    rows = (
        select(Organisation.key, Organisation.name_kk, Organisation.name_ru, Organisation.name_en).where(
            Organisation.key.in_(organisations)
        )
        if organisations
        else None
    )
    found = [] if rows is None else session.execute(rows).all()
    return NamedThings(
        names_of(session, people), {row[0]: dict(zip(("kk", "ru", "en"), row[1:], strict=True)) for row in found}
    )


def _names_something(declared: Field) -> bool:
    return any(
        each.type.names_person or each.type.names_organisation or each.type.party == "expert"
        for each in (declared, *(declared.columns or {}).values())
    )


def _single(declared: Field, value: Any) -> Iterator[tuple[Field, Any]]:
    """Return the field with its value; of a table the telling columns, each with its cells."""
    if not declared.columns:
        yield declared, value
        return
    for name, column in declared.columns.items():
        if _names_something(column):
            yield from ((column, row.get(name)) for row in value or ())


class Names:
    """Looks a name up once. Safe to share between threads: the worst that happens is a second look."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int | str], Text] = {}

    def organisation(self, session: Session, organisation_id: int | None) -> Text:
        """The names of an organisation, empty texts for none."""
        return self._name(session, Organisation, organisation_id)

    def region(self, session: Session, code: str | None) -> Text:
        """The names of a region, empty texts for none."""
        return self._name(session, Region, code)

    def place(self, session: Session, organisation_id: int | None, region: str | None = None) -> Text:
        """The city on whose clock the deadlines of an organisation end: the centre of its region, else of `region`."""
        key = ("place", organisation_id or 0)
        if key not in self._known:
            own = session.scalar(select(Organisation.region).where(Organisation.id == organisation_id))
            self._known[key] = centre_of(own) or NOBODY
        found = self._known[key]
        return found if found is not NOBODY else centre_of(region) or NOBODY

    def forget(self) -> None:
        """Look everything up anew."""
        self._known.clear()

    def _name(self, session: Session, table: type[Organisation | Region], key: int | str | None) -> Text:
        if key is None:
            return NOBODY
        found = self._known.get((table.__name__, key))
        if found is None:
            primary = table_of(table).primary_key.columns[0]
            row = session.execute(select(table.name_kk, table.name_ru, table.name_en).where(primary == key)).first()
            found = NOBODY if row is None else dict(zip(("kk", "ru", "en"), row, strict=True))
            self._known[table.__name__, key] = found
        return found
