"""Parses the commands of a reply. A command must be the whole line; anything else is a comment.

A digest is answered by lines: `3 отложить 5: ждём смету`. Text behind the colon, or below, belongs to the command.
Without a number only postponing and commenting allow text in the same line: "Принять: но не сейчас" accepts nothing.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum


class CommandWord(StrEnum):
    """The meaning of a command. A definition may name `done` and `accept` as the mail command of a step."""

    DONE = "done"
    ACCEPT = "accept"
    POSTPONE = "postpone"
    STATUS = "status"
    COMMENT = "comment"
    STOP = "stop"
    HELP = "help"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Command:
    """`number`: of the line in a digest. `days` or `until`: for how long to postpone. `text`: text of the command."""

    word: CommandWord
    number: int | None = None
    days: int | None = None
    until: date | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ParsedReply:
    """The commands of a mail and the text that belongs to none of them.

    `unclear`: numbered lines similar to a command. `meant`: the command one of the first lines may have meant.
    """

    commands: tuple[Command, ...]
    rest: str
    meant: CommandWord | None = None
    unclear: tuple[str, ...] = ()


WORDS = {
    "выполнено": CommandWord.DONE,
    "орындалды": CommandWord.DONE,
    "done": CommandWord.DONE,
    "подтверждаю": CommandWord.DONE,
    "подтвердить": CommandWord.DONE,
    "растаймын": CommandWord.DONE,
    "растау": CommandWord.DONE,
    "confirm": CommandWord.DONE,
    "принять": CommandWord.ACCEPT,
    "қабылдаймын": CommandWord.ACCEPT,
    "accept": CommandWord.ACCEPT,
    "отложить": CommandWord.POSTPONE,
    "кейінге қалдыру": CommandWord.POSTPONE,
    "postpone": CommandWord.POSTPONE,
    "статус": CommandWord.STATUS,
    "мәртебе": CommandWord.STATUS,
    "мәртебесі": CommandWord.STATUS,
    "күйі": CommandWord.STATUS,
    "status": CommandWord.STATUS,
    "комментарий": CommandWord.COMMENT,
    "түсініктеме": CommandWord.COMMENT,
    "пікір": CommandWord.COMMENT,
    "comment": CommandWord.COMMENT,
    "стоп": CommandWord.STOP,
    "тоқтату": CommandWord.STOP,
    "stop": CommandWord.STOP,
    "помощь": CommandWord.HELP,
    "көмек": CommandWord.HELP,
    "help": CommandWord.HELP,
    "отменить": CommandWord.UNDO,
    "отмена": CommandWord.UNDO,
    "күшін жою": CommandWord.UNDO,
    "кері қайтару": CommandWord.UNDO,
    "undo": CommandWord.UNDO,
}
#: Words that people write instead. Komek asks back and never executes them.
MEANT = {
    "сделано": CommandWord.DONE,
    "готово": CommandWord.DONE,
    "исполнено": CommandWord.DONE,
    "дайын": CommandWord.DONE,
    "жасалды": CommandWord.DONE,
    "completed": CommandWord.DONE,
    "finished": CommandWord.DONE,
    "подтверждено": CommandWord.DONE,
    "расталды": CommandWord.DONE,
    "confirmed": CommandWord.DONE,
    "принято": CommandWord.ACCEPT,
    "принимаю": CommandWord.ACCEPT,
    "согласен": CommandWord.ACCEPT,
    "согласна": CommandWord.ACCEPT,
    "согласовано": CommandWord.ACCEPT,
    "одобряю": CommandWord.ACCEPT,
    "келісемін": CommandWord.ACCEPT,
    "қабылдау": CommandWord.ACCEPT,
    "қабылданды": CommandWord.ACCEPT,
    "accepted": CommandWord.ACCEPT,
    "agreed": CommandWord.ACCEPT,
    "approved": CommandWord.ACCEPT,
    "перенести": CommandWord.POSTPONE,
    "продлить": CommandWord.POSTPONE,
    "ұзарту": CommandWord.POSTPONE,
    "extend": CommandWord.POSTPONE,
    "отписаться": CommandWord.STOP,
    "unsubscribe": CommandWord.STOP,
    "отмените": CommandWord.UNDO,
    "бас тарту": CommandWord.UNDO,
    "болдырмау": CommandWord.UNDO,
}
LONGEST_LINE = 60  # characters of a line in which a command may be suspected
LOOKED_AT = 200  # characters of any line
GREETINGS = 3  # lines among which a word that was meant may stand below a greeting
MOST_LINES = 30  # commands taken from one mail
MOST_DAYS = 365

_SPOKEN = "|".join(sorted(map(re.escape, WORDS), key=len, reverse=True))
_POSTPONING = "|".join(re.escape(word) for word, meaning in WORDS.items() if meaning is CommandWord.POSTPONE)
_NUMBERED = r"(?:(?:№|no\.?|#)?\s*(?P<number>\d{1,3})\s*[.):,-]?\s+)?"
_UNIT = r"\s*(?:рабочи[ехй]+|жұмыс|working)?\s*(?:дн(?:я|ей|и|ь)|день|күнге|күніне|күн|days?)"
_DATE = (
    r"(?:(?:до|until|to|till)\s+)?(?:(?P<day>\d{1,2})[./](?P<month>\d{1,2})[./](?P<year>\d{4})(?:\s*г\.?)?"
    r"|(?P<iso>\d{4}-\d{2}-\d{2}))(?:\s*-?\s*(?:ға|ге|қа|ке|на|не)?\s*дейін)?"
)
_LINE = re.compile(
    rf"{_NUMBERED}(?P<word>{_SPOKEN})(?:\s+(?:(?:на|for)\s+)?(?P<days>\d{{1,3}})(?:{_UNIT})?|\s+{_DATE})?"
)
#: The period before the word, as Kazakh wants it: "5 жұмыс күніне кейінге қалдыру". Without a unit a number is a line.
_TURNED = re.compile(rf"{_NUMBERED}(?:(?:(?:на|for)\s+)?(?P<days>\d{{1,3}}){_UNIT}|{_DATE})\s+(?P<word>{_POSTPONING})")
#: The period between the two words: «кейінге 5 күнге қалдыру». Its group `word` is empty and stands for POSTPONE.
_PARTED = re.compile(rf"{_NUMBERED}(?:кейінге)\s+(?:(?P<days>\d{{1,3}})(?:{_UNIT})?|{_DATE})\s+(?:қалдыру)(?P<word>)")
#: Stems by which a short line speaks of postponing in any form.
_POSTPONED = re.compile(r"\b(?:отлож|отсроч|перенес|перенос|продл|кейінге\s|ұзарт|шегер|postpon|extend|defer)")
_KNOWN = {**MEANT, **WORDS}
_NUMBER = re.compile(r"^(?:(?:№|no\.?|#)\s*)?\d{1,3}\s*[.):,-]?\s+")
#: Where the text of a command may begin; after a comment's number and word a space will do.
_CUTS = re.compile(r"\s*[:：]\s*|\s+[–—-]\s+|\s+")
#: Lines between a word and its text that hold no letter or digit.
_RULERS = re.compile(r"\A(?:[^\w\n]*_*[^\w\n]*\n)+")
#: "Не выполнено" asks for nothing.
_NEGATED = re.compile(r".*\b(?:не|нет|ещё|еще|not|never|емес|жоқ|орындалған жоқ)\b")
_AROUND = " \t\"'«»“”„`*_.,!:;"
_ASKING = frozenset({CommandWord.STATUS, CommandWord.HELP})


def parse_reply(own: str) -> ParsedReply:
    """Parse the own words of a sender. Each of several commands is on its own line with a number."""
    lines = own.strip().split("\n")
    first = command_in(lines[0])
    if first is not None and first.number is None:
        return ParsedReply((_with(first, lines[1:]),), "")
    if first is None and not _is_near(lines[0]):
        return ParsedReply((), own.strip(), _meant(own))
    return _by_number(lines)


def command_in(line: str) -> Command | None:
    """Return the command of a whole line; None for any other line, and for a date that does not exist."""
    bare = _bare(line)
    return bare if bare is not None else _with_text(line)


def _by_number(lines: list[str]) -> ParsedReply:
    """Parse numbered commands. A line similar to a command is never taken as text of another one."""
    commands: list[tuple[Command, list[str]]] = []
    unclear: list[str] = []
    nobodys: list[str] = []
    below = nobodys
    for line in lines:
        command = command_in(line)
        if command is not None and command.number is not None and len(commands) < MOST_LINES:
            below = []
            commands.append((command, below))
        elif _is_near(line) and len(unclear) < MOST_LINES:
            unclear.append(line.strip())
            below = nobodys
        else:
            below.append(line)
    if below is not nobodys and len(commands) + len(unclear) > 1:
        ends = next((place for place, line in enumerate(below) if not line.strip()), len(below))
        nobodys += below[ends:]  # a farewell belongs to no case
        del below[ends:]
    taken = tuple(_with(command, text) for command, text in commands)
    return ParsedReply(taken, _joined(nobodys), None if taken else _meant("\n".join(lines)), tuple(unclear))


def _with(command: Command, lines: list[str]) -> Command:
    return replace(command, text=_RULERS.sub("", _joined([command.text, *lines])).strip())


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip()


def _with_text(line: str) -> Command | None:
    """Return a command that has its text in the same line, or None."""
    for cut in _CUTS.finditer(line):
        command = _bare(line[: cut.start()]) if 0 < cut.start() <= LOOKED_AT else None
        text = line[cut.end() :].strip()
        if command is None or not text:
            continue
        marked, comment = bool(cut[0].strip()), command.word is CommandWord.COMMENT
        if (marked and command.word is CommandWord.POSTPONE) or (command.number is not None and (marked or comment)):
            return (
                None if command.word in _ASKING | {CommandWord.STOP, CommandWord.UNDO} else replace(command, text=text)
            )
    return None


def _bare(line: str) -> Command | None:
    said = plain(line)
    found = _matched(said) if len(line) <= LOOKED_AT else None
    if found is None and said.endswith("?"):
        found = _LINE.fullmatch(said.rstrip(" ?"))
        found = found if found is not None and WORDS[found["word"]] in _ASKING else None
    if found is None:
        return None
    word = WORDS.get(found["word"], CommandWord.POSTPONE)
    number = int(found["number"]) if found["number"] else None
    if word is not CommandWord.POSTPONE:
        return Command(word, number) if found["days"] is found["day"] is found["iso"] is None else None
    try:
        return Command(word, number, *_how_long(found))
    except ValueError:
        return None


def _matched(said: str) -> re.Match[str] | None:
    return next((found for form in (_LINE, _TURNED, _PARTED) if (found := form.fullmatch(said))), None)


def _is_near(line: str) -> bool:
    """Return whether a line has a number and a word similar to a command, so that it is no ordinary text."""
    said = plain(line)
    numbered = _NUMBER.match(said)
    if numbered is None or len(line) > LONGEST_LINE:
        return False
    words = said[numbered.end() :].split()
    pairs = [" ".join(words[:2]), *words]
    return any(difflib.get_close_matches(each.strip(_AROUND + "?"), _KNOWN, 1, 0.84) for each in pairs)


def plain(line: str) -> str:
    """Return the text normalised for comparison: NFKC, lower case, no invisible characters, no marks around it."""
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


def _meant(own: str) -> CommandWord | None:
    """Return the command that one of the first lines resembles, begins with or means by a synonym; or None."""
    lines = [plain(line) for line in own.split("\n") if line.strip()][:GREETINGS]
    for line in (_NUMBER.sub("", line) for line in lines):
        if line and len(line) <= LONGEST_LINE and not _NEGATED.match(line):
            for said in _beginnings(line):
                near = difflib.get_close_matches(said, _KNOWN, 1, 0.84)
                if near:
                    return _KNOWN[near[0]]
            if _POSTPONED.search(line):
                return CommandWord.POSTPONE
    return None


def _beginnings(line: str) -> Iterator[str]:
    """Yield the whole line, its first two words and its first word."""
    words = [word.strip(_AROUND) for word in line.split()]
    yield line
    yield " ".join(words[:2])
    yield words[0]
