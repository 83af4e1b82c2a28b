"""Lists of cases in a letter: what `${lines}` stands for.

In the context of the letter: [{"title": Text, "more": 0, "entries": [{"number": 1, "reference": …, "title": …,
"state": Text, "due": an ISO moment or "", "late": bool, "notes": [Text, …], "link": …}, …]}, …].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from expertise.text.letters import LATE, UNTITLED, due, more_cases
from expertise.text.translator import Translator


@dataclass(frozen=True, slots=True)
class ListedCase:
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
    entries: tuple[ListedCase, ...]
    rest: str


def listings(value: Any, translator: Translator, write: Callable[[str, Any], str]) -> list[Listing]:
    """The lists of a letter in one language; `write(name, value)` writes a value as it is written for a placeholder."""
    return [
        Listing(
            title=_line(write("title", each["title"])),
            entries=tuple(_entry(entry, translator, write) for entry in each["entries"]),
            rest=more_cases(each["more"], translator),
        )
        for each in value or ()
    ]


def as_text(listing: Listing) -> str:
    """A heading, and below it a paragraph per case."""
    cases = ["\n".join(_rows(entry)) for entry in listing.entries]
    heading = f"{listing.title.upper()}\n{'-' * len(listing.title)}"
    return "\n\n".join([f"{heading}\n{cases[0]}", *cases[1:], *([listing.rest] if listing.rest else [])])


def _rows(entry: ListedCase) -> Sequence[str]:
    facts = [entry.state, entry.due, entry.late]
    return [
        f"{entry.number}. {entry.reference} · {entry.title}",
        f"   {' · '.join(filter(None, facts))}",
        *(f"   – {note}" for note in entry.notes),
        f"   {entry.link}",
    ]


def _entry(entry: Mapping[str, Any], translator: Translator, write: Callable[[str, Any], str]) -> ListedCase:
    return ListedCase(
        number=int(entry["number"]),
        reference=_line(write("reference", entry["reference"])),
        title=_line(write("title", entry["title"])) or translator.gettext(UNTITLED),
        state=_line(write("state", entry["state"])),
        due=due(write("due", entry["due"]), translator),
        late=translator.gettext(LATE) if entry["late"] else "",
        notes=tuple(_line(write("note", note)) for note in entry["notes"]),
        link=write("link", entry["link"]),
    )


def _line(text: str) -> str:
    """Whatever was typed stays on one line, so that no title can pass for a case of its own."""
    return " ".join(text.split())
