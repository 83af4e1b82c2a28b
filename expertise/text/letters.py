"""The parts of letters beside the text of their templates: buttons, head and foot, lists of cases, the deputy's note.

Every function takes the Translator of the reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from expertise.base.letter_kinds import LetterKind
from expertise.text.catalogues import N_
from expertise.text.translator import Translator

FOOTER = N_("This letter was sent by Komek. Letters about requests and projects can be answered.")
MOTTO = N_("Expertise for the regions")
#: Placeholder that holds an address → the label of its button.
BUTTONS: Mapping[str, str] = {
    "link": N_("Open in Komek"),
    "act": N_("Answer the letter"),
    "undo": N_("Undo the step"),
    "preferences": N_("Choose letters"),
    "objection": N_("It was not me"),
}
#: The label of `link` in letters where it leads to no case.
_ELSEWHERE: Mapping[LetterKind, str] = {LetterKind.ACCOUNT: N_("Open the link"), LetterKind.DIGEST: N_("Open my tasks")}

ALSO_IN_CASE = N_("Also in this case:")
UNTITLED = N_("Untitled")
LATE = N_("late")

#: Name in the context of a letter → the note about a deputy. Names stand as they are: no language here may bend them.
_DEPUTY_NOTES: Mapping[str, str] = {
    "acted": N_("The step was taken by a deputy: %(who)s. Away: %(absent)s."),
    "reads": N_("This letter has come to you as a deputy. Away: %(absent)s."),
}


def buttons(kind: LetterKind, translator: Translator) -> dict[str, str]:
    """The labels of the buttons in a letter of this kind, by placeholder."""
    labels = {**BUTTONS, "link": _ELSEWHERE.get(kind, BUTTONS["link"])}
    return {name: translator.gettext(label) for name, label in labels.items()}


def due(moment: str, translator: Translator) -> str:
    """The due date in a line about a case; empty for none."""
    return translator.gettext("due: %(due)s", due=moment) if moment else ""


def more_cases(number: int, translator: Translator) -> str:
    """How many cases a list leaves out; empty for none."""
    return translator.gettext("More: %(number)s", number=number) if number else ""


def deputy_notes(context: Mapping[str, Any], translator: Translator) -> Iterator[str]:
    """Return who acted for whom, and for whom the letter is read; nothing where nobody is away.

    In the context of the letter: `acted` and `reads`, each {"who": a name, "absent": a name}.
    """
    for name, sentence in _DEPUTY_NOTES.items():
        if isinstance(context.get(name), Mapping):
            yield translator.gettext(sentence, **context[name])
