"""A correction that waits for its second person: what it wants, whether it still stands, who may confirm it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from expertise.cases.actions.decide import own_first
from expertise.cases.events import (
    BACK,
    MISTAKEN,
    WRONG,
    Correctable,
    Said,
    correctable,
    decision_since,
    read_events,
    taken,
)
from expertise.cases.parties import acted_around
from expertise.cases.queries import CaseRow
from expertise.people.access import Actor
from expertise.people.scope import STAFF
from workflows.definition import Definition
from workflows.refusals import FourEyes, Refusal, WrongRole


@dataclass(frozen=True, slots=True)
class Proposed:
    """A correction that waits for a second person."""

    event: Said
    wrong: Said
    can: Correctable
    roles: tuple[str, ...]  # who may confirm
    not_by: tuple[str, ...]

    @property
    def values(self) -> dict[str, Any]:
        """The values that are said to be right."""
        return {name: value for name, value in self.event.values.items() if name in self.can.fields}

    @property
    def stands(self) -> bool:
        """Whether all that it wants is still possible."""
        said = self.event.values
        wanted = {name for name in said if not name.startswith("_") and name != "comment"}
        back = not said.get(BACK) or self.can.back is not None
        return wanted <= set(self.can.fields) and back and (not said.get(MISTAKEN) or self.can.comment)


def proposers(wrong: Said) -> tuple[str, ...]:
    """The roles that may propose a correction: the role of the wrong event, and the team."""
    return (wrong.role, *sorted(STAFF - {wrong.role}))


def confirmers(
    definition: Definition, events: Sequence[Said], wrong: Said, *, back: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The roles that may confirm, and those whose people may not.

    A step goes back by the roles its definition names. A value that was decided upon since needs the role that decided.
    """
    step = taken(definition, wrong)
    if back and step is not None:
        return step.corrected_by, ()
    decided = decision_since(definition, events, wrong)
    return ((decided[1],), decided[0].not_by) if decided is not None else (proposers(wrong), ())


def pending(session: Session, definition: Definition, case: CaseRow) -> Proposed | None:
    """The correction that waits."""
    if case.proposal is None:
        return None
    events = read_events(session, case.id)
    event = events[case.proposal - 1]
    wrong = events[event.values[WRONG] - 1]
    roles, not_by = confirmers(definition, events, wrong, back=bool(event.values.get(BACK)))
    return Proposed(event, wrong, correctable(definition, case.state, events, wrong), roles, not_by)


def second_role(
    session: Session, case: CaseRow, actor: Actor, proposed: Proposed, roles: Collection[str]
) -> str | Refusal:
    """The role in which this person may be the second one."""
    acted = acted_around(session, case) if proposed.not_by else {}
    for role in own_first(case, actor, roles):
        absent = actor.standing_in(region=case.region, workflow=case.workflow).get(role)
        persons = {actor.key, *((absent.key,) if absent is not None else ())}
        if persons & proposed.event.persons:
            return FourEyes(proposed.event.role)
        barred = next((other for other in proposed.not_by if persons & set(acted.get(other, ()))), None)
        return role if barred is None else FourEyes(barred)
    return WrongRole(tuple(roles))
