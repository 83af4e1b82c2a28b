"""Sets a letter as plain text and as HTML: paragraphs, label and value, one button.

Mail programs read no stylesheet, so every element carries its own style. No tables, no pictures, nothing
from outside: a letter looks the same offline, and nobody is told that it was opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from workflows.definition import Text

TEMPLATES = Path(__file__).parent.parent.parent / "templates" / "letters"

FOOTER: Text = {
    "kk": "Бұл хатты Komek жүйесі жіберді. Іс туралы хатқа жауап жазуға болады.",
    "ru": "Это письмо отправлено системой Komek. На письмо о деле можно ответить.",
    "en": "This letter was sent by Komek. A letter about a case can be answered.",
}
MOTTO: Text = {
    "kk": "Өңірлерге сараптамалық көмек",
    "ru": "Экспертная помощь регионам",
    "en": "Expertise for the regions",
}
BUTTONS: dict[str, Text] = {
    "link": {"kk": "Істі ашу", "ru": "Открыть дело", "en": "Open the case"},
    "act": {"kk": "Жауап беру", "ru": "Ответить", "en": "Answer"},
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a letter: plain, a labelled value, or a button. `link` is the placeholder that holds its address."""

    text: str
    label: str | None = None
    link: str | None = None


def as_text(blocks: Sequence[Sequence[Line]], language: str) -> str:
    """Paragraphs, then the footer below the mark that mail programs know as "signature"."""
    paragraphs = ["\n".join(map(_plain, block)) for block in blocks]
    return "\n\n".join([*paragraphs, f"-- \n{FOOTER[language]}\n"])


def _plain(line: Line) -> str:
    """A value of several lines is indented, so that none of them passes for a line of ours."""
    return f"{line.label}: {line.text}".replace("\n", "\n    ") if line.label else line.text


def as_html(subject: str, blocks: Sequence[Sequence[Line]], language: str) -> str:
    """The whole document."""
    return _layout().render(
        subject=subject,
        language=language,
        blocks=blocks,
        acting=any(block[0].link == "act" for block in blocks),
        buttons={name: text[language] for name, text in BUTTONS.items()},
        motto=MOTTO[language],
        footer=FOOTER[language],
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
