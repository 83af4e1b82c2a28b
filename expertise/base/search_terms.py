"""The words of a query, each with everything that may stand for it in a text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from expertise.base.references import references
from expertise.base.transliteration import to_cyrillic, to_latin
from expertise.base.words import COMPOUND, alternatives, fold, joined, pieces, tokens

ASKED = 8  # words of a query that narrow it
LEAST = 3  # characters of a word that is looked for by its beginning, and in the other script as well
_LATIN = re.compile(r"[a-z\u00df-\u024f\u0259\u0275]+")
_CYRILLIC = re.compile(r"[\u0430-\u052f]+")


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """One word of a query: found where a token of the text begins with one of `beginnings`, or is one of `exact`."""

    beginnings: tuple[str, ...]
    exact: tuple[str, ...]

    def is_among(self, found: Collection[str]) -> bool:
        """Whether a text with these tokens has the word."""
        by_beginning = bool(self.beginnings) and any(each.startswith(self.beginnings) for each in found)
        return by_beginning or not set(self.exact).isdisjoint(found)


def search_terms(query: str) -> list[SearchTerm]:
    """Return the words of a query that narrow it, each once."""
    return list(dict.fromkeys(_terms(query)))[:ASKED]


def _terms(query: str) -> Iterator[SearchTerm]:
    for piece in query.split():
        keys = references(piece)
        if keys:
            yield SearchTerm((), tuple(keys))
            continue
        as_one = [each for word in joined(piece) for each in (word, *alternatives(word))]
        for word in fold(piece):
            more = as_one if COMPOUND.search(piece) else []
            other = _in_the_other_script(word)
            exact = [*more, *(each for name in (word, *other) for each in (name, *alternatives(name)))]
            yield SearchTerm((word, *other) if len(word) >= LEAST else (), tuple(dict.fromkeys(exact)))


def _in_the_other_script(word: str) -> list[str]:
    if len(word) < LEAST:
        return []
    if _LATIN.fullmatch(word):
        return list(to_cyrillic(word))
    return [each for each in dict.fromkeys(to_latin(word)) if each] if _CYRILLIC.fullmatch(word) else []


def spans(text: str, terms: Sequence[SearchTerm]) -> list[tuple[int, int]]:
    """Return where words of a text begin and end that one of the terms finds."""
    wanted = [each for each in terms if each.beginnings or each.exact]
    found = ((piece.span(), tokens(piece[0])) for piece in pieces(text))
    return [span for span, own in found if any(term.is_among(own) for term in wanted)]
