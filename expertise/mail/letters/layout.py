"""Layout of a letter as plain text and as HTML: paragraphs, labelled values, one button.

Mail programs read no stylesheet, so every element carries its own style. There are no tables, no pictures and
nothing from outside: a letter looks the same offline, and opening it is reported to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from expertise.base import resources
from expertise.base.letter_kinds import LetterKind
from expertise.mail.letters.case_lists import Listing
from expertise.mail.letters.case_lists import as_text as listed
from expertise.text.letters import FOOTER, MOTTO, buttons
from expertise.text.translator import TRANSLATORS

TEMPLATES = resources.folder("templates") / "letters"


@dataclass(frozen=True, slots=True)
class LetterLine:
    """A line of a letter: plain, a labelled value or a button. `link` names the placeholder with its address."""

    text: str
    label: str | None = None
    link: str | None = None


Block = Sequence[LetterLine] | Listing


def as_text(blocks: Sequence[Block], language: str) -> str:
    """Return the paragraphs and the footer, below the mark that mail programs know as "signature"."""
    paragraphs = [listed(block) if isinstance(block, Listing) else "\n".join(map(_plain, block)) for block in blocks]
    return "\n\n".join([*paragraphs, f"-- \n{TRANSLATORS[language].gettext(FOOTER)}\n"])


def _plain(line: LetterLine) -> str:
    """Return a line as text. A value of several lines is indented, so that it cannot imitate a line of the letter."""
    return f"{line.label}: {line.text}".replace("\n", "\n    ") if line.label else line.text


def as_html(subject: str, blocks: Sequence[Block], language: str, kind: LetterKind) -> str:
    """Return the HTML document."""
    translator = TRANSLATORS[language]
    return _layout().render(
        subject=subject,
        language=language,
        blocks=blocks,
        acting=any(not isinstance(block, Listing) and block[0].link == "act" for block in blocks),
        buttons=buttons(kind, translator),
        motto=translator.gettext(MOTTO),
        footer=translator.gettext(FOOTER),
    )


@cache
def _layout() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("_layout.html")
