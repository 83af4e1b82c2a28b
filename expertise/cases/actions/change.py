"""One change of a case, written: case row, trail, timers and letters in the caller's transaction.

The number of statements does not depend on how many people get letters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.audit import trail
from expertise.audit.act import Act, Subject
from expertise.audit.chain import Entry, forge
from expertise.base.write_set import WriteSet
from expertise.cases.actions import deadline as planning
from expertise.cases.notify import intents, notify
from expertise.cases.parties import (
    declared_parties,
    forget_votes,
    has_acted,
    in_role,
    lender_there,
    replaced,
    root_of,
    takes_votes,
    write_actors,
    write_parties,
    write_vote,
)
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.services import Unit
from expertise.people.access import Absent, Actor
from expertise.people.model import Person
from expertise.people.reach import Party
from expertise.people.reference_data import akimat_of
from expertise.reminders import timers
from workflows.deadlines import Clock, Plan
from workflows.definition import Definition

#: The columns of a case that nobody has in hand.
NOBODY: Mapping[str, None] = {"assignee_id": None, "delegate_id": None}


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one case, decided and ready to be written.

    `values` are field values that change; `private` is everything the event commits to, comment included.
    """

    case: CaseRow
    definition: Definition
    actor: Actor
    role: str
    act: Act
    rule: str
    now: datetime
    target: str
    values: Mapping[str, Any] = field(default_factory=dict)
    private: Mapping[str, Any] = field(default_factory=dict)
    vote: str | None = None  # the step for which it is a vote that moves nothing yet
    columns: Mapping[str, Any] = field(default_factory=dict)  # of the case row, besides what follows from the rest
    moves: bool = True  # False: a record without a change of version (comment, reminder)
    replanned: Plan | None = None  # another deadline for the same stay
    ladder_anew: bool = False  # with every rung again: after an extension
    stays: bool = False  # the stay goes on, also where its state is called otherwise: after a migration
    undo: Mapping[str, Any] | None = None  # what it may be taken back to, see `undoing`
    clocks: Mapping[str, Clock] | None = None  # the waiting budgets that a case finds which is brought back

    @property
    def absent(self) -> Absent | None:
        """In whose place the actor acts, when the role is only lent to them."""
        return self.actor.standing_in(region=self.case.region, workflow=self.case.workflow).get(self.role)

    @property
    def acted(self) -> Mapping[str, str] | None:
        """For a letter: by name, who acts and in whose place; None for who acts for themselves."""
        return None if self.absent is None else {"who": self.actor.name, "absent": self.absent.name}


def write(unit: Unit, change: Change, writes: WriteSet) -> dict[str, Any]:
    """Add the case row with its event and its timers; returns the new columns, and `parties`.

    Two rare things are written at once: another deadline for the same stay, and other parties.
    """
    session = unit.session
    columns, parties, deadline = _columns(unit, change)
    case = change.case
    columns["sequence"] = case.sequence + 1
    columns["version"] = case.version + 1 if change.moves else case.version
    columns["head"] = trail.append(writes, case.id, forge(_entry(change, columns)))
    writes.update(CASES, {"id": case.id, "sequence": case.sequence}, columns)
    if deadline is not None:
        if columns["visit"] == case.visit:
            timers.adjust(session, case.id, case.visit, deadline)
            intents.correct_due(session, case.id, deadline.due_at)
        else:
            timers.replace(writes, case.id, columns["visit"], deadline, had=case.deadline is not None)
            clocks, keys = (case.clocks, columns["clocks"]), change.definition.clocks
            timers.follow_clocks(writes, case.id, deadline, *clocks, keys)
    write_parties(session, case.id, case.parties, parties, change.now)
    _write_persons(writes, change, columns["sequence"])
    return {**columns, "parties": parties}


def _write_persons(writes: WriteSet, change: Change, sequence: int) -> None:
    """Remember who acted, the absent person of a deputy included, and the vote; votes for something else fall."""
    case, absent = change.case, change.absent
    if change.moves and change.actor.machine is None:
        persons = [change.actor.key, *([absent.key] if absent else [])]
        write_actors(writes, case.id, root_of(case), change.role, persons)
    if change.vote is not None:
        write_vote(writes, case, change.vote, change.actor.key, absent.key if absent else None, sequence)
    elif takes_votes(change.definition, case.state):
        if change.values or change.target != case.state:
            forget_votes(writes, case.id)
        elif change.act.subject == Subject.STEP:
            forget_votes(writes, case.id, change.act.action)


def subject_of(change: Change, columns: Mapping[str, Any]) -> notify.LetterSubject:
    """The case after the change, as letters speak of it."""
    now = columns["parties"]
    released = [party for party in change.case.parties if in_role(now, party.role) is None]  # hears of it, too
    after = {**change.case._mapping, **columns, "parties": (*now, *released)}  # noqa: SLF001 a row's public mapping
    return notify.subject(change.definition, after)


def field_columns(definition: Definition, values: Mapping[str, Any]) -> dict[str, Any]:
    """The case columns that fields declare with `as`, taken out of `values`; parties are none of them."""
    columns: dict[str, Any] = {}
    for name, value in values.items():
        declared = definition.fields.get(name)
        if declared is None or declared.column in (None, "expert"):
            continue
        if declared.column == "amount":
            columns["amount"] = Decimal(value["amount"]) if value else None
            columns["currency"] = value["currency"] if value else None
        else:
            columns[declared.column] = value
    return columns


def field_parties(session: Session, definition: Definition, values: Mapping[str, Any]) -> dict[str, Party | None]:
    """The parties that fields give, by `as` or by a declared role: role → who it is now, None for nobody."""
    found: dict[str, Party | None] = dict(declared_parties(session, definition, values))
    for name, key in values.items():
        declared = definition.fields.get(name)
        if declared is not None and declared.column == "expert":
            found["expert"] = _person(session, key, f"field:{name}") if key else None
    return found


def _person(session: Session, key: str, source: str) -> Party:
    return Party("expert", session.execute(select(Person.id).where(Person.key == key)).scalar_one(), source=source)


def _columns(unit: Unit, change: Change) -> tuple[dict[str, Any], tuple[Party, ...], Plan | None]:
    case, session, now = change.case, unit.session, change.now
    named: dict[str, Party | None] = {}
    columns: dict[str, Any] = {"visit": case.visit, "due_at": case.due_at, **change.columns}
    if change.moves:
        columns["changed_at"] = now
        columns["undo"] = change.undo
    if change.values:
        columns |= _contents(change)
        named |= field_parties(session, change.definition, change.values)
    if "region" in columns and change.role != "requester" and not has_acted(session, case.id, "requester"):
        columns["organisation_id"] = _owner(session, case, columns["region"])
    if change.target == case.state or change.stays:
        return columns, replaced(case.parties, named), _replanned(unit, change, columns)
    clocks, deadline = planning.arriving(
        session, unit.services, change.definition, case, change.target, now, columns, clocks=change.clocks
    )
    ended = change.definition.states[change.target].final is not None
    columns |= arrival(change.definition, change.target, deadline, now)
    named |= lender_there(session, change.definition, change.target, columns.get("fields", case.fields))
    columns |= {"visit": case.visit + 1, "clocks": clocks, "ended_at": now if ended else None}
    if columns["owner_role"] != case.owner_role:
        columns |= {**NOBODY, **change.columns}  # who had it in hand had it in that role
    return columns, replaced(case.parties, named), deadline


def _replanned(unit: Unit, change: Change, columns: dict[str, Any]) -> Plan | None:
    """Another deadline for the same stay: it was decided, or the field that limits it was changed."""
    deadline = change.replanned
    if deadline is None and planning.limits(change.definition, change.target, change.values):
        deadline = planning.staying(unit.session, unit.services, change.definition, change.case, columns)
    if deadline is not None:
        began = change.now.isoformat() if change.ladder_anew else (change.case.deadline or {}).get("planned_at")
        columns |= planning.columns(deadline, began)
    return deadline


def _contents(change: Change) -> dict[str, Any]:
    """The columns that follow from new values of fields."""
    case = change.case
    columns = {"fields": {**case.fields, **change.values}, **field_columns(change.definition, change.values)}
    if columns.get("region", case.region) != case.region:
        columns |= NOBODY  # it lies on a desk of other people now
    return columns


def _owner(session: Session, case: CaseRow, region: str | None) -> int | None:
    """The owner of a case: a request that the team files for an oblast belongs to the akimat of the region it names."""
    if case.parent_id is not None:
        return case.organisation_id
    follows = case.organisation_id in (None, akimat_of(session, case.region))
    return akimat_of(session, region) if follows else case.organisation_id


def arrival(definition: Definition, target: str, deadline: Plan, now: datetime) -> dict[str, Any]:
    """The columns of a case that has just come into `target`."""
    state = definition.states[target]
    return {
        "state": target,
        "final": state.final.value if state.final else None,
        "owner_role": state.owner,
        "public": state.is_public,
        "entered_at": now,
        **planning.columns(deadline),
    }


def _entry(change: Change, columns: Mapping[str, Any]) -> Entry:
    case = change.case
    return Entry(
        case=case.reference,
        sequence=columns["sequence"],
        previous=case.head,
        at=change.now,
        act=str(change.act),
        actor=change.actor.key,
        role=change.role,
        instead_of=change.absent.key if change.absent else None,
        from_state=case.state,
        to_state=change.target,
        rule=change.rule,
        digest=change.definition.digest,
        version=columns["version"],
        values=change.private,
    )
