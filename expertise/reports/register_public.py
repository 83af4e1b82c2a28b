"""The public register: cases in states that their definition marks public, and only the fields it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.cases.queries import CASES, CaseRow, equal
from expertise.cases.services import Services
from workflows.definition import Definition

PAGE = 50


@dataclass(frozen=True, slots=True)
class Published:
    """A case as the public sees it. `fields` holds only what the state's definition names, nothing personal."""

    case: CaseRow
    definition: Definition
    fields: dict[str, Any]


def listing(
    session: Session, services: Services, region: str | None = None, topic: str | None = None
) -> Sequence[Published]:
    """The newest public cases."""
    wanted = select(CASES).where(CASES.c.public, CASES.c.parent_id.is_(None))
    if region is not None:
        wanted = wanted.where(equal(CASES.c.region, region))
    if topic is not None:
        wanted = wanted.where(equal(CASES.c.topic, topic))
    rows = session.execute(wanted.order_by(CASES.c.changed_at.desc(), CASES.c.id.desc()).limit(PAGE)).all()
    return [_published(services, row) for row in rows]


def find(session: Session, services: Services, reference: str) -> Published | None:
    """One public case; None for one that is not public and one that is not there alike."""
    row = session.execute(
        select(CASES).where(equal(CASES.c.reference, reference), CASES.c.public, CASES.c.parent_id.is_(None))
    ).first()
    return None if row is None else _published(services, row)


def _published(services: Services, case: CaseRow) -> Published:
    definition = services.definitions.pinned(case.digest)
    names = definition.states[case.state].public
    shown = {
        name: case.fields[name]
        for name in names
        if not definition.fields[name].personal and case.fields.get(name) is not None
    }
    return Published(case, definition, shown)
