"""The board of a workflow: its open cases by stage, the most urgent first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.cases.parties import PARTIES_OF
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.reach import BY_DEADLINE, listed, roles_of
from expertise.people.access import Actor
from expertise.reports.counts import Selection, StateCount, Sums, sources, summed
from expertise.reports.courses import BoardStage
from expertise.reports.worklists import SHOWN
from workflows.definition import Definition, Transition

#: Cards of a column; the list has the others.
CARDS = 5


@dataclass(frozen=True, slots=True)
class StageColumn:
    """A stage with its sums and the cards that are the first due."""

    stage: BoardStage
    sums: Sums
    cards: Sequence[CaseRow]


def columns(
    session: Session, actor: Actor, selection: Selection, stages: Sequence[BoardStage], rows: Sequence[StateCount]
) -> list[StageColumn]:
    """The columns of the board. `rows` are the counts of the selection by state."""
    found = []
    for stage in stages:
        here = [row for row in rows if row.state in stage.states]
        there = [state for state in stage.states if any(row.state == state for row in here)]
        cards = [card for state in there for card in _cards(session, actor, selection, state)]
        cards.sort(key=lambda card: (card.due_at is None, card.due_at or card.changed_at, card.id))
        found.append(StageColumn(stage, summed(here), cards[:CARDS]))
    return found


def _cards(session: Session, actor: Actor, selection: Selection, state: str) -> Sequence[CaseRow]:
    """The first cards of one state: one state a time, so that an index has them in order."""
    shown = (
        *SHOWN,
        CASES.c.visit,
        CASES.c.amount,
        CASES.c.currency,
        CASES.c.organisation_id,
        CASES.c.opened_by_id,
        PARTIES_OF,
    )
    wanted = (*selection.conditions(), CASES.c.state == state)
    first = listed([CASES.c.id, CASES.c.due_at], sources(actor), BY_DEADLINE, CARDS, *wanted).subquery()
    return session.execute(select(*shown).join_from(first, CASES, CASES.c.id == first.c.id)).all()


def steps_of(definition: Definition, card: CaseRow, actor: Actor) -> list[Transition]:
    """The steps that one of the actor's roles may take from where the card is; their pages say what hinders them."""
    roles = roles_of(card, actor)
    if not roles:
        return []
    return [step for step in definition.steps_from[card.state] if "anyone" in step.by or not roles.isdisjoint(step.by)]
