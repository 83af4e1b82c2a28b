"""Questions about recommendations as a form: display, parse and record. Used with an account and without."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise.cases import queries
from expertise.cases.queries import CaseRow
from expertise.cases.reach import roles_of
from expertise.cases.services import Services
from expertise.people.access import Actor
from expertise.questionnaires.answers import LONGEST, value_of
from expertise.questionnaires.catalogue import CHOICE, NUMBER, Question, Questionnaire, questionnaire_of
from expertise.questionnaires.record_answers import (
    Origin,
    RecordedAnswers,
    known_answers,
    known_answers_of,
    record_answers,
    roles_for,
)
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import ErrorLink
from expertise.web.kit.i18n import said
from expertise.web.kit.messages import describe_problem
from workflows.refusals import Problem, Refusal

_TYPES = {CHOICE: "choice", NUMBER: "number"}


@dataclass(frozen=True, slots=True)
class AskedCheck:
    """A case, the wave whose questions are asked, and the answers given so far."""

    case: CaseRow
    wave: str
    label: str  # of the check
    what: str  # the recommendation
    questions: Questionnaire
    answers: Mapping[str, Any]
    open: bool  # its check has not been closed
    mine: bool  # this person may answer

    @property
    def missing(self) -> tuple[str, ...]:
        """The questions that must still be answered."""
        return tuple(said(self.questions.questions[key].ask) for key in self.questions.missing(self.answers))


def asked_about(
    session: Session, services: Services, actor: Actor, pairs: Iterable[tuple[str, str | None]]
) -> list[AskedCheck]:
    """The checks named by `pairs` of reference and wave; no wave means the present one. Hidden cases are left out.

    Where nothing is asked at present, the label is that of the state, and the answers are those of the last check.
    """
    found = []
    for reference, named in pairs:
        case = queries.find(session, actor, reference)
        questions = questionnaire_of(case.workflow) if case is not None else None
        if case is None or questions is None:
            continue
        present = questions.wave_of(case.state)
        wave = named or present or _last_wave(session, case.id, questions)
        definition = services.definitions.pinned(case.digest)
        found.append(
            AskedCheck(
                case=case,
                wave=wave,
                label=said(definition.states[wave if named or present else case.state].label),
                what=shorten(str(case.fields.get("recommendation_text") or case.title or ""), 400, placeholder=" …"),
                questions=questions,
                answers=known_answers(session, case.id, wave),
                open=present == wave,
                mine=not roles_of(case, actor).isdisjoint(roles_for(questions, definition)),
            )
        )
    return found


def _last_wave(session: Session, case_id: int, questions: Questionnaire) -> str:
    """The last check about which something was answered; the first one before any answer."""
    answered = {wave for _case, wave in known_answers_of(session, [case_id])}
    waves = list(questions.waves)
    return next((wave for wave in reversed(waves) if wave in answered), waves[0])


def form_fields(
    asked: AskedCheck, place: int, raw: Mapping[str, Any], errors: Mapping[str, Problem]
) -> list[FormField]:
    """Return the form fields of one case, named `place.question`, filled with what was typed or else is stored."""
    return [
        FormField(
            name=f"{place}.{key}",
            widget=_TYPES.get(question.type, "long_text"),
            label=said(question.ask),
            value=str(raw.get(key, asked.answers.get(key) or "")),
            errors=(describe_problem(errors[key]),) if key in errors else (),
            hint=_hint(asked.questions, question),
            required=key == asked.questions.result.key or bool(question.needs),
            choices=[(name, said(option.label)) for name, option in question.options.items()],
            longest=LONGEST,
        )
        for key, question in asked.questions.questions.items()
    ]


def _hint(questions: Questionnaire, question: Question) -> str:
    """For which answers to the first question this one is needed."""
    results = [said(option.label) for key, option in questions.result.options.items() if key in question.needs]
    return _("Needed when the first answer is: %(answers)s", answers=", ".join(results)) if results else ""


def read(asked: AskedCheck, raw: Mapping[str, Any]) -> tuple[dict[str, tuple[Any, str]], dict[str, Problem]]:
    """Parse what was typed into answers and problems. An empty field is not answered, and no problem."""
    given, errors = {}, {}
    for key, question in asked.questions.questions.items():
        text = str(raw.get(key, "")).strip()
        if not text:
            continue
        value = _value(question, text)
        if value is None:
            errors[key] = Problem("unknown_choice" if question.type == CHOICE else "not_whole")
        else:
            given[key] = (value, text)
    return given, errors


def _value(question: Question, text: str) -> Any:
    return (text if text in question.options else None) if question.type == CHOICE else value_of(question, text)


def keep(
    session: Session,
    services: Services,
    actor: Actor,
    items: Sequence[tuple[AskedCheck, Mapping[str, tuple[Any, str]]]],
    origin: Origin,
) -> list[RecordedAnswers] | Refusal:
    """Keep all of them or none; one transaction, one way in for all forms."""
    kept = []
    for asked, given in items:
        if not given:
            continue
        answer = record_answers(session, services, actor, asked.case.reference, asked.wave, given, origin)
        if isinstance(answer, Refusal):
            return answer
        kept.append(answer)
    return kept


def links(place: int, errors: Mapping[str, Problem], asked: AskedCheck) -> list[ErrorLink]:
    """The lines of the error summary."""
    questions = asked.questions.questions
    return [
        ErrorLink(f"{said(questions[key].ask)} {describe_problem(problem)}", f"#f-{place}-{key}")
        for key, problem in errors.items()
    ]
