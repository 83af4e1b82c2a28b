"""Finds the words in a copied letter that are not of our letter, so that they are not left out unseen.

Below a header such as "От: … Дата: … Тема: …" mail programs copy the letter that is answered. A person can write such
lines, too. The text below is a quotation only as far as our letter holds the same words in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from expertise.mail.inbound.quotes import HEAD_LINES, LOOKED_AT, is_of_head, is_of_program

_WORD = re.compile(r"\w+")
_ADDRESS = re.compile(r"\S+@\S+")
#: The six digits that a page asks for: our templates do not hold them.
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_SUBJECT = re.compile(r"^\W*(?:subject|тема|тақырып|тақырыбы)\s*\W?:", re.IGNORECASE)
_DATED = re.compile(r"^\W*(?:sent|date|отправлено|дата|жіберілді|жіберілген|күні)\s*\W?:", re.IGNORECASE)
_ANSWERED = re.compile(
    r"^\W*(?:(?:re|fwd?|aw|wg|ha|на|отв|ответ|пересл|қайта|жауап)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE
)
#: Words beside the numbers of a date: months and weekdays by their beginnings, and what programs put between.
_OF_DATE = re.compile(
    r"(?:\d+|янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек|қаң|ақп|нау|сәу|мам|мау|шіл|там|қыр|қаз|қар|жел"
    r"|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|пн|вт|ср|чт|пт|сб|вс|пон|вто|сре|чет|пят|суб|вос|дүй|сей|бей|жұм|сен"
    r"|жек|mon|tue|wed|thu|fri|sat|sun|утра|вечера|дня|ноч|год)\w*|г|в|ж|жыл\w*|сағ\w*|at|am|pm|gmt|utc|z|дс|сс|бс|жм|жс",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^\W*(?:здравствуйте|добрый (?:день|вечер)|доброе утро|приветствую|сәлеметсіз бе"
    r"|ассалаумағалейкум|қайырлы (?:таң|күн|кеш)"
    r"|good (?:morning|afternoon|evening|day)|hello|hi)\W*$",
    re.IGNORECASE,
)
MOST_NAMES = 6  # words beside the address in a line From or To


@dataclass(frozen=True, slots=True)
class KnownLetter:
    """Our letter: `texts` in each form in which it may be copied, its `subjects`, the `names` in its header.

    `domain`: of the addresses from which we send.
    """

    texts: tuple[str, ...]
    subjects: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    domain: str = ""


def names_us(copied: str, domain: str) -> bool:
    """Return whether the header or the attribution with which the text begins names an address of ours."""
    lines = [line.strip() for line in copied.splitlines() if line.strip()][:HEAD_LINES]
    begins = _begins(lines)
    return any(
        f"@{domain}" in line.lower() for at, line in enumerate(lines) if is_of_head(line) or is_of_program(begins, at)
    )


def unknown_lines(copied: str, letter: KnownLetter, *, strict: bool = False) -> str:
    """Return the lines of `copied` that our letter does not hold, without what mail programs write around it.

    `strict`: only if the header names us are its lines, and a greeting, taken for a program's without a look at them.
    """
    lines = [line.strip() for line in copied.splitlines()]
    begins = _begins(lines)
    ours = not strict or names_us(copied, letter.domain)
    said = [
        line
        for at, line in enumerate(lines)
        if not (ours and (_GREETING.match(line) or is_of_head(line))) and not _is_frame(begins, at, letter, ours=ours)
    ]
    found = min((list(_missing(said, text)) for text in letter.texts or ("",)), key=len)
    return "\n".join(found).strip()


def _begins(lines: Sequence[str]) -> Sequence[str]:
    """Return the begin of each line, as much as the rules of quotations look at."""
    return [line[:LOOKED_AT] for line in lines]


def _missing(lines: Sequence[str], text: str) -> Iterator[str]:
    """Yield the lines whose words the text does not hold after those of the line before."""
    known, place = f" {_words(text)} ", 0
    for line in lines:
        found = -1
        for words in (_words(line), _words(_CODE.sub("", line))):
            found = known.find(f" {words} ", place) if found < 0 and words else found
            if found >= 0 or not words:
                place = max(place, found + len(words) + 1)
                break
        else:
            yield line


def _is_frame(lines: Sequence[str], at: int, letter: KnownLetter, *, ours: bool) -> bool:
    """Return whether a program wrote the line around the letter that it copies."""
    if is_of_head(lines[at]):
        return _is_known_head(lines[at], letter)
    return is_of_program(lines, at) and (ours or not _ADDRESS.search(lines[at]))


def _is_known_head(line: str, letter: KnownLetter) -> bool:
    value = line.partition(":")[2].strip()
    if _SUBJECT.match(line):
        subject = _words(_ANSWERED.sub("", value))
        return any(f" {subject} " in f" {_words(each)} " for each in letter.subjects)
    if _DATED.match(line):
        return all(_OF_DATE.fullmatch(word) for word in _WORD.findall(value))
    words = _words(_ADDRESS.sub(" ", value)).split()
    if _ADDRESS.search(value):
        return len(words) <= MOST_NAMES
    return set(words) <= set(_words(" ".join(letter.names)).split())


def _words(text: str) -> str:
    """Return the words of a text in lower case with one blank between them."""
    return " ".join(_WORD.findall(text.casefold().replace("_", " ")))
