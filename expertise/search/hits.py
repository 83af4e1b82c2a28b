"""Finds texts of cases by the words of a query: the newest cases first, within what the actor reaches.

Which table leads is measured, not guessed: the rarest word of the query, or the cases of the actor where those are few.
Counting a word stops at PROBED rows, so the choice costs the same however large the index is. Behind a leading word
with more rows the search stops as soon as it has enough, and with so many rows that is soon.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, false, func, literal, or_, select, text, union_all
from sqlalchemy.orm import Session

from expertise.base.search_terms import SearchTerm
from expertise.base.words import stems
from expertise.cases.reach import CASES, branches, condition, counted, in_the_team, reads_notes
from expertise.cases.search import WORDS, TextKind
from expertise.people.access import Actor

PROBED = 5_000  # rows of a word after which it counts as frequent
COUNTED = 501  # hits after which counting stops
EXPANDED = 200  # tokens of one term that are looked up one by one; with more, their range is read
STREAMS = 16  # tokens whose rows are merged in the order of the index; more are read and sorted

#: What a person looks for → the texts in which it stands: for all who reach the case, and then for those whom
#: `in_the_team` and `reads_notes` allow.
TEXTS: dict[str, tuple[TextKind, ...]] = {
    "cases": (TextKind.CASE,),
    "comments": (TextKind.COMMENT, TextKind.NOTE, TextKind.INTERNAL),
    "files": (TextKind.FILE, TextKind.NOTE_FILE, TextKind.INTERNAL_FILE),
}

WORD = WORDS.alias("word_of_text")

#: The distinct tokens from `low` to `high`, one step of the index each.
_DISTINCT = text(
    """WITH RECURSIVE found(word) AS (
        SELECT min(word) FROM case_words WHERE word >= :low AND word < :high
        UNION ALL
        SELECT (SELECT min(next.word) FROM case_words AS next WHERE next.word > found.word AND next.word < :high)
        FROM found WHERE found.word IS NOT NULL)
    SELECT word FROM found WHERE word IS NOT NULL LIMIT :most"""
)


@dataclass(frozen=True, slots=True)
class TextHit:
    """A text that has all words: its case, and which one of its kind it is (see `cases.model.Word`)."""

    case_id: int
    item: int


@dataclass(frozen=True, slots=True)
class FoundTexts:
    """One page of hits. `total` stops at COUNTED; `after` is the mark of the next page, None at the end."""

    hits: Sequence[TextHit]
    total: int
    after: str | None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A term with the tokens that the index has for it; None where they are too many."""

    term: SearchTerm
    tokens: tuple[str, ...] | None

    def ways(self, words: FromClause) -> list[ColumnElement[bool]]:
        """The conditions on a row of words of which one is enough, each for one range of an index."""
        if self.tokens is not None:
            return [words.c.word.in_(self.tokens)]
        begin = self.term.beginnings
        apart = [each for each in self.term.exact if not each.startswith(begin)]
        exact = [words.c.word.in_(apart)] if apart else []
        return [and_(words.c.word >= each, words.c.word < _end(each)) for each in begin] + exact

    def condition(self, words: FromClause) -> ColumnElement[bool]:
        """The condition on a row of words."""
        return or_(*self.ways(words))

    def stands_in(self, kind: TextKind, case_id: ColumnElement[int], *same: ColumnElement[bool]) -> ColumnElement[bool]:
        """The condition on a text of this case to have the word. `same`: on rows of `WORD`, for one text of many."""
        own = (WORD.c.kind == kind, WORD.c.case_id == case_id, *same)
        return or_(*(_probed(select(WORD.c.word).where(*own, way)) for way in self.ways(WORD)))


class TextSearch:
    """One query of one actor; the words of it are looked up once."""

    def __init__(self, session: Session, actor: Actor, terms: Sequence[SearchTerm]) -> None:
        self._session = session
        self._actor = actor
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SET LOCAL jit = off"))  # compiling costs more than it saves on a page of hits
        self._wanted = [_Wanted(term, _tokens(session, term)) for term in terms]
        self._counts: dict[tuple[_Wanted, TextKind], int] = {}

    def page(self, name: str, limit: int, after: str | None = None) -> FoundTexts:
        """Return the hits of one kind of `TEXTS`, the newest case first, and how many there are."""
        if not self._wanted or any(each.tokens == () for each in self._wanted):
            return FoundTexts((), 0, None)
        rows = self._rows_of(name)
        mark = _mark(after)
        found = self._first(rows, COUNTED)
        total = len(found)
        if mark is not None:
            found = self._first(rows, limit + 1, mark)
        shown = found[:limit]
        return FoundTexts(shown, total, _marked(shown[-1]) if len(found) > limit else None)

    def _first(self, rows: FromClause, limit: int, after: TextHit | None = None) -> list[TextHit]:
        wanted = select(rows.c.case_id, rows.c.item)
        if after is not None:
            beyond = and_(rows.c.case_id == after.case_id, rows.c.item < after.item)
            wanted = wanted.where(or_(rows.c.case_id < after.case_id, beyond))
        newest = (rows.c.case_id.desc(), rows.c.item.desc())
        return [TextHit(*row) for row in self._session.execute(wanted.order_by(*newest).limit(limit))]

    def _rows_of(self, name: str) -> FromClause:
        """The texts of this kind that have every word and that the actor may read, each once."""
        general, *closed = TEXTS[name]
        reached = condition(self._actor)
        each = [self._with_all(general, reached)]
        readers = in_the_team(self._actor), reads_notes(self._actor)
        for kind, readable in zip(closed, readers, strict=False):
            if not readable.compare(or_(false())):
                each.append(self._with_all(kind, and_(reached, readable)))
        return (union_all(*(one.subquery().select() for one in each)) if len(each) > 1 else each[0]).subquery("found")

    def _with_all(self, kind: TextKind, readable: ColumnElement[bool]) -> Select[Any]:
        leading, others = self._led_by(kind)
        few = self._rows(leading, kind) >= PROBED and self._reaches_few
        if leading.tokens is None and kind is TextKind.CASE and not few:
            words = (each.stands_in(kind, CASES.c.id) for each in (leading, *others))
            return select(CASES.c.id.label("case_id"), literal(0).label("item")).where(readable, *words)
        texts = self._few_texts(leading, kind) if few else self._texts(leading, kind)
        seen = _probed(select(CASES.c.id).where(CASES.c.id == texts.c.case_id, readable))
        words = (each.stands_in(kind, texts.c.case_id, WORD.c.item == texts.c.item) for each in others)
        return select(texts.c.case_id, texts.c.item).where(seen, *words)

    def _few_texts(self, leading: _Wanted, kind: TextKind) -> FromClause:
        """The texts of this kind that have the leading word, of those who reach few cases."""
        wanted = (leading.condition(WORDS), WORDS.c.kind == kind, WORDS.c.case_id.in_(self._own()))
        return select(WORDS.c.case_id, WORDS.c.item).where(*wanted).distinct().subquery("texts")

    def _texts(self, leading: _Wanted, kind: TextKind) -> FromClause:
        """The texts of this kind that have the leading word, each once, the newest first."""
        columns = (WORDS.c.case_id, WORDS.c.item)
        tokens = leading.tokens or ()
        if not 0 < len(tokens) <= STREAMS:
            rows = select(*columns).where(leading.condition(WORDS), WORDS.c.kind == kind).distinct()
            return rows.subquery("texts")
        each = [select(*columns).where(WORDS.c.word == token, WORDS.c.kind == kind) for token in tokens]
        if len(each) == 1:
            return each[0].subquery("texts")
        streams = union_all(*each).subquery("streams")
        newest = (streams.c.case_id.desc(), streams.c.item.desc())
        return select(streams.c.case_id, streams.c.item).distinct().order_by(*newest).subquery("texts")

    def _led_by(self, kind: TextKind) -> tuple[_Wanted, list[_Wanted]]:
        """The word with the fewest rows, and the others."""
        ranked = sorted(self._wanted, key=lambda each: self._rows(each, kind))
        return ranked[0], ranked[1:]

    def _rows(self, wanted: _Wanted, kind: TextKind) -> int:
        """How many rows the word has, up to PROBED."""
        key = (wanted, kind)
        if key not in self._counts:
            rows = select(WORDS.c.case_id).where(wanted.condition(WORDS), WORDS.c.kind == kind).limit(PROBED)
            counting = select(func.count()).select_from(rows.subquery())
            self._counts[key] = self._session.execute(counting).scalar_one()
        return self._counts[key]

    def _own(self) -> Select[Any]:
        """The ids of all cases that the actor reaches; for those who reach few."""
        each = [
            select(branch.column("id").label("id")).select_from(branch.source).where(*branch.where)
            for branch in branches(self._actor)
        ]
        return select(union_all(*each).subquery("own").c.id) if each else select(CASES.c.id).where(false())

    @cached_property
    def _reaches_few(self) -> bool:
        return self._session.execute(counted(branches(self._actor), PROBED)).scalar_one() < PROBED


def _probed(rows: Select[Any]) -> ColumnElement[bool]:
    """Whether there is such a row, asked for each text in turn.

    OFFSET keeps PostgreSQL from joining the two, which would read and sort all texts before the first is returned.
    """
    return rows.offset(0).exists()


def _tokens(session: Session, term: SearchTerm) -> tuple[str, ...] | None:
    """The tokens of the index that the term finds; None when they are more than EXPANDED."""
    found = dict.fromkeys(session.scalars(select(WORDS.c.word).where(WORDS.c.word.in_(term.exact)).distinct()))
    for each in term.beginnings:
        given = {"low": each, "high": _end(each), "most": EXPANDED + 1}
        found |= dict.fromkeys(session.execute(_DISTINCT, given).scalars())
    return _without_covered(found) if len(found) <= EXPANDED else None


def _without_covered(found: Collection[str]) -> tuple[str, ...]:
    """Leave out words beside whose stem they always stand."""
    return tuple(each for each in found if not any(f"~{stem}" in found for stem in stems(each) if stem != each))


def _end(beginning: str) -> str:
    return beginning + "\U0010ffff"


def _mark(after: str | None) -> TextHit | None:
    """Return the hit that a mark names; None for anything that is no mark."""
    case_id, _, item = (after or "").partition("~")
    if not (case_id.isascii() and case_id.isdigit() and item.isascii() and item.isdigit()):
        return None
    return TextHit(int(case_id), int(item)) if len(case_id) < 19 and len(item) < 19 else None


def _marked(hit: TextHit) -> str:
    return f"{hit.case_id}~{hit.item}"
