"""Which regions, topics, lenders, experts and files exist, asked only for values that came in."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.files.model import StoredFile
from expertise.people.deputies import grant_in_force
from expertise.people.model import Grant, Lender, Person, Region, Topic
from workflows.calendar import ALMATY


class Known:
    """The lookups of `workflows.fields.types` over the database.

    A file is known when it belongs to the case, or arrived with this very request (`arrived`: keys).
    """

    def __init__(self, session: Session, case_id: int | None = None, arrived: Collection[str] = ()) -> None:
        self._session = session
        self._case_id = case_id
        self._arrived = arrived

    def knows(self, type: str, value: str) -> bool:  # noqa: A002 the engine's word
        """Is there such a thing?"""
        if type == "file" and value in self._arrived:
            return True
        asked = self._asked(type, value)
        return asked is not None and self._session.execute(asked.limit(1)).first() is not None

    def _asked(self, type: str, value: str) -> Select[Any] | None:  # noqa: A002
        if type == "expert":
            today = clock.now().astimezone(ALMATY).date()
            return (
                select(Person.id)
                .join(Grant, Grant.person_id == Person.id)
                .where(Person.key == value, Person.active, Grant.role == "expert", grant_in_force(today))
            )
        if type == "file":
            return select(StoredFile.id).where(StoredFile.key == value, StoredFile.case_id == self._case_id)
        column = {"region": Region.code, "topic": Topic.key, "lender": Lender.code}.get(type)
        return None if column is None else select(column).where(column == value)
