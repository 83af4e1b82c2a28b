"""Reads what stands behind hits: the cases, comments and files, with the passages in which the words stand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, or_, select
from sqlalchemy.orm import Session

from expertise.audit.model import Event, PrivateValue
from expertise.base.references import read_reference
from expertise.base.search_terms import SearchTerm
from expertise.cases import queries
from expertise.cases.events import NOTE
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.search import prose
from expertise.cases.services import Definitions
from expertise.files.model import StoredFile
from expertise.people.access import Actor
from expertise.people.model import Person
from expertise.search.excerpts import Piece, excerpt, marked
from expertise.search.hits import TextHit
from workflows.definition import Definition
from workflows.fields.types import COMMENT


@dataclass(frozen=True, slots=True)
class FoundText:
    """A hit as it is shown: its case, the `title` with marks, and a passage. `label` is the field of the passage."""

    case: CaseRow
    definition: Definition
    title: Sequence[Piece]
    passage: Sequence[Piece] = ()
    label: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None
    sequence: int = 0  # of the event of a comment
    author: str = ""
    file: Row[Any] | None = None


def exactly(session: Session, definitions: Definitions, actor: Actor, query: str) -> str | None:
    """Return the reference that the query is, whatever its letters and zeros, if the actor may see that case."""
    own = queries.find(session, actor, query.strip().upper())
    if own is not None:
        return str(own.reference)
    for prefix, year, number in read_reference(query):
        written = {each.reference.format(year=year, number=number) for each in definitions.all_current()}
        for reference in written:
            if reference.startswith(prefix) and queries.find(session, actor, reference) is not None:
                return reference
    return None


def cases(
    session: Session, definitions: Definitions, hits: Sequence[TextHit], terms: Sequence[SearchTerm]
) -> list[FoundText]:
    """Return the cases of hits, in their order, each with the first of its texts in which a word stands."""
    rows = _cases(session, hits)
    found = []
    for hit in hits:
        case = rows[hit.case_id]
        definition = definitions.pinned(case.digest)
        title = next((name for name, each in definition.fields.items() if each.column == "title"), None)
        texts = {name: text for name, text in prose(definition, case.fields).items() if name != title}
        passages = ((name, excerpt(text, terms)) for name, text in texts.items())
        name, passage = next((each for each in passages if each[1]), ("", []))
        label = definition.fields[name].label if name else {}
        found.append(FoundText(case, definition, marked(case.title or "", terms), passage, label))
    return found


def comments(
    session: Session, definitions: Definitions, hits: Sequence[TextHit], terms: Sequence[SearchTerm]
) -> list[FoundText]:
    """Return the comments of hits, in their order, with their authors."""
    rows, texts = _cases(session, hits), _comments(session, hits)
    found = []
    for hit in hits:
        case, event = rows[hit.case_id], texts.get(hit)
        if event is None:
            continue
        passage = excerpt(str(json.loads(event.value)), terms)
        title = [Piece(case.title or "")]
        definition = definitions.pinned(case.digest)
        found.append(
            FoundText(case, definition, title, passage, at=event.at, sequence=hit.item, author=event.name or "")
        )
    return found


def files(
    session: Session, definitions: Definitions, hits: Sequence[TextHit], terms: Sequence[SearchTerm]
) -> list[FoundText]:
    """Return the files of hits, in their order; the title is the name of the file."""
    rows = _cases(session, hits)
    wanted = select(StoredFile.__table__).where(StoredFile.id.in_([hit.item for hit in hits]))
    stored = {row.id: row for row in session.execute(wanted)}
    found = []
    for hit in hits:
        case, file = rows[hit.case_id], stored.get(hit.item)
        if file is not None:
            definition = definitions.pinned(case.digest)
            found.append(FoundText(case, definition, marked(file.name, terms), at=file.at, file=file))
    return found


def _cases(session: Session, hits: Sequence[TextHit]) -> dict[int, CaseRow]:
    ids = {hit.case_id for hit in hits}
    return {row.id: row for row in session.execute(select(CASES).where(CASES.c.id.in_(ids)))}


def _comments(session: Session, hits: Sequence[TextHit]) -> dict[TextHit, Any]:
    if not hits:
        return {}
    which = or_(*(and_(Event.case_id == hit.case_id, Event.sequence == hit.item) for hit in hits))
    same = and_(PrivateValue.case_id == Event.case_id, PrivateValue.sequence == Event.sequence)
    rows = session.execute(
        select(Event.case_id, Event.sequence, Event.at, PrivateValue.value, Person.name)
        .join(PrivateValue, same)
        .outerjoin(Person, Person.key == Event.actor)
        .where(which, PrivateValue.name.in_((COMMENT.key, NOTE)))
    )
    return {TextHit(row.case_id, row.sequence): row for row in rows}
