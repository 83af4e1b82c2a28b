"""Answers as people write them: lines of number and answer, in three languages, with their ways to write sums.

What is not surely understood is given back as it was written; nothing is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from expertise.questionnaires.catalogue import CHOICE, NUMBER, Question
from expertise.questionnaires.numbers import whole_number

LONGEST = 2000  # characters of one answer
MOST_LINES = 400

Value = str | int | None

_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u202a-\u202e\u2066-\u2069\u00ad]")
#: `1 да`, `1. да`, `1) да`, `№ 1: да`; but no date and no sum: `12.05.2026`, `1,5 млн`.
_NUMBERED = re.compile(r"(?:№\s*)?(\d{1,3})(?:\s*[.):](?!\d)\s*|\s*[-–—]\s+|\s+)(\S.*)")
#: Several answers in one line: `1 да / 2 4 / 3 120000`.
_BETWEEN = re.compile(r"(?:\s+/\s+|\s*;\s*)(?=(?:№\s*)?\d{1,3}[\s.):])")
_FIRST_WORDS = re.compile(r"(.+?)\s*(?:[,;:.!]|\s[-–—]\s|$)")


@dataclass(frozen=True, slots=True)
class Given:
    """One answer: the number it was given to, its value, and the words it came in."""

    number: int
    value: str | int
    text: str


@dataclass(frozen=True, slots=True)
class Read:
    """What a reply says. `unclear` are lines as they were written."""

    given: tuple[Given, ...]
    unclear: tuple[str, ...]


def read(text: str, asked: Sequence[Question]) -> Read:
    """Answers to the questions `asked`, of which the first has the number 1. The last answer to a number counts."""
    given: dict[int, Given] = {}
    unclear: list[str] = []
    for number, said in _lines(text):
        question = asked[number - 1] if 0 < number <= len(asked) else None
        value = None if question is None else value_of(question, said)
        if value is None:
            unclear.append(f"{number} {said}"[:LONGEST])
        else:
            given[number] = Given(number, value, said[:LONGEST])
    if not given and not unclear:
        unclear = [line for line in _tidy(text).splitlines() if line.strip()][:5]
    return Read(tuple(given.values()), tuple(unclear))


def value_of(question: Question, said: str) -> Value:
    """An answer as it is kept: the key of an option, a whole number, a text. None: not understood."""
    said = " ".join(_tidy(said).split())
    if not said:
        return None
    plain = unicodedata.normalize("NFKC", said)
    if question.type == CHOICE:
        return _option(question, plain)
    if question.type == NUMBER:
        return whole_number(plain)
    return said[:LONGEST]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Numbers with what was written after them; a line without one goes on with the answer before it."""
    number, said = 0, ""
    for line in _tidy(text).splitlines()[:MOST_LINES]:
        for piece in _BETWEEN.split(line.strip()):
            numbered = _NUMBERED.fullmatch(piece)
            if numbered is None and piece and number:
                said = f"{said} {piece}"
                continue
            if number:
                yield number, said
            number, said = (int(numbered[1]), numbered[2]) if numbered else (0, "")
    if number:
        yield number, said


def _tidy(text: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFC", text))


def _option(question: Question, said: str) -> str | None:
    """The whole answer, or what stands before its first comma or full stop, must be one of the known words."""
    begun = _FIRST_WORDS.match(said)
    for words in (said.rstrip(" .,!;:"), begun[1] if begun else ""):
        folded = words.casefold()
        for key, option in question.options.items():
            if folded and folded in option.words:
                return key
    return None
