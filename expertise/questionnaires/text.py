"""The questions of a letter as text, numbered across all recommendations that it asks about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from expertise.cases.queries import CaseRow
from expertise.cases.services import Services
from expertise.questionnaires.catalogue import CHOICE, Question, Questionnaire, questionnaire_of
from workflows.definition import LANGUAGES

LONGEST = 160  # characters of a recommendation


@dataclass(frozen=True, slots=True)
class DueCheck:
    """A case with the check that is asked about."""

    case: CaseRow
    wave: str
    asked: Questionnaire


def context_of(services: Services, items: Sequence[DueCheck]) -> dict[str, Any]:
    """`questions` by language, and `asked`: question number n is asked[n-1], as [reference, wave, key]."""
    asked = [[item.case.reference, item.wave, key] for item in items for key in item.asked.questions]
    texts = {language: _text(services, items, language) for language in LANGUAGES}
    return {"questions": texts, "asked": asked}


def _text(services: Services, items: Sequence[DueCheck], language: str) -> str:
    lines: list[str] = []
    number = 0
    for item in items:
        state = services.definitions.pinned(item.case.digest).states[item.wave].label[language]
        what = shorten(str(item.case.fields.get("recommendation_text") or item.case.title), LONGEST, placeholder=" …")
        lines += ["", f"{item.case.reference} · {state}", what]
        for question in item.asked.questions.values():
            number += 1
            lines.append(f"{number}. {in_words(question, language)}")
    return "\n".join(lines).strip()


def in_words(question: Question, language: str) -> str:
    """The question, with its possible answers behind it."""
    if question.type != CHOICE:
        return question.ask[language]
    choices = " / ".join(option.label[language] for option in question.options.values())
    return f"{question.ask[language]} ({choices})"


def questions_of(asked: Sequence[Sequence[str]], workflow_of: dict[str, str]) -> list[Question]:
    """The questions that the numbers of a letter stand for; `workflow_of`: reference → key of its workflow."""
    found = []
    for reference, _wave, key in asked:
        questionnaire = questionnaire_of(workflow_of[reference])
        if questionnaire is not None:
            found.append(questionnaire.questions[key])
    return found
