"""The texts of letters: read from templates/letters, filled in, set as plain text and as HTML.

A template may name placeholders of one list only, and no code: an administrator can write one. What is
filled in is text, never template again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from expertise.base import resources
from expertise.base.letter_kinds import LetterKind
from expertise.mail.letters.case_lists import listings
from expertise.mail.letters.layout import Block, LetterLine, as_html, as_text
from expertise.text.letters import BUTTONS, deputy_notes
from expertise.text.translator import TRANSLATORS, moment
from workflows.definition import LANGUAGES

LETTERS_PATH = resources.folder("templates") / "letters"

PLACEHOLDERS = frozenset(
    {
        "case_reference",
        "case_title",
        "state",
        "region",
        "due",
        "comment",
        "link",
        "person_name",
        "actor_role",
        "step",
        "organisation",
        "part_title",
        "moves",  # due dates that moved, a line for each
        "questions",
        "overview",
        "act",  # address of the signed page; the carrier fills in these two
        "summary",
        "day",
        "preferences",  # address of the page on which letters are chosen
        "lines",  # lists of cases, see `listing`
        "undo",  # the same address, in a receipt by which a step can be taken back
        "code",  # the six digits that the page asks for when much hangs on it
    }
)
#: Stands alone in its paragraph, and nowhere else.
LISTS = "${lines}"
LONGEST_SUBJECT = 180  # characters; mail programs show fewer

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_SHOWS_A_VALUE = re.compile(r"(?:([^:$]+): *)?\$\{([^}]*)\}")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class TemplateError(ValueError):
    """A template cannot be used. The text names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class LetterTemplate:
    """A letter before it is filled in; both texts by language."""

    kind: LetterKind
    subject: Mapping[str, str]
    body: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RenderedLetter:
    """A letter ready to be sent. `text` and `html` say the same."""

    subject: str
    text: str
    html: str


def available(kinds: Collection[LetterKind] = frozenset(LetterKind)) -> Mapping[str, frozenset[str]]:
    """Every letter there is of these kinds, and the languages it can be written in."""
    return {
        name: frozenset(
            language for language in LANGUAGES if language in template.subject and language in template.body
        )
        for name, template in _templates(LETTERS_PATH).items()
        if template.kind in kinds
    }


def is_for(letter: str, kinds: Collection[LetterKind]) -> bool:
    """Whether the letter is of one of these kinds; a letter that nobody writes any more is of none."""
    template = _templates(LETTERS_PATH).get(letter)
    return template is not None and template.kind in kinds


def kind_of(letter: str) -> LetterKind:
    """What the letter is for. Raises KeyError for a letter nobody wrote."""
    return original(letter).kind


def original(letter: str) -> LetterTemplate:
    """The letter as it came with Komek. Raises KeyError for a letter nobody wrote."""
    return _templates(LETTERS_PATH)[letter]


def render(
    letter: str, language: str, context: Mapping[str, Any], wording: LetterTemplate | None = None
) -> RenderedLetter:
    """Fill in a letter, in the words of its file or in others. A value may be text by language; `due` is an ISO moment.

    A line that only shows a value ("Срок: ${due}") is left out when there is none. Raises KeyError for a
    letter nobody wrote.
    """
    template = wording or original(letter)
    values = _values(context, language)
    subject = _subject(template, language, values)
    blocks: list[Block] = []
    for block in _BLANK_LINES.split(template.body[language].strip()):
        if block.strip() == LISTS:
            blocks += listings(
                context.get("lines"), TRANSLATORS[language], lambda name, value: _value(name, value, language)
            )
        elif lines := _block(block, values):
            blocks.append(lines)
    blocks += [[LetterLine(_visible(sentence))] for sentence in deputy_notes(context, TRANSLATORS[language])]
    return RenderedLetter(subject, as_text(blocks, language), as_html(subject, blocks, language, template.kind))


def subject_of(letter: str, language: str, context: Mapping[str, Any], wording: LetterTemplate | None = None) -> str:
    """What the letter is about, in one line. Raises KeyError for a letter nobody wrote."""
    return _subject(wording or original(letter), language, _values(context, language))


def _subject(template: LetterTemplate, language: str, values: Mapping[str, str]) -> str:
    return _one_line(_filled(template.subject[language], values))


def _values(context: Mapping[str, Any], language: str) -> dict[str, str]:
    given = {**context, "undo": context.get("act") if context.get("undo") else None}
    return {name: _value(name, given.get(name), language) for name in PLACEHOLDERS}


def _block(block: str, values: Mapping[str, str]) -> list[LetterLine]:
    """The kind of a line is that of its template: no comment can make itself look like a deadline."""
    lines = [_line(line.strip(), values) for line in block.splitlines()]
    return [line for line in lines if line is not None]


def _line(line: str, values: Mapping[str, str]) -> LetterLine | None:
    shown = _SHOWS_A_VALUE.fullmatch(line)
    if shown is None:
        return LetterLine(_filled(line, values))
    label, name = shown.groups()
    if not values[name]:
        return None
    return LetterLine(values[name], label=label, link=name if name in BUTTONS else None)


def _value(name: str, value: Any, language: str) -> str:
    if isinstance(value, Mapping):
        value = value.get(language)
    if value is None or value == "" or name == "lines":
        return ""
    if name == "due":
        return moment(datetime.fromisoformat(value))
    return _visible(str(value)).strip()


def _filled(line: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values[found[1]], line)


def _visible(text: str) -> str:
    """Without controls and without marks that turn the direction of writing; line ends as LF."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(c for c in text if c == "\n" or (unicodedata.category(c) not in ("Cc", "Cs") and c not in _TURNING))


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1].rstrip() + "…"


# --- reading ------------------------------------------------------------------------------------


@cache
def _templates(folder: Path) -> Mapping[str, LetterTemplate]:
    return MappingProxyType({path.stem: read(path) for path in sorted(folder.glob("*.yaml"))})


def read(path: Path) -> LetterTemplate:
    """Read a template. Raises BrokenLetter."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, Mapping) or content.keys() != {"kind", "subject", "body"}:
        raise TemplateError(f"{path.name}: needs `kind`, `subject` and `body`, and nothing else")
    if content["kind"] not in list(LetterKind):
        raise TemplateError(f"{path.name}: `kind` is one of {', '.join(LetterKind)}")
    for part in ("subject", "body"):
        texts = content[part]
        if not isinstance(texts, Mapping) or not all(isinstance(text, str) and text.strip() for text in texts.values()):
            raise TemplateError(f"{path.name}: `{part}` needs a text for each language")
        for language, text in texts.items():
            _refuse_unknown(path, f"{part}.{language}", text)
    subject, body = (MappingProxyType(dict(content[part])) for part in ("subject", "body"))
    return LetterTemplate(LetterKind(content["kind"]), subject, body)


def _refuse_unknown(path: Path, where: str, text: str) -> None:
    unknown = sorted(named(text) - PLACEHOLDERS)
    if unknown:
        allowed = ", ".join(sorted(PLACEHOLDERS))
        raise TemplateError(f"{path.name}: {where} names {', '.join(unknown)}; a letter may name {allowed}")
    if has_stray_dollar(text):
        raise TemplateError(f"{path.name}: {where} has a $ that is no ${{placeholder}}")


def named(text: str) -> set[str]:
    """The placeholders of a text, those that nobody knows included."""
    return set(_PLACEHOLDER.findall(text))


def has_stray_dollar(text: str) -> bool:
    """Whether a $ belongs to no ${placeholder}: most likely one that was mistyped."""
    return "$" in _PLACEHOLDER.sub("", text)
