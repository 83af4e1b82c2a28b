"""Templates of letters: read from templates/letters and rendered as plain text and HTML.

A template may use placeholders of one fixed list and no code, because administrators write templates. A value
is inserted as text and never read as a template.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
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
from expertise.text.letters import ALSO_IN_CASE, BUTTONS, deputy_notes
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
        "details",  # fields of the case that the letter's file names, a line for each
        "moves",  # due dates that moved, a line for each
        "questions",
        "overview",
        "act",  # address of the signed page; filled in when the letter is sent
        "summary",
        "day",
        "preferences",  # address of the page on which letters are chosen
        "lines",  # lists of cases, see `listing`
        "undo",  # the same address, in a receipt by which a step can be taken back
        "objection",  # address of the page on which its reader says that it was not them
        "code",  # the six digits that the page asks for when much hangs on it
    }
)
#: Name in a context of the letters that were joined into this one, each with `letter`, `context` and `at` (ISO).
ALSO = "also"
#: Stands alone in its paragraph, and nowhere else.
LISTS = "${lines}"
LONGEST_SUBJECT = 180  # characters; mail programs show fewer

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_SHOWS_A_VALUE = re.compile(r"(?:([^:$]+): *)?\$\{([^}]*)\}")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class TemplateError(ValueError):
    """A template cannot be used. The text names the file and the fault."""


@dataclass(frozen=True, slots=True)
class LetterTemplate:
    """A letter with its placeholders; subject and body by language.

    `details`: fields of the case whose labels and values stand in place of `${details}`.
    """

    kind: LetterKind
    subject: Mapping[str, str]
    body: Mapping[str, str]
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RenderedLetter:
    """A letter ready to be sent. `text` and `html` have the same content."""

    subject: str
    text: str
    html: str


def available(kinds: Collection[LetterKind] = frozenset(LetterKind)) -> Mapping[str, frozenset[str]]:
    """Return letter → its languages, for all letters of these kinds."""
    return {
        name: frozenset(
            language for language in LANGUAGES if language in template.subject and language in template.body
        )
        for name, template in _in_use().items()
        if template.kind in kinds
    }


def is_for(letter: str, kinds: Collection[LetterKind]) -> bool:
    """Return whether the letter is of one of these kinds; a letter without a file is of none."""
    template = _in_use().get(letter)
    return template is not None and template.kind in kinds


def kind_of(letter: str) -> LetterKind:
    """Return the kind of a letter. Raises KeyError if it has no file."""
    return original(letter).kind


def original(letter: str) -> LetterTemplate:
    """Return the template of the letter's file. Raises KeyError if it has none."""
    return _in_use()[letter]


def render(
    letter: str, language: str, context: Mapping[str, Any], wording: LetterTemplate | None = None
) -> RenderedLetter:
    """Render a letter with the wording of its file or another one. Raises KeyError if it has no file.

    A value may be text by language; `due` is an ISO moment. A line that only shows a value ("Срок: ${due}") is left
    out if the value is empty.
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
    if context.get(ALSO):
        blocks.append(list(_also(context, language)))
    blocks += [[LetterLine(_visible(sentence))] for sentence in deputy_notes(context, TRANSLATORS[language])]
    return RenderedLetter(subject, as_text(blocks, language), as_html(subject, blocks, language, template.kind))


def _also(context: Mapping[str, Any], language: str) -> Iterator[LetterLine]:
    """Yield a line for each letter that was joined into this one: its moment, what happened, and the comment."""
    yield LetterLine(TRANSLATORS[language].gettext(ALSO_IN_CASE))
    for each in context[ALSO]:
        if each["letter"] in available():
            values = _values(each["context"], language)
            said = subject_of(each["letter"], language, each["context"]).removeprefix(f"{values['case_reference']}: ")
            label = f"{moment(datetime.fromisoformat(each['at']))} – {said}"
            text = "\n".join(text for text in (values["state"], values["comment"]) if text)
            yield LetterLine(text, label=label) if text else LetterLine(label)


def subject_of(letter: str, language: str, context: Mapping[str, Any], wording: LetterTemplate | None = None) -> str:
    """Return the subject of a letter. Raises KeyError if it has no file."""
    return _subject(wording or original(letter), language, _values(context, language))


def _subject(template: LetterTemplate, language: str, values: Mapping[str, str]) -> str:
    return _one_line(_filled(template.subject[language], values))


def _values(context: Mapping[str, Any], language: str) -> dict[str, str]:
    given = {**context, "undo": context.get("act") if context.get("undo") else None}
    if given.get("objection") is True:  # known once the letter leaves
        given["objection"] = None
    return {name: _value(name, given.get(name), language) for name in PLACEHOLDERS}


def _block(block: str, values: Mapping[str, str]) -> list[LetterLine]:
    """Return the lines of a block. The template decides the form of a line, so a comment cannot imitate a deadline."""
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
    """Return the text without control characters and direction marks, with LF as line end."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(c for c in text if c == "\n" or (unicodedata.category(c) not in ("Cc", "Cs") and c not in _TURNING))


def _one_line(text: str) -> str:
    return shortened(" ".join(text.split()), LONGEST_SUBJECT)


def shortened(text: str, most: int) -> str:
    """Return the text, or its beginning with "…", `most` characters in all."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


# --- reading ------------------------------------------------------------------------------------


#: The letters of the processes of this installation, which `use` sets. A dictionary that is replaced, never changed.
_OF_PROCESSES: Mapping[str, LetterTemplate] = MappingProxyType({})


def use(letters: Mapping[str, LetterTemplate]) -> None:
    """Let these letters be in use beside those of Komek itself, in this process of the machine."""
    global _OF_PROCESSES  # noqa: PLW0603 letters are read everywhere, and there is one set of them
    _OF_PROCESSES = MappingProxyType(dict(letters))


def shipped() -> Mapping[str, LetterTemplate]:
    """Return the letters of Komek itself."""
    return _templates(LETTERS_PATH)


def read_folder(folder: Path) -> tuple[dict[str, LetterTemplate], dict[str, str]]:
    """Return the letters of a folder, and file → what is wrong with it for those that cannot be used."""
    found: dict[str, LetterTemplate] = {}
    wrong: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            found[path.stem] = read(path)
        except TemplateError as error:
            wrong[path.name] = str(error).removeprefix(f"{path.name}: ")
        except (yaml.YAMLError, OSError, ValueError, TypeError) as error:
            wrong[path.name] = f"it cannot be read: {' '.join(str(error).split())}"
    return found, wrong


def _in_use() -> Mapping[str, LetterTemplate]:
    return {**_OF_PROCESSES, **shipped()} if _OF_PROCESSES else shipped()


@cache
def _templates(folder: Path) -> Mapping[str, LetterTemplate]:
    return MappingProxyType({path.stem: read(path) for path in sorted(folder.glob("*.yaml"))})


def read(path: Path) -> LetterTemplate:
    """Read a template. Raises TemplateError."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, Mapping) or content.keys() - {"details"} != {"kind", "subject", "body"}:
        raise TemplateError(f"{path.name}: needs `kind`, `subject` and `body`, may have `details`, and nothing else")
    if content["kind"] not in list(LetterKind):
        raise TemplateError(f"{path.name}: `kind` is one of {', '.join(LetterKind)}")
    for part in ("subject", "body"):
        texts = content[part]
        if not isinstance(texts, Mapping) or not all(isinstance(text, str) and text.strip() for text in texts.values()):
            raise TemplateError(f"{path.name}: `{part}` needs a text for each language")
        for language, text in texts.items():
            _refuse_unknown(path, f"{part}.{language}", text)
    subject, body = (MappingProxyType(dict(content[part])) for part in ("subject", "body"))
    return LetterTemplate(LetterKind(content["kind"]), subject, body, tuple(content.get("details", ())))


def _refuse_unknown(path: Path, where: str, text: str) -> None:
    unknown = sorted(named(text) - PLACEHOLDERS)
    if unknown:
        allowed = ", ".join(sorted(PLACEHOLDERS))
        raise TemplateError(f"{path.name}: {where} names {', '.join(unknown)}; a letter may name {allowed}")
    if has_stray_dollar(text):
        raise TemplateError(f"{path.name}: {where} has a $ that is no ${{placeholder}}")


def named(text: str) -> set[str]:
    """Return the placeholders of a text, unknown ones included."""
    return set(_PLACEHOLDER.findall(text))


def has_stray_dollar(text: str) -> bool:
    """Return whether a $ belongs to no ${placeholder}, which is most likely a mistyped one."""
    return "$" in _PLACEHOLDER.sub("", text)
