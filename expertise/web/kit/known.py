"""Values that a form need not ask for: known from the account, from the last case of the person, or by the day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.cases.queries import CASES
from expertise.identity import runtime
from expertise.people.access import Actor
from expertise.people.model import Organisation, Person
from expertise.web.kit.i18n import current
from workflows.definition import Definition, Field
from workflows.field import Source


def known_values(db: Session, actor: Actor, definition: Definition, names: Iterable[str]) -> dict[str, str]:
    """Return what is known of these fields, as typed. A field without a source, or with an unknown value, is absent."""
    declared = [definition.fields[name] for name in names if name in definition.fields]
    wanted = [each for each in declared if each.filled_from is not None]
    if not wanted or actor.person_id is None:
        return {}
    found = {each.key: _known(db, actor, each) for each in wanted}
    return {name: text for name, text in found.items() if text}


def _known(db: Session, actor: Actor, declared: Field) -> str:
    match declared.filled_from:
        case Source.TODAY:
            return _today(declared)
        case Source.PERSON:
            return actor.name
        case Source.EMAIL:
            return db.scalar(select(Person.email).where(Person.id == actor.person_id)) or ""
        case Source.ORGANISATION:
            name = getattr(Organisation, f"name_{current()}")
            return db.scalar(select(name).where(Organisation.id == actor.organisation_id)) or ""
        case _:
            return str(declared.type.typed(declared, _of_last_case(db, actor, declared.key)))


def todays(definition: Definition, names: Iterable[str], stored: Mapping[str, Any]) -> dict[str, str]:
    """Return the day of today for those of these fields that ask for it and hold nothing yet, as typed."""
    declared = [definition.fields[name] for name in names if name in definition.fields and not stored.get(name)]
    return {each.key: _today(each) for each in declared if each.filled_from is Source.TODAY}


def _today(declared: Field) -> str:
    today = runtime().services.calendar.local_day(clock.now())
    return str(declared.type.typed(declared, today.isoformat()))


def _of_last_case(db: Session, actor: Actor, name: str) -> Any:
    """Return the value of a field in the newest case that this person opened, None without one."""
    mine = select(CASES.c.fields).where(CASES.c.opened_by_id == actor.person_id).order_by(CASES.c.id.desc()).limit(1)
    return (db.scalar(mine) or {}).get(name)
