"""Answers as people write them: lines of number and answer, in three languages, with their ways to write sums.

A line that is not surely understood is returned as it was written; nothing is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from expertise.questionnaires.catalogue import CHOICE, NUMBER, Question

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
class ParsedAnswer:
    """One answer: the number of its question, its value, and its text as it was written."""

    number: int
    value: str | int
    text: str


@dataclass(frozen=True, slots=True)
class ParsedAnswers:
    """The answers in a reply. `unclear` are lines that were not understood, as they were written."""

    given: tuple[ParsedAnswer, ...]
    unclear: tuple[str, ...]


def parse_answers(text: str, asked: Sequence[Question]) -> ParsedAnswers:
    """Answers to the questions `asked`, of which the first has the number 1. The last answer to a number counts."""
    given: dict[int, ParsedAnswer] = {}
    unclear: list[str] = []
    for number, written in _lines(text):
        question = asked[number - 1] if 0 < number <= len(asked) else None
        value = None if question is None else value_of(question, written)
        if value is None:
            unclear.append(f"{number} {written}"[:LONGEST])
        else:
            given[number] = ParsedAnswer(number, value, written[:LONGEST])
    if not given and not unclear:
        unclear = [line for line in _cleaned(text).splitlines() if line.strip()][:5]
    return ParsedAnswers(tuple(given.values()), tuple(unclear))


def value_of(question: Question, written: str) -> Value:
    """An answer as it is stored: the key of an option, a whole number, or a text. None when it is not understood."""
    written = " ".join(_cleaned(written).split())
    if not written:
        return None
    plain = unicodedata.normalize("NFKC", written)
    if question.type == CHOICE:
        return _option(question, plain)
    if question.type == NUMBER:
        return integer(plain)
    return written[:LONGEST]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Numbers with what was written after them; a line without one goes on with the answer before it."""
    number, written = 0, ""
    for line in _cleaned(text).splitlines()[:MOST_LINES]:
        for piece in _BETWEEN.split(line.strip()):
            numbered = _NUMBERED.fullmatch(piece)
            if numbered is None and piece and number:
                written = f"{written} {piece}"
                continue
            if number:
                yield number, written
            number, written = (int(numbered[1]), numbered[2]) if numbered else (0, "")
    if number:
        yield number, written


def _cleaned(text: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFC", text))


def _option(question: Question, written: str) -> str | None:
    """The whole answer, or what stands before its first comma or full stop, must be one of the known words."""
    begun = _FIRST_WORDS.match(written)
    for words in (written.rstrip(" .,!;:"), begun[1] if begun else ""):
        folded = words.casefold()
        for key, option in question.options.items():
            if folded and folded in option.words:
                return key
    return None


LARGEST = Decimal(10) ** 15

_SUM = re.compile(r"(\d[\d\s]*)(?:[.,](\d{1,6}))?\s*([^\W\d_]+)?\.?\s*([^\W\d_]+|₸)?\.?")
_TIMES = {
    **dict.fromkeys(("тыс", "тысяч", "мың", "thousand", "k"), 1_000),
    **dict.fromkeys(("млн", "миллион", "миллиона", "миллионов", "million", "mln", "m"), 1_000_000),
    **dict.fromkeys(("млрд", "миллиард", "миллиарда", "миллиардов", "billion", "bln"), 1_000_000_000),
}
_UNITS = {"тг", "тенге", "теңге", "tenge", "kzt", "₸", "чел", "человек", "адам", "тұрғын", "жителей", "people"}


def integer(said: str) -> int | None:
    """Parse a whole number; None for text that is no number, not whole, or larger than any sum of an oblast."""
    found = _SUM.fullmatch(said)
    if found is None:
        return None
    digits, part, *words = found.groups()
    times = 1
    for word in filter(None, words):
        folded = word.casefold()
        if folded not in _TIMES and folded not in _UNITS:
            return None
        times *= _TIMES.get(folded, 1)
    value = Decimal(re.sub(r"\s", "", digits) + (f".{part}" if part else "")) * times
    return int(value) if value == value.to_integral_value() and value < LARGEST else None
