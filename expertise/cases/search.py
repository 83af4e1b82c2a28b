"""The index of words of cases, the same on both databases: a small table of tokens, written with the step itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache

from sqlalchemy import ColumnElement, Insert, Select, and_, delete, false, or_, select
from sqlalchemy.orm import Session

from expertise.audit.act import Act, act_of
from expertise.audit.model import Event, PrivateValue
from expertise.base.database import insert_as, table_of
from expertise.base.search_terms import SearchTerm, search_terms
from expertise.base.words import tokens
from expertise.cases.events import NOTE
from expertise.cases.model import Case, PublishedDefinition, Word
from expertise.cases.reach import CASES, in_the_team, reads_notes
from expertise.files.model import StoredFile
from expertise.people.access import Actor
from workflows.definition import Definition, State
from workflows.fields.types import COMMENT
from workflows.loading.reader import read

MOST = 10_000  # tokens of one text
AT_ONCE = 200  # cases that are indexed in one transaction
WORDS = table_of(Word)


class TextKind(StrEnum):
    """The kinds of texts of a case; the kind decides who finds the text."""

    CASE = "case"  # the reference and the fields
    COMMENT = "comment"
    FILE = "file"  # the name of a file
    NOTE = "note"  # a comment that only the team sees, and those who see all
    NOTE_FILE = "note_file"  # the name of a file of such a note
    INTERNAL = "inner"  # an internal note, for the team of its case alone
    INTERNAL_FILE = "inner_file"  # the name of a file of an internal note
    PUBLIC = "public"  # the fields that the register shows in the present state


#: Texts for everybody who reaches the case, for the team and those who see all, and for the team alone.
OPEN = (TextKind.CASE, TextKind.COMMENT, TextKind.FILE)
TEAM = (TextKind.NOTE, TextKind.NOTE_FILE)
NOTES = (TextKind.INTERNAL, TextKind.INTERNAL_FILE)


# --- writing ------------------------------------------------------------------------------------


def index(session: Session, case_id: int, reference: str, definition: Definition, fields: Mapping[str, object]) -> None:
    """Write the tokens of a case anew: its reference and its texts. Personal fields are not searched."""
    session.execute(delete(WORDS).where(WORDS.c.case_id == case_id, WORDS.c.kind == TextKind.CASE))
    add(session, case_id, "\n".join([reference, *prose(definition, fields).values()]), TextKind.CASE)


def add(session: Session, case_id: int, text: str, kind: TextKind, item: int = 0) -> None:
    """Add the tokens of a text. `item`: which one of its kind, the event of a comment or the id of a file."""
    rows = [{"word": token, "kind": kind, "case_id": case_id, "item": item} for token in tokens(text)[:MOST]]
    if rows:
        session.execute(_unless_there(session.get_bind().dialect.name), rows)


@cache
def _unless_there(dialect: str) -> Insert:
    """Built once: every comment sends it."""
    return insert_as(dialect, WORDS).on_conflict_do_nothing()


def publish(
    session: Session, case_id: int, reference: str, state: State, definition: Definition, fields: Mapping[str, object]
) -> None:
    """Write anew what the public register finds of a case: the texts that its state makes public, or nothing."""
    session.execute(delete(WORDS).where(WORDS.c.case_id == case_id, WORDS.c.kind == TextKind.PUBLIC))
    if state.is_public:
        texts = [text for name, text in prose(definition, fields).items() if name in state.public]
        add(session, case_id, "\n".join([reference, *texts]), TextKind.PUBLIC)


def prose(definition: Definition, fields: Mapping[str, object]) -> dict[str, str]:
    """Return field → text of the fields that are searched, in the order of the definition."""
    return {
        name: field.type.searched(fields[name])
        for name, field in definition.fields.items()
        if field.type.is_searched and not field.personal and fields.get(name)
    }


def comment_kind(definition: Definition, act: Act) -> TextKind:
    """Return what a comment of this act is: handed on to a sealed part, it is the team's alone."""
    step = definition.transitions.get(act.action) if act.is_step else None
    if step is None or step.opens is None or not definition.parts[step.opens].sealed:
        return TextKind.COMMENT
    return TextKind.NOTE if COMMENT.key in definition.handed_on(step) else TextKind.COMMENT


def index_some(session: Session, after: int) -> int | None:
    """Index the next cases after that id anew; returns the id of the last one, None when there was none."""
    wanted = (
        select(Case.id, Case.reference, Case.state, Case.parent_id, Case.fields, PublishedDefinition.text)
        .join(PublishedDefinition, PublishedDefinition.digest == Case.digest)
        .where(Case.id > after)
        .order_by(Case.id)
        .limit(AT_ONCE)
        .with_for_update(of=Case)
    )
    last, known = None, dict[str, Definition | None]()
    for row in session.execute(wanted).all():
        if row.text not in known:
            known[row.text] = read(row.text, row.reference).definition
        definition, last = known[row.text], row.id
        if definition is not None:
            session.execute(delete(WORDS).where(WORDS.c.case_id == row.id))
            index(session, row.id, row.reference, definition, row.fields)
            if row.parent_id is None:
                publish(session, row.id, row.reference, definition.states[row.state], definition, row.fields)
            _index_said(session, row.id, definition)
    return last


def _index_said(session: Session, case_id: int, definition: Definition) -> None:
    """Index the comments, the internal notes and the names of files of a case."""
    said = (
        select(Event.sequence, Event.act, PrivateValue.name, PrivateValue.value)
        .join(PrivateValue, and_(PrivateValue.case_id == Event.case_id, PrivateValue.sequence == Event.sequence))
        .where(Event.case_id == case_id, PrivateValue.name.in_((COMMENT.key, NOTE)))
    )
    for event in session.execute(said).all():
        kind = TextKind.INTERNAL if event.name == NOTE else comment_kind(definition, act_of(event.act))
        add(session, case_id, str(json.loads(event.value)), kind, event.sequence)
    files = select(StoredFile.id, StoredFile.name, StoredFile.internal).where(StoredFile.case_id == case_id)
    for file in session.execute(files).all():
        add(session, case_id, file.name, TextKind.INTERNAL_FILE if file.internal else TextKind.FILE, file.id)


# --- asking -------------------------------------------------------------------------------------


def matching(query: str, kinds: Sequence[TextKind] = OPEN) -> list[Select[int]]:
    """One subquery of case ids per word of the query; a case must be in all of them."""
    return [select(Word.case_id).where(has_term(term), Word.kind.in_(kinds)) for term in search_terms(query)]


def conditions(query: str, actor: Actor) -> list[ColumnElement[bool]]:
    """The conditions on `cases`, one per word of the query, of which notes count where the actor reads them."""
    closed = [(TEAM, in_the_team(actor)), (NOTES, reads_notes(actor))]
    found: list[ColumnElement[bool]] = []
    for term in search_terms(query):
        having = lambda kinds, term=term: CASES.c.id.in_(  # noqa: E731
            select(Word.case_id).where(has_term(term), Word.kind.in_(kinds))
        )
        read = [and_(readable, having(kinds)) for kinds, readable in closed if not readable.compare(or_(false()))]
        found.append(or_(having(OPEN), *read))
    return found


def has_term(term: SearchTerm) -> ColumnElement[bool]:
    """The condition on a row of words to be one that the term finds.

    The range `word ≤ x < word + last letter` uses the index under any collation that sorts by code point, and LIKE
    would not.
    """
    ranges = [(Word.word >= word) & (Word.word < word + "\U0010ffff") for word in term.beginnings]
    return or_(*ranges, Word.word.in_(term.exact))
