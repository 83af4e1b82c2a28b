"""Passages of a text around the words that were found, in pieces that are marked or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from expertise.base.search_terms import SearchTerm, spans

BEFORE, LONGEST = 60, 240  # characters before the first word found, and of all


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text. `found`: a word of the query, to be marked."""

    text: str
    found: bool = False


def marked(text: str, terms: Sequence[SearchTerm]) -> list[Piece]:
    """Return all of a text in pieces."""
    return _pieces(text, spans(text, terms), 0, len(text))


def excerpt(text: str, terms: Sequence[SearchTerm]) -> list[Piece]:
    """Return the passage around the first word found, in pieces; nothing when the text has none of the words."""
    plain = " ".join(text.split())
    found = spans(plain, terms)
    if not found:
        return []
    begin = _at_a_word(plain, found[0][0] - BEFORE)
    end = len(plain) if begin + LONGEST >= len(plain) else plain.rfind(" ", begin, begin + LONGEST)
    end = max(end, found[0][1])
    inner = _pieces(plain, [span for span in found if span[0] >= begin and span[1] <= end], begin, end)
    return [*([Piece("… ")] if begin else []), *inner, *([Piece(" …")] if end < len(plain) else [])]


def _at_a_word(text: str, place: int) -> int:
    return 0 if place <= 0 else text.rfind(" ", 0, place) + 1


def _pieces(text: str, found: Sequence[tuple[int, int]], begin: int, end: int) -> list[Piece]:
    pieces, here = [], begin
    for first, last in found:
        pieces += [Piece(text[here:first]), Piece(text[first:last], found=True)]
        here = last
    return [piece for piece in (*pieces, Piece(text[here:end])) if piece.text]
