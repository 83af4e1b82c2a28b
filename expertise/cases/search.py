"""Search by the beginnings and the stems of words, the same on both databases: a small table of tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

from sqlalchemy import Insert, Select, delete, or_, select
from sqlalchemy.orm import Session

from expertise.audit.model import PrivateValue
from expertise.base.database import insert_as, table_of
from expertise.base.words import alternatives, fold, tokens
from expertise.cases.model import Case, PublishedDefinition, Word
from workflows.definition import Definition
from workflows.fields.types import COMMENT
from workflows.loading.reader import read

MOST = 10_000  # tokens of one case
ASKED = 8  # words of a query that narrow it
AT_ONCE = 200  # cases that are indexed in one transaction


def index(
    session: Session,
    case_id: int,
    reference: str,
    definition: Definition,
    fields: Mapping[str, object],
    said: str = "",
) -> None:
    """Write the tokens of a case anew: its reference, its texts and its comments. Personal fields are not searched.

    `said` is a comment that is not written yet.
    """
    texts = [reference, said] + [
        str(fields[name])
        for name, field in definition.fields.items()
        if field.type.is_prose and not field.personal and fields.get(name)
    ]
    earlier = select(PrivateValue.value).where(PrivateValue.case_id == case_id, PrivateValue.name == COMMENT.key)
    texts += [str(json.loads(value)) for value in session.scalars(earlier.order_by(PrivateValue.sequence))]
    session.execute(delete(Word).where(Word.case_id == case_id))
    add(session, case_id, "\n".join(texts))


def add(session: Session, case_id: int, text: str) -> None:
    """Add the tokens of a text to those of the case."""
    rows = [{"word": token, "case_id": case_id} for token in tokens(text)[:MOST]]
    if rows:
        session.execute(_unless_there(session.get_bind().dialect.name), rows)


@cache
def _unless_there(dialect: str) -> Insert:
    """Built once: every comment sends it."""
    return insert_as(dialect, table_of(Word)).on_conflict_do_nothing()


def matching(query: str) -> list[Select[int]]:
    """One subquery of case ids per word of the query; a case must be in all of them.

    A word is found by its beginning, or by its stem when it stands in another form. The range `word ≤ x < word + last
    letter` uses the index under any collation that sorts by code point, and LIKE would not.
    """
    return [
        select(Word.case_id).where(
            or_((Word.word >= word) & (Word.word < word + "\U0010ffff"), Word.word.in_(alternatives(word)))
        )
        for word in fold(query)[:ASKED]
    ]


def index_some(session: Session, after: int) -> int | None:
    """Index the next cases after that id anew; returns the id of the last one, None when there was none."""
    wanted = (
        select(Case.id, Case.reference, Case.fields, PublishedDefinition.text)
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
            index(session, row.id, row.reference, definition, row.fields)
    return last
