"""Names of people; and of organisations and regions in three languages, kept in memory: they change once in years.

A renamed organisation is called by its new name after the process restarts, or at once after `forget`.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.people.model import Organisation, Person, Region
from expertise.people.reference_data import centre_of
from workflows.definition import Text

NOBODY: Text = {"kk": "", "ru": "", "en": ""}


def names_of(session: Session, keys: Collection[str]) -> dict[str, str]:
    """Pseudonym → name, of people without access as well. Asks nothing for nobody."""
    if not keys:
        return {}
    return dict(session.execute(select(Person.key, Person.name).where(Person.key.in_(keys))).all())


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
