"""The public register: cases in states that their definition marks public, and only the fields it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from expertise.cases.queries import CASES, CaseRow, equal
from expertise.cases.services import Services
from expertise.reports.worklists import beyond, mark
from workflows.definition import Definition

PAGE = 50


@dataclass(frozen=True, slots=True)
class Published:
    """A case as the public sees it. `fields` holds only what the state's definition names, nothing personal."""

    case: CaseRow
    definition: Definition
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """One page of the register. `after` is the mark of the next one, None at the end; `total` counts all pages."""

    entries: Sequence[Published]
    after: str | None
    total: int


def page(session: Session, services: Services, narrowed: Mapping[str, str | None], after: str | None) -> RegisterPage:
    """The public cases, the newest change first. `narrowed`: region and topic, None leaves that side open."""
    wanted = [CASES.c.public, CASES.c.parent_id.is_(None)]
    wanted += [equal(CASES.c[name], value) for name, value in narrowed.items() if value is not None]
    newest = (CASES.c.changed_at.desc(), CASES.c.id.desc())
    rows = session.execute(select(CASES).where(*wanted, *beyond(after)).order_by(*newest).limit(PAGE + 1)).all()
    total = session.scalar(select(func.count()).select_from(CASES).where(*wanted)) or 0
    shown = [_published(services, row) for row in rows[:PAGE]]
    return RegisterPage(shown, mark(rows[PAGE - 1]) if len(rows) > PAGE else None, total)


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
