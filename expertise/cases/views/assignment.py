"""To whom a case is assigned, as its readers see it, and what this reader can do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.cases.actions.assign import own
from expertise.cases.queries import CaseRow
from expertise.people.access import Actor
from expertise.people.model import Person
from expertise.people.scope import STAFF


@dataclass(frozen=True, slots=True)
class AssignedPerson:
    """A person who has a case in hand."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """The `assignee` answers for the case, the `delegate` does it for them; `other` does it, and is not the reader."""

    claimable: bool = False  # it lies on a desk of the team, whose cases somebody can have
    assignee: AssignedPerson | None = None
    delegate: AssignedPerson | None = None
    other: AssignedPerson | None = None
    actions: tuple[str, ...] = ()  # words of assign.ACTIONS


def assignment_of(session: Session, case: CaseRow, actor: Actor, roles: frozenset[str]) -> Assignment:
    """The names, and the actions that the reader's role allows."""
    known = named(session, [case])
    assignee, delegate = known.get(case.assignee_id), known.get(case.delegate_id)
    theirs = own(case, actor) if case.owner_role in roles & STAFF else frozenset()
    doer = case.delegate_id or case.assignee_id
    return Assignment(
        claimable=case.owner_role in STAFF,
        assignee=assignee,
        delegate=delegate,
        other=(delegate or assignee) if theirs and doer not in theirs else None,
        actions=_actions(case, theirs) if theirs else (),
    )


def named(session: Session, cases: Iterable[CaseRow]) -> Mapping[int | None, AssignedPerson]:
    """Everybody who has one of the cases: id → who it is. One statement, none when nobody has any."""
    ids = {number for case in cases for number in (case.assignee_id, case.delegate_id) if number is not None}
    if not ids:
        return {}
    found = session.execute(select(Person.id, Person.key, Person.name).where(Person.id.in_(ids)))
    return {row.id: AssignedPerson(row.key, row.name) for row in found}


def _actions(case: CaseRow, theirs: frozenset[int]) -> tuple[str, ...]:
    is_assignee = case.assignee_id in theirs
    possible = {
        "claim": case.assignee_id is None,
        "release": is_assignee or case.delegate_id in theirs,
        "delegate": is_assignee,
        "forward": True,
    }
    return tuple(action for action, can in possible.items() if can)
