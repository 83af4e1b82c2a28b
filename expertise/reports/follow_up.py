"""The checks of recommendations: one line each, one cell for each time it was or will be checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from expertise.audit.act import Subject, act_of
from expertise.audit.model import Event
from expertise.base.database import table_of
from expertise.cases.queries import CASES, CaseRow, equal
from expertise.cases.reach import Order, branches, listed
from expertise.cases.services import Services
from expertise.people.access import Actor
from expertise.questionnaires.catalogue import Questionnaire, questionnaire_of
from expertise.questionnaires.model import FollowUpAnswer
from workflows.definition import Definition

WORKFLOW = "recommendation_follow_up"
MOST = 200  # lines of a page

#: What a cell says beside the results of the questionnaire.
ASKED, PLANNED, NO_ANSWER, OPEN = "asked", "planned", "no_answer", ""

_ANSWERS = table_of(FollowUpAnswer)


@dataclass(frozen=True, slots=True)
class Cell:
    """One check. `at`: when it was answered, given up, asked, or will be; `how`: source of the answers."""

    wave: str
    outcome: str = OPEN
    at: datetime | None = None
    how: str = ""
    late: bool = False
    given: int = 0  # questions answered so far


@dataclass(frozen=True, slots=True)
class RecommendationChecks:
    """One recommendation."""

    case: CaseRow
    definition: Definition
    cells: tuple[Cell, ...]


def matrix(
    session: Session,
    services: Services,
    actor: Actor,
    now: datetime,
    *,
    region: str | None = None,
    since: datetime | None = None,
) -> list[RecommendationChecks]:
    """Recommendations that `actor` may see, the earliest deadline first. `since`: open ones and what ended after it."""
    asked = questionnaire_of(WORKFLOW)
    if asked is None:
        return []
    narrowed: list[ColumnElement[bool]] = [CASES.c.workflow == WORKFLOW]
    if region is not None:
        narrowed.append(equal(CASES.c.region, region))
    if since is not None:
        narrowed.append(or_(CASES.c.final.is_(None), CASES.c.ended_at >= since))
    cases = session.execute(listed([*CASES.c], branches(actor), _OPEN_FIRST, MOST, *narrowed)).all()
    moves, answered = _moves(session, cases), _answered(session, cases)
    return [_line(services, asked, case, moves[case.id], answered, now) for case in cases]


_OPEN_FIRST = Order(
    ("final", "due_at"), lambda each: (each.final.is_not(None), each.due_at.asc().nulls_last(), each.id.desc())
)


def _moves(session: Session, cases: Sequence[CaseRow]) -> Mapping[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    columns = (Event.case_id, Event.at, Event.act, Event.from_state, Event.to_state)
    wanted = select(*columns).where(Event.case_id.in_([case.id for case in cases]), Event.from_state != Event.to_state)
    for row in session.execute(wanted.order_by(Event.case_id, Event.sequence)):
        if act_of(row.act).subject == Subject.UNDO:
            found[row.case_id].pop()  # it takes back the move before it
        else:
            found[row.case_id].append(row)
    return found


def _answered(session: Session, cases: Sequence[CaseRow]) -> Mapping[tuple[int, str], tuple[int, str]]:
    """(case, wave) → how many questions were answered, and how the last answer came."""
    ids = [case.id for case in cases]
    there = (_ANSWERS.c.case_id.in_(ids), _ANSWERS.c.question.is_not(None))
    counted = session.execute(
        select(
            _ANSWERS.c.case_id,
            _ANSWERS.c.wave,
            func.count(_ANSWERS.c.question.distinct()).label("number"),
            func.max(_ANSWERS.c.id).label("latest"),
        )
        .where(*there)
        .group_by(_ANSWERS.c.case_id, _ANSWERS.c.wave)
    ).all()
    sources = dict(
        session.execute(
            select(_ANSWERS.c.id, _ANSWERS.c.source).where(_ANSWERS.c.id.in_([row.latest for row in counted]))
        ).all()
    )
    return {(row.case_id, row.wave): (row.number, sources[row.latest]) for row in counted}


def _line(
    services: Services,
    asked: Questionnaire,
    case: CaseRow,
    moves: Sequence[Any],
    answered: Mapping[tuple[int, str], tuple[int, str]],
    now: datetime,
) -> RecommendationChecks:
    definition = services.definitions.pinned(case.digest)
    results = {step: result for result, steps in asked.steps.items() for step in steps}
    cells = []
    for wave, before in asked.waves.items():
        cell = _cell(definition, results, case, moves, wave, before)
        given, source = answered.get((case.id, wave), (0, ""))
        late = cell.outcome == ASKED and case.due_at is not None and case.due_at < now
        cells.append(replace(cell, given=given, how=source or cell.how, late=late))
    return RecommendationChecks(case, definition, tuple(cells))


def _cell(
    definition: Definition,
    results: Mapping[str, str],
    case: CaseRow,
    moves: Sequence[Any],
    wave: str,
    before: str,
) -> Cell:
    if case.state == wave:
        return Cell(wave, ASKED, case.entered_at)
    if case.state == before:
        return Cell(wave, PLANNED, case.due_at)
    for move in moves:
        act = act_of(move.act)
        source, step = act.source, act.action
        if move.from_state in (wave, before) and step in results:
            return Cell(wave, results[step], move.at, source)
        deadline = definition.states[wave].deadline
        if move.from_state == wave and deadline is not None and step == deadline.then:
            return Cell(wave, NO_ANSWER, move.at, source)
    return Cell(wave)
