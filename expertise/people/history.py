"""Notes in the history of a person, in the transaction of the change itself."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.audit import history
from expertise.people.model import Person


def note(
    session: Session, whose: Person | int, act: str, *, own: bool = False, actor: str | None = None, **values: Any
) -> None:
    """Note an act with its private values, those that are None left out.

    `own`: the person has just proved to be it; else `actor` did it, or whoever acts in this session.
    """
    key = whose.key if isinstance(whose, Person) else session.execute(_key(whose)).scalar_one()
    said = {name: plain(value) for name, value in values.items() if value is not None}
    history.note(session, history.person(key), act, said, actor=key if own else actor)


def plain(value: Any) -> Any:
    """A value as JSON can say it: days as ISO."""
    return value.isoformat() if isinstance(value, date) else value


def _key(person_id: int) -> Any:
    return select(Person.key).where(Person.id == person_id)
