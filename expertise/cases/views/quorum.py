"""Steps of the present state that need several persons: who has spoken, and how many more must."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from expertise.cases.parties import Votes, votes_of
from expertise.cases.queries import CaseRow
from expertise.people.names import names_of
from workflows.definition import Definition, Transition


@dataclass(frozen=True, slots=True)
class StepVotes:
    """How far a step is from its quorum. `people` are the names behind the votes, absent ones of deputies included."""

    step: Transition
    given: int
    people: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        """How many more persons must agree."""
        return self.step.quorum - self.given


def counted(definition: Definition, state: str, votes: Votes) -> Sequence[tuple[Transition, Sequence[Sequence[str]]]]:
    """The steps of the state that need several, each with the votes cast for it."""
    return [(step, votes.get(step.key, ())) for step in definition.steps_from[state] if step.quorum > 1]


def step_votes(session: Session, definition: Definition, case: CaseRow) -> tuple[StepVotes, ...]:
    """The votes given and still missing, with names: one statement at most."""
    found = counted(definition, case.state, votes_of(session, definition, case))
    keys = {person for _, votes in found for vote in votes for person in vote}
    names = names_of(session, keys)
    return tuple(
        StepVotes(step, len(votes), tuple(names.get(person, person) for vote in votes for person in vote))
        for step, votes in found
    )
