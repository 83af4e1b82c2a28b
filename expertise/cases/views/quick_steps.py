"""The step that leads a case of a worklist on, and whether it can be taken from the list at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.cases.queries import CASES, CaseRow
from expertise.cases.services import Services
from workflows.decision import is_empty
from workflows.definition import Transition
from workflows.graph import leads_on


@dataclass(frozen=True, slots=True)
class QuickStep:
    """The next step of a case. `at_once`: it asks nothing and waits for nothing, so that one button takes it."""

    step: Transition
    at_once: bool


def is_plain(step: Transition) -> bool:
    """Whether the step asks no question, depends on no fact and on nobody else, and is neither grave nor of high risk.

    Four eyes, facts and quorums are judged case by case, on the page of the case.
    """
    judged = step.asks or step.needs or step.not_by or step.quorum > 1 or step.opens
    return not judged and step.risk == "low" and step.weight != "grave"


def quick_steps(session: Session, services: Services, rows: Sequence[CaseRow]) -> Mapping[int, QuickStep]:
    """Return the next step by id, for the cases that have a single one that their owner takes and nothing hinders.

    `rows` are cases of the worklist of a person who has the role on whose desk they lie. The desk judges again.
    """
    found = {row.id: step for row in rows if (step := _next(services, row)) is not None}
    fields = _fields(session, [number for number, step in found.items() if step.requires])
    return {
        number: QuickStep(step, is_plain(step))
        for number, step in found.items()
        if not any(is_empty(fields[number].get(name)) for name in step.requires)
    }


def _next(services: Services, row: CaseRow) -> Transition | None:
    if row.owner_role is None or row.final is not None or services.out_of_service(row.workflow) is not None:
        return None
    definition = services.definitions.pinned(row.digest)
    theirs = [step for step in definition.steps_from[row.state] if row.owner_role in step.by]
    main = [step for step in theirs if leads_on(definition, step, row.state)]
    return _only(main) or _only([step for step in theirs if step.weight != "grave"])


def _only(steps: Sequence[Transition]) -> Transition | None:
    return steps[0] if len(steps) == 1 else None


def _fields(session: Session, numbers: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    """The stored fields of these cases by id; one statement, none for none."""
    if not numbers:
        return {}
    rows = session.execute(select(CASES.c.id, CASES.c.fields).where(CASES.c.id.in_(numbers)))
    return {row.id: row.fields for row in rows}
