"""Record answers as they come. The answer that completes them takes the step that follows from them, at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.base.database import table_of
from expertise.cases import desk, queries
from expertise.cases.desk import Done
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.services import Services
from expertise.people.access import Actor
from expertise.questionnaires.catalogue import Questionnaire, questionnaire_of
from expertise.questionnaires.model import FollowUpAnswer
from workflows.definition import Definition
from workflows.refusals import NotFound, Refusal

_ANSWERS = table_of(FollowUpAnswer)


@dataclass(frozen=True, slots=True)
class Origin:
    """`source` is `mail`, `form` or `entered`; `letter_id` is the letter that the answers reply to."""

    source: str
    letter_id: int | None = None


@dataclass(frozen=True, slots=True)
class RecordedAnswers:
    """The result of recording. `missing`: keys of open questions; `step`: the step taken; `refusal`: why it was not."""

    reference: str
    missing: tuple[str, ...]
    step: str | None = None
    refusal: Refusal | None = None


def record_answers(
    session: Session,
    services: Services,
    actor: Actor,
    reference: str,
    wave: str,
    given: Mapping[str, tuple[Any, str]],
    origin: Origin,
) -> RecordedAnswers | Refusal:
    """Record the answers `given` (question → value and text) and take the step when none is missing any more.

    The same answers again change nothing. Answers that come after the check is over are recorded and move nothing.
    """
    case = queries.find(session, actor, reference)
    asked = questionnaire_of(case.workflow) if case is not None else None
    if case is None or asked is None:
        return NotFound()
    definition = services.definitions.pinned(case.digest)
    before = known_answers(session, case.id, wave)
    fresh = {key: pair for key, pair in given.items() if before.get(key) != pair[0]}
    if fresh:
        values = {f"answer.{key}": value for key, (value, _text) in fresh.items()}
        unit, request = desk.Unit(session, services), desk.Request(actor, reference)
        noted = desk.note(unit, request, "answer:add", values, roles_for(asked, definition))
        if isinstance(noted, Refusal):
            return noted
        case = queries.of_id(session, case.id)  # as it is now that it is held
        _write(session, actor, case, wave, fresh, origin)
    now_known = {**before, **{key: value for key, (value, _text) in fresh.items()}}
    step = asked.step_for(definition, case.state, now_known) if asked.wave_of(case.state) == wave else None
    missing = tuple(asked.missing(now_known))
    if step is None or not fresh:
        return RecordedAnswers(reference, missing)
    return _take(session, services, actor, case, step, _raw(asked, definition, step, now_known), missing)


def known_answers(session: Session, case_id: int, wave: str) -> dict[str, Any]:
    """The newest answer to each question of a wave."""
    return known_answers_of(session, [case_id]).get((case_id, wave), {})


def known_answers_of(session: Session, case_ids: Collection[int]) -> Mapping[tuple[int, str], dict[str, Any]]:
    """`known_answers` of every wave of these cases, by case and wave; one statement."""
    answers = select(_ANSWERS).where(_ANSWERS.c.case_id.in_(case_ids), _ANSWERS.c.question.is_not(None))
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for row in session.execute(answers.order_by(_ANSWERS.c.id)):
        found.setdefault((row.case_id, row.wave), {})[row.question] = row.value
    return found


def roles_for(asked: Questionnaire, definition: Definition) -> tuple[str, ...]:
    """The roles that may answer: those that may take one of the steps."""
    steps = [definition.transitions[key] for keys in asked.steps.values() for key in keys]
    return tuple(dict.fromkeys(role for step in steps for role in step.by))


def _take(
    session: Session,
    services: Services,
    actor: Actor,
    case: CaseRow,
    step: str,
    raw: Mapping[str, Any],
    missing: tuple[str, ...],
) -> RecordedAnswers:
    version = session.execute(select(CASES.c.version).where(CASES.c.id == case.id)).scalar_one()
    done = desk.fire(desk.Unit(session, services), desk.Request(actor, case.reference, version), step, raw)
    taken = step if isinstance(done, Done) else None
    return RecordedAnswers(case.reference, missing, taken, None if taken else done)  # type: ignore[arg-type] # not taken: a refusal


def _raw(asked: Questionnaire, definition: Definition, step: str, given: Mapping[str, Any]) -> dict[str, Any]:
    wanted = definition.transitions[step].asks
    named = {question.to: given.get(key) for key, question in asked.questions.items() if question.to in wanted}
    return {str(name): value for name, value in named.items() if value is not None}


def _write(
    session: Session,
    actor: Actor,
    case: CaseRow,
    wave: str,
    fresh: Mapping[str, tuple[Any, str]],
    origin: Origin,
) -> None:
    session.execute(
        insert(_ANSWERS),
        [
            {
                "case_id": case.id,
                "wave": wave,
                "question": key,
                "value": value,
                "text": text,
                "source": origin.source,
                "person_id": actor.person_id,
                "letter_id": origin.letter_id,
                "at": clock.now(),
            }
            for key, (value, text) in fresh.items()
        ],
    )
