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
from workflows.definition import Definition, Transition
from workflows.field import Widget
from workflows.fields.types import COMMENT
from workflows.graph import leads_on

#: Controls in which an answer is typed within a row; more of them make a form of its own.
TYPED = frozenset({Widget.TEXT, Widget.LONG_TEXT})
MOST_ASKED = 2


@dataclass(frozen=True, slots=True)
class QuickStep:
    """The next step of a case. `in_row`: it is taken from the list, with an answer or two in words if it asks any."""

    definition: Definition
    step: Transition
    in_row: bool


def is_plain(definition: Definition, step: Transition) -> bool:
    """Whether the step asks for a few words at most, depends on no fact and on nobody else, and has no high risk.

    Four eyes, facts, quorums and grave steps are judged case by case, on the page of the case.
    """
    judged = step.judged or step.not_by or step.quorum > 1 or step.opens
    asked = [COMMENT if name == COMMENT.key else definition.fields[name] for name in step.asks]
    in_words = len(asked) <= MOST_ASKED and all(field.type.widget in TYPED for field in asked)
    return in_words and not judged and step.risk == "low" and step.weight != "grave"


def quick_steps(session: Session, services: Services, rows: Sequence[CaseRow]) -> Mapping[int, QuickStep]:
    """Return the next step by id, for the cases that have a single one that their owner takes and nothing hinders.

    `rows` are cases of the worklist of a person who has the role on whose desk they lie. The desk judges again.
    """
    found = {row.id: next_ for row in rows if (next_ := _next(services, row)) is not None}
    fields = _fields(session, [number for number, (_definition, step) in found.items() if step.requires])
    return {
        number: QuickStep(definition, step, is_plain(definition, step))
        for number, (definition, step) in found.items()
        if not any(is_empty(fields[number].get(name)) for name in step.requires)
    }


def _next(services: Services, row: CaseRow) -> tuple[Definition, Transition] | None:
    if row.owner_role is None or row.final is not None or services.out_of_service(row.workflow) is not None:
        return None
    definition = services.definitions.pinned(row.digest)
    theirs = [step for step in definition.steps_from[row.state] if row.owner_role in step.by]
    main = [step for step in theirs if leads_on(definition, step, row.state)]
    only = _only(main) or _only([step for step in theirs if step.weight != "grave"])
    return (definition, only) if only is not None else None


def _only(steps: Sequence[Transition]) -> Transition | None:
    return steps[0] if len(steps) == 1 else None


def _fields(session: Session, numbers: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    """The stored fields of these cases by id; one statement, none for none."""
    if not numbers:
        return {}
    rows = session.execute(select(CASES.c.id, CASES.c.fields).where(CASES.c.id.in_(numbers)))
    return {row.id: row.fields for row in rows}
