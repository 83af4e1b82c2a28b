"""The few words by which a mail may do something. The whole line must be such a word; anything else is a comment."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Word(StrEnum):
    """What is meant. `done` and `accept` are also what a step of a workflow may be called by mail."""

    DONE = "done"
    ACCEPT = "accept"
    POSTPONE = "postpone"
    STATUS = "status"
    COMMENT = "comment"
    STOP = "stop"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Command:
    """`number`: of the line in a digest. `days` or `until`: for how long to postpone."""

    word: Word
    number: int | None = None
    days: int | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """The commands at the head of a mail, what else was written, and what may have been meant by its first line."""

    commands: tuple[Command, ...]
    rest: str
    meant: Word | None = None


WORDS = {
    "выполнено": Word.DONE,
    "орындалды": Word.DONE,
    "done": Word.DONE,
    "принять": Word.ACCEPT,
    "қабылдаймын": Word.ACCEPT,
    "accept": Word.ACCEPT,
    "отложить": Word.POSTPONE,
    "кейінге қалдыру": Word.POSTPONE,
    "postpone": Word.POSTPONE,
    "статус": Word.STATUS,
    "күйі": Word.STATUS,
    "status": Word.STATUS,
    "комментарий": Word.COMMENT,
    "пікір": Word.COMMENT,
    "comment": Word.COMMENT,
    "стоп": Word.STOP,
    "тоқтату": Word.STOP,
    "stop": Word.STOP,
    "помощь": Word.HELP,
    "көмек": Word.HELP,
    "help": Word.HELP,
}
#: What people write instead. It is asked back, never taken.
MEANT = {
    "сделано": Word.DONE,
    "готово": Word.DONE,
    "исполнено": Word.DONE,
    "дайын": Word.DONE,
    "жасалды": Word.DONE,
    "completed": Word.DONE,
    "finished": Word.DONE,
    "принято": Word.ACCEPT,
    "принимаю": Word.ACCEPT,
    "согласен": Word.ACCEPT,
    "согласна": Word.ACCEPT,
    "согласовано": Word.ACCEPT,
    "одобряю": Word.ACCEPT,
    "келісемін": Word.ACCEPT,
    "қабылдау": Word.ACCEPT,
    "қабылданды": Word.ACCEPT,
    "accepted": Word.ACCEPT,
    "agreed": Word.ACCEPT,
    "approved": Word.ACCEPT,
    "перенести": Word.POSTPONE,
    "продлить": Word.POSTPONE,
    "ұзарту": Word.POSTPONE,
    "extend": Word.POSTPONE,
    "отписаться": Word.STOP,
    "unsubscribe": Word.STOP,
}
LONGEST_LINE = 60  # characters of a line in which a command may be suspected
LOOKED_AT = 200  # characters of any line
GREETINGS = 3  # lines among which a word that was meant may stand below a greeting
MOST_LINES = 30  # commands taken from one mail
MOST_DAYS = 365

_SPOKEN = "|".join(sorted(map(re.escape, WORDS), key=len, reverse=True))
_LINE = re.compile(
    rf"(?:(?:№|no\.?|#)?\s*(?P<number>\d{{1,3}})\s*[.):,-]?\s+)?(?P<word>{_SPOKEN})"
    r"(?:\s+(?:(?:на|for)\s+)?(?P<days>\d{1,3})(?:\s*(?:рабочи[ехй]+|жұмыс|working)?\s*"
    r"(?:дн(?:я|ей|и|ь)|день|күнге|күн|days?))?"
    r"|\s+(?:(?:до|until|to|till)\s+)?(?P<day>\d{1,2})[./](?P<month>\d{1,2})[./](?P<year>\d{4})(?:\s*г\.?|\s*дейін)?"
    r"|\s+(?:(?:до|until|to|till)\s+)?(?P<iso>\d{4}-\d{2}-\d{2})(?:\s*дейін)?)?"
)
_KNOWN = {**MEANT, **WORDS}
_NUMBER = re.compile(r"^(?:№\s*)?\d{1,3}\s*[.):,-]?\s+")
#: "Не выполнено" asks for nothing.
_NEGATED = re.compile(r".*\b(?:не|нет|ещё|еще|not|never|емес|жоқ|орындалған жоқ)\b")
_AROUND = " \t\"'«»“”„`*_.,!:;"


def understand(own: str) -> Said:
    """Look at the head of somebody's own words. Several commands are several lines, each with a number."""
    lines = own.split("\n")
    commands: list[Command] = []
    taken = 0
    for at, line in enumerate(lines):
        if not line.strip():
            continue
        command = command_in(line)
        alone = commands and (command is None or command.number is None or commands[0].number is None)
        if command is None or alone or len(commands) == MOST_LINES:
            break
        commands.append(command)
        taken = at + 1
    rest = "\n".join(lines[taken:]).strip()
    return Said(tuple(commands), rest, None if commands else _meant(own))


def command_in(line: str) -> Command | None:
    """The command that the whole line is; None for any other line, and for a day that does not exist."""
    found = _LINE.fullmatch(plain(line)) if len(line) <= LOOKED_AT else None
    if found is None:
        return None
    word = WORDS[found["word"]]
    number = int(found["number"]) if found["number"] else None
    if word is not Word.POSTPONE:
        return Command(word, number) if found["days"] is found["day"] is found["iso"] is None else None
    try:
        return Command(word, number, *_how_long(found))
    except ValueError:
        return None


def plain(line: str) -> str:
    """As it is compared: one form for each letter, no capitals, nothing invisible, no marks around it."""
    folded = unicodedata.normalize("NFKC", line[:LOOKED_AT]).casefold()
    seen = "".join(character for character in folded if unicodedata.category(character) not in ("Cf", "Cc"))
    return " ".join(seen.split()).strip(_AROUND)


def _how_long(found: re.Match[str]) -> tuple[int | None, date | None]:
    if found["iso"]:
        return None, date.fromisoformat(found["iso"])
    if found["day"]:
        return None, date(int(found["year"]), int(found["month"]), int(found["day"]))
    if found["days"] and not 0 < int(found["days"]) <= MOST_DAYS:
        raise ValueError(found["days"])
    return (int(found["days"]) if found["days"] else None), None


def _meant(own: str) -> Word | None:
    """What one of the first lines may have been meant as: near to a command, beginning with one, or a synonym."""
    lines = [plain(line) for line in own.split("\n") if line.strip()][:GREETINGS]
    for line in (_NUMBER.sub("", line) for line in lines):
        if line and len(line) <= LONGEST_LINE and not _NEGATED.match(line):
            for said in _beginnings(line):
                near = difflib.get_close_matches(said, _KNOWN, 1, 0.84)
                if near:
                    return _KNOWN[near[0]]
    return None


def _beginnings(line: str) -> Iterator[str]:
    """The whole line, its first two words, its first word."""
    words = [word.strip(_AROUND) for word in line.split()]
    yield line
    yield " ".join(words[:2])
    yield words[0]
