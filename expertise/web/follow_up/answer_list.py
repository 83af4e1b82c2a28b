"""The list of all answers about a recommendation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.cases.services import Services
from expertise.people.model import Person
from expertise.questionnaires.catalogue import Question
from expertise.questionnaires.model import FollowUpAnswer
from expertise.text.events import answer_channel
from expertise.web.follow_up.questionnaire_form import AskedCheck
from expertise.web.kit.i18n import said, translator

_ANSWERS = table_of(FollowUpAnswer)


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answer as the page shows it."""

    wave: str
    question: str
    value: str
    person: str
    channel: str
    at: datetime


def answers_given(session: Session, asked: AskedCheck, services: Services) -> list[AnswerRow]:
    """Every answer of every wave, also the replaced ones, the newest first."""
    rows = session.execute(
        select(_ANSWERS, Person.name)
        .join(Person, Person.id == _ANSWERS.c.person_id)
        .where(_ANSWERS.c.case_id == asked.case.id, _ANSWERS.c.question.is_not(None))
        .order_by(_ANSWERS.c.id.desc())
    )
    states = services.definitions.pinned(asked.case.digest).states
    return [
        AnswerRow(
            wave=said(states[row.wave].label),
            question=said(asked.questions.questions[row.question].ask),
            value=_value_text(asked.questions.questions[row.question], row.value),
            person=row.name,
            channel=answer_channel(row.source, translator()),
            at=row.at,
        )
        for row in rows
        if row.question in asked.questions.questions
    ]


def _value_text(question: Question, value: Any) -> str:
    option = question.options.get(value) if isinstance(value, str) else None
    return said(option.label) if option is not None else str(value)
