"""The public register: cases in states that their definition marks public, and only the fields it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from expertise.audit.model import Event
from expertise.cases import search
from expertise.cases.queries import CASES, CaseRow, equal
from expertise.cases.search import TextKind
from expertise.cases.services import Services
from expertise.files.model import StoredFile
from expertise.reports.worklists import beyond, mark
from workflows.calendar import ALMATY
from workflows.definition import Definition, Text

PAGE = 20
#: By what the register can be narrowed.
FILTERS = ("query", "workflow", "state", "region", "topic", "year")


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


@dataclass(frozen=True, slots=True)
class Milestone:
    """A moment on the way of a case: it reached a phase of its process, or a public state."""

    at: datetime
    label: Text
    state: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A public file of a case or of one of its parts. `definition` is of the case that has it."""

    file: Row[Any]
    definition: Definition
    field: str


def page(
    session: Session,
    services: Services,
    narrowed: Mapping[str, str | None],
    after: str | None,
    size: int | None = None,
) -> RegisterPage:
    """The public cases, the newest change first, `size` or PAGE of them. `narrowed`: by FILTERS; None is left open."""
    size = PAGE if size is None else size
    wanted = _conditions(narrowed)
    newest = (CASES.c.changed_at.desc(), CASES.c.id.desc())
    rows = session.execute(select(CASES).where(*wanted, *beyond(after)).order_by(*newest).limit(size + 1)).all()
    total = session.scalar(select(func.count()).select_from(CASES).where(*wanted)) or 0
    shown = [_published(services, row) for row in rows[:size]]
    return RegisterPage(shown, mark(rows[size - 1]) if len(rows) > size else None, total)


def by_region(session: Session, narrowed: Mapping[str, str | None]) -> dict[str, int]:
    """Return region → public cases there, narrowed by everything but the region."""
    wanted = _conditions({**narrowed, "region": None})
    counting = select(CASES.c.region, func.count()).where(*wanted, CASES.c.region.is_not(None))
    return dict(session.execute(counting.group_by(CASES.c.region)).all())


def years(session: Session) -> list[int]:
    """Return the years in which public cases began, the latest first."""
    first, last = session.execute(
        select(func.min(CASES.c.opened_at), func.max(CASES.c.opened_at)).where(*_PUBLIC)
    ).one()
    if first is None:
        return []
    return list(range(last.astimezone(ALMATY).year, first.astimezone(ALMATY).year - 1, -1))


_PUBLIC = (CASES.c.public, CASES.c.parent_id.is_(None))


def _conditions(narrowed: Mapping[str, str | None]) -> list[ColumnElement[bool]]:
    wanted = list(_PUBLIC)
    for name in ("workflow", "state", "region", "topic"):
        value = narrowed.get(name)
        if value is not None:
            wanted.append(equal(CASES.c[name], value))
    year = narrowed.get("year") or ""
    if year.isascii() and year.isdigit() and 1900 < int(year[:5]) < 9999:
        begin, end = (datetime(each, 1, 1, tzinfo=ALMATY) for each in (int(year), int(year) + 1))
        wanted += [CASES.c.opened_at >= begin, CASES.c.opened_at < end]
    words = search.matching((narrowed.get("query") or "").replace("\0", " "), (TextKind.PUBLIC,))
    return wanted + [CASES.c.id.in_(each) for each in words]


def find(session: Session, services: Services, reference: str) -> Published | None:
    """One public case; None for one that is not public and one that is not there alike."""
    row = session.execute(select(CASES).where(equal(CASES.c.reference, reference), *_PUBLIC)).first()
    return None if row is None else _published(services, row)


def timeline(session: Session, published: Published) -> list[Milestone]:
    """Return when the case began each phase of its process and each public state, the latest first.

    Other states, steps and persons are internal.
    """
    definition, been, found = published.definition, set[str](), list[Milestone]()
    wanted = select(Event.at, Event.from_state, Event.to_state).where(Event.case_id == published.case.id)
    for event in session.execute(wanted.order_by(Event.sequence)):
        state = definition.states.get(event.to_state)
        if state is None or event.from_state == event.to_state:
            continue
        if state.phase is not None and state.phase not in been:
            been.add(state.phase)
            found.append(Milestone(event.at, definition.phases[state.phase], state=False))
        if state.is_public and f"state {state.key}" not in been:
            been.add(f"state {state.key}")
            found.append(Milestone(event.at, state.label, state=True))
    return found[::-1]


def documents(session: Session, services: Services, published: Published) -> list[Document]:
    """Return the files that the definitions make public: of the case, and of its parts that are in a public state.

    A part that is sealed shows nothing.
    """
    own = [published, *(_published(services, row) for row in _parts(session, published))]
    named = {
        each.fields[name]: (each.definition, name)
        for each in own
        for name in each.fields
        if each.definition.fields[name].type.is_file
    }
    files = StoredFile.__table__.c
    ids = [each.case.id for each in own]
    rows = session.execute(select(StoredFile.__table__).where(files.key.in_(named), files.case_id.in_(ids)))
    return [Document(row, *named[row.key]) for row in rows]


def _parts(session: Session, published: Published) -> Sequence[CaseRow]:
    open_parts = [key for key, part in published.definition.parts.items() if not part.sealed]
    wanted = select(CASES).where(CASES.c.parent_id == published.case.id, CASES.c.public, CASES.c.part.in_(open_parts))
    return session.execute(wanted.order_by(CASES.c.id)).all() if open_parts else ()


def _published(services: Services, case: CaseRow) -> Published:
    definition = services.definitions.pinned(case.digest)
    names = definition.states[case.state].public
    shown = {
        name: case.fields[name]
        for name in names
        if not definition.fields[name].personal and case.fields.get(name) is not None
    }
    return Published(case, definition, shown)
