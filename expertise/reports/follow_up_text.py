"""A cell of the overview in the words of one language, for the page and for the letter alike."""

from __future__ import annotations

from expertise.questionnaires.catalogue import questionnaire_of
from expertise.reports.follow_up import ASKED, NO_ANSWER, OPEN, PLANNED, WORKFLOW, Cell
from workflows.calendar import ALMATY
from workflows.definition import Text

_OUTCOMES: dict[str, Text] = {
    ASKED: {"kk": "сұралды, жауап күтілуде", "ru": "спрошено, ждём ответа", "en": "asked, no answer yet"},
    PLANNED: {"kk": "жоспарда", "ru": "запланировано", "en": "planned"},
    NO_ANSWER: {"kk": "жауап жоқ", "ru": "нет ответа", "en": "no answer"},
    OPEN: {"kk": "–", "ru": "–", "en": "–"},
}
_RESULTS: dict[str, Text] = {
    "implemented": {"kk": "орындалды", "ru": "выполнена", "en": "implemented"},
    "partly": {"kk": "ішінара орындалды", "ru": "выполнена частично", "en": "partly implemented"},
    "not_yet": {"kk": "орындалмады", "ru": "не выполнена", "en": "not implemented"},
    "irrelevant": {"kk": "өзекті емес", "ru": "неактуальна", "en": "no longer relevant"},
}
_HOW: dict[str, Text] = {
    "mail": {"kk": "хатпен", "ru": "письмом", "en": "by mail"},
    "form": {"kk": "хаттағы бетте", "ru": "на странице из письма", "en": "on the page of a letter"},
    "signed": {"kk": "хаттағы бетте", "ru": "на странице из письма", "en": "on the page of a letter"},
    "entered": {"kk": "жүйеде", "ru": "в системе", "en": "in Komek"},
    "person": {"kk": "жүйеде", "ru": "в системе", "en": "in Komek"},
}
_LATE: Text = {"kk": "мерзімі өтті", "ru": "просрочено", "en": "late"}


def outcome(cell: Cell, language: str) -> str:
    """What became of the check."""
    return _RESULTS.get(cell.outcome, _OUTCOMES.get(cell.outcome, _OUTCOMES[OPEN]))[language]


def when(cell: Cell) -> str:
    """The day, as it is written in all three languages; empty for none."""
    return f"{cell.at.astimezone(ALMATY):%d.%m.%Y}" if cell.at is not None else ""


def how(cell: Cell, language: str) -> str:
    """How the answers came, and how many there are while some are missing."""
    if cell.outcome in _RESULTS:
        return _HOW.get(cell.how, {}).get(language, "")
    if cell.outcome == ASKED and cell.given:
        asked = questionnaire_of(WORKFLOW)
        return f"{cell.given}/{len(asked.questions) if asked is not None else 0}"
    return ""


def late(cell: Cell, language: str) -> str:
    """The word for a check whose time is over, or nothing."""
    return _LATE[language] if cell.late else ""


def in_line(cell: Cell, language: str) -> str:
    """The whole cell in one line of a letter."""
    behind = ", ".join(filter(None, (when(cell), how(cell, language), late(cell, language))))
    return f"{outcome(cell, language)} ({behind})" if behind else outcome(cell, language)
