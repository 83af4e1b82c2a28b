"""A cell of the overview in the words of one language, for the page and for the letter alike."""

from __future__ import annotations

from collections.abc import Mapping

from expertise.questionnaires.catalogue import questionnaire_of
from expertise.reports.follow_up import ASKED, NO_ANSWER, PLANNED, WORKFLOW, Cell
from expertise.text.catalogues import N_
from expertise.text.events import answer_channel
from expertise.text.letters import LATE
from expertise.text.translator import Translator, day

_OUTCOMES: Mapping[str, str] = {
    ASKED: N_("asked, no answer yet"),
    PLANNED: N_("planned"),
    NO_ANSWER: N_("no answer"),
}
_RESULTS: Mapping[str, str] = {
    "implemented": N_("implemented"),
    "partly": N_("partly implemented"),
    "not_yet": N_("not implemented"),
    "irrelevant": N_("no longer relevant"),
}


def outcome(cell: Cell, translator: Translator) -> str:
    """The result of the check, or what is awaited; a dash for neither."""
    sentence = _RESULTS.get(cell.outcome) or _OUTCOMES.get(cell.outcome)
    return translator.gettext(sentence) if sentence is not None else "–"


def when(cell: Cell) -> str:
    """The day of the check; empty for none."""
    return day(cell.at)


def how(cell: Cell, translator: Translator) -> str:
    """How the answers came, and how many there are while some are missing."""
    if cell.outcome in _RESULTS:
        return answer_channel(cell.how, translator) if cell.how else ""
    if cell.outcome == ASKED and cell.given:
        asked = questionnaire_of(WORKFLOW)
        return f"{cell.given}/{len(asked.questions) if asked is not None else 0}"
    return ""


def late(cell: Cell, translator: Translator) -> str:
    """The word for a check whose time is over, or nothing."""
    return translator.gettext(LATE) if cell.late else ""


def in_line(cell: Cell, translator: Translator) -> str:
    """The whole cell in one line of a letter."""
    behind = ", ".join(filter(None, (when(cell), how(cell, translator), late(cell, translator))))
    return f"{outcome(cell, translator)} ({behind})" if behind else outcome(cell, translator)
