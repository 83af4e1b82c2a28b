"""In whose hands a case is, as its readers see it, and what this reader can do about it."""

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
class Hand:
    """Somebody who has a case."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Hands:
    """`holder` answers for it, `delegate` does it for the holder; `other` does it, and is not the reader."""

    claimable: bool = False  # it lies on a desk of the team, whose cases somebody can have
    holder: Hand | None = None
    delegate: Hand | None = None
    other: Hand | None = None
    deeds: tuple[str, ...] = ()  # words of assign.ACTIONS


def look(session: Session, case: CaseRow, actor: Actor, roles: frozenset[str]) -> Hands:
    """Names, and the deeds that the reader's role allows."""
    known = named(session, [case])
    holder, delegate = known.get(case.assignee_id), known.get(case.delegate_id)
    mine = own(case, actor) if case.owner_role in roles & STAFF else frozenset()
    doer = case.delegate_id or case.assignee_id
    return Hands(
        claimable=case.owner_role in STAFF,
        holder=holder,
        delegate=delegate,
        other=(delegate or holder) if mine and doer not in mine else None,
        deeds=_deeds(case, mine) if mine else (),
    )


def named(session: Session, cases: Iterable[CaseRow]) -> Mapping[int | None, Hand]:
    """Everybody who has one of the cases: id → who it is. One statement, none when nobody has any."""
    ids = {number for case in cases for number in (case.assignee_id, case.delegate_id) if number is not None}
    if not ids:
        return {}
    found = session.execute(select(Person.id, Person.key, Person.name).where(Person.id.in_(ids)))
    return {row.id: Hand(row.key, row.name) for row in found}


def _deeds(case: CaseRow, mine: frozenset[int]) -> tuple[str, ...]:
    held = case.assignee_id in mine
    possible = {
        "claim": case.assignee_id is None,
        "release": held or case.delegate_id in mine,
        "delegate": held,
        "forward": True,
    }
    return tuple(deed for deed, can in possible.items() if can)
