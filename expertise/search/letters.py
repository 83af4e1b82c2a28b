"""Finds letters by the words of their subject: those of its template and those of the case that it speaks of.

Letters are seen by administrators, and by the team on the page of their case. No index of their own: their subjects are
few, and what differs in them is the case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.base.search_terms import SearchTerm
from expertise.base.words import tokens
from expertise.cases.model import Word
from expertise.cases.reach import CASES, condition, in_the_team
from expertise.cases.search import TextKind, has_term
from expertise.mail.letters import overrides, templates
from expertise.mail.letters.templates import LetterTemplate
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound import admin_queries
from expertise.people.access import Actor
from expertise.people.model import Person
from expertise.search.hits import COUNTED

_LETTERS = table_of(OutgoingLetter)
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class LetterHit:
    """A letter whose subject has all words."""

    id: int
    subject: str
    recipient: str
    reference: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FoundLetters:
    """One page of letters. `total` stops at COUNTED; `after` is the id behind which the next page begins."""

    hits: Sequence[LetterHit]
    total: int
    after: str | None


def find(
    session: Session, actor: Actor, terms: Sequence[SearchTerm], limit: int, after: str | None = None
) -> FoundLetters:
    """Return the letters that the actor may see, the newest first."""
    wordings = overrides.in_force(session)
    named = _named(terms, wordings)
    seen = _seen(actor)
    if not named or seen.compare(false()):
        return FoundLetters((), 0, None)
    matching = or_(*(and_(_LETTERS.c.letter.in_(names), *_in_the_case(rest)) for rest, names in named.items()))
    wanted = (select(_LETTERS.c.id).join(CASES, CASES.c.id == _LETTERS.c.case_id).where(matching, seen)).order_by(
        _LETTERS.c.id.desc()
    )
    found = session.scalars(wanted.limit(COUNTED)).all()
    total = len(found)
    if after is not None and after.isascii() and after.isdigit() and len(after) < 19:
        found = session.scalars(wanted.where(_LETTERS.c.id < int(after)).limit(limit + 1)).all()
    shown = found[:limit]
    return FoundLetters(_hits(session, shown, wordings), total, str(shown[-1]) if len(found) > limit else None)


def _seen(actor: Actor) -> ColumnElement[bool]:
    team = in_the_team(actor)
    return false() if team.compare(or_(false())) else and_(team, condition(actor))


def _named(
    terms: Sequence[SearchTerm], wordings: Mapping[str, LetterTemplate]
) -> dict[tuple[SearchTerm, ...], list[str]]:
    """Words that the case must have → the letters whose own subject has the others, at least one of them."""
    found: dict[tuple[SearchTerm, ...], list[str]] = {}
    for name in templates.available():
        subjects = {**templates.original(name).subject, **(wordings[name].subject if name in wordings else {})}
        own = set(tokens(_PLACEHOLDER.sub(" ", "\n".join(subjects.values()))))
        rest = tuple(term for term in terms if not term.is_among(own))
        if len(rest) < len(terms):
            found.setdefault(rest, []).append(name)
    return found


def _in_the_case(terms: Sequence[SearchTerm]) -> list[ColumnElement[bool]]:
    own = (Word.case_id == _LETTERS.c.case_id, Word.kind == TextKind.CASE)
    return [select(Word.word).where(*own, has_term(term)).exists() for term in terms]


def _hits(session: Session, ids: Sequence[int], wordings: Mapping[str, LetterTemplate]) -> list[LetterHit]:
    columns: tuple[Any, ...] = (_LETTERS.c.id, _LETTERS.c.letter, _LETTERS.c.context, _LETTERS.c.created_at)
    rows = session.execute(
        select(*columns, CASES.c.reference, Person.name, Person.language)
        .join(CASES, CASES.c.id == _LETTERS.c.case_id)
        .join(Person, Person.id == _LETTERS.c.recipient_id)
        .where(_LETTERS.c.id.in_(ids))
        .order_by(_LETTERS.c.id.desc())
    )
    return [LetterHit(row.id, _subject(row, wordings), row.name, row.reference, row.created_at) for row in rows]


def _subject(row: Any, wordings: Mapping[str, LetterTemplate]) -> str:
    context = admin_queries.readable(row.letter, row.context)
    return templates.render(row.letter, row.language, context, wordings.get(row.letter)).subject
