"""Lists of cases in a letter: what `${lines}` stands for.

In the context of the letter: [{"title": Text, "more": 0, "entries": [{"number": 1, "reference": …, "title": …,
"state": Text, "due": an ISO moment or "", "late": bool, "notes": [Text, …], "link": …}, …]}, …].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workflows.definition import Text

UNTITLED: Text = {"kk": "Атаусыз", "ru": "Без названия", "en": "Untitled"}
DUE: Text = {"kk": "мерзімі", "ru": "срок", "en": "due"}
LATE: Text = {"kk": "мерзімі өтті", "ru": "просрочено", "en": "late"}
MORE: Text = {"kk": "Тағы", "ru": "Ещё", "en": "More"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A case in a list. Its number is what a reply calls it by."""

    number: int
    reference: str
    title: str
    state: str
    due: str
    late: str  # the word for it, empty when it is not
    notes: tuple[str, ...]
    link: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Cases under a heading. `rest` says how many were left out."""

    title: str
    entries: tuple[Entry, ...]
    rest: str


def listings(value: Any, language: str, said: Callable[[str, Any], str]) -> list[Listing]:
    """The lists of a letter in one language; `said(name, value)` puts a value into words, as for placeholders."""
    return [
        Listing(
            title=_line(said("title", each["title"])),
            entries=tuple(_entry(entry, language, said) for entry in each["entries"]),
            rest=f"{MORE[language]}: {each['more']}" if each["more"] else "",
        )
        for each in value or ()
    ]


def as_text(listing: Listing) -> str:
    """A heading, and below it a paragraph per case."""
    cases = ["\n".join(_rows(entry)) for entry in listing.entries]
    heading = f"{listing.title.upper()}\n{'-' * len(listing.title)}"
    return "\n\n".join([f"{heading}\n{cases[0]}", *cases[1:], *([listing.rest] if listing.rest else [])])


def _rows(entry: Entry) -> Sequence[str]:
    facts = [entry.state, entry.due, entry.late]
    return [
        f"{entry.number}. {entry.reference} · {entry.title}",
        f"   {' · '.join(filter(None, facts))}",
        *(f"   – {note}" for note in entry.notes),
        f"   {entry.link}",
    ]


def _entry(entry: Mapping[str, Any], language: str, said: Callable[[str, Any], str]) -> Entry:
    due = said("due", entry["due"])
    return Entry(
        number=int(entry["number"]),
        reference=_line(said("reference", entry["reference"])),
        title=_line(said("title", entry["title"])) or UNTITLED[language],
        state=_line(said("state", entry["state"])),
        due=f"{DUE[language]}: {due}" if due else "",
        late=LATE[language] if entry["late"] else "",
        notes=tuple(_line(said("note", note)) for note in entry["notes"]),
        link=said("link", entry["link"]),
    )


def _line(text: str) -> str:
    """Whatever was typed stays on one line, so that no title can pass for a case of its own."""
    return " ".join(text.split())
