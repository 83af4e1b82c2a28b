"""Correction instead of undo: one person names the wrong event and what is right, another one confirms.

Nothing is deleted or changed: two more events say it. Both persons are natural ones, deputies with whom they stand for.
See docs/decisions/0016-casework.md for who may confirm what.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar

from sqlalchemy import Row
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.cases import search
from expertise.cases.actions import change as records
from expertise.cases.actions import idempotency, preconditions
from expertise.cases.actions.change import Change
from expertise.cases.actions.decide import own_first
from expertise.cases.actions.idempotency import Done
from expertise.cases.actions.pending_correction import Proposed, confirmers, pending, proposers, second_role
from expertise.cases.events import (
    BACK,
    CONFIRM,
    DECLINE,
    MISTAKEN,
    PROPOSAL,
    PROPOSE,
    WRONG,
    Correctable,
    before,
    chronicle,
    correctable,
    taken,
)
from expertise.cases.lookups import Known
from expertise.cases.notify import notify
from expertise.cases.queries import CaseRow
from expertise.cases.services import Services
from expertise.people.access import Actor
from workflows.definition import Definition
from workflows.fields import types
from workflows.refusals import Invalid, NotFound, Problem, Refusal, WrongRole

NEEDED = Problem("needed")


@dataclass(frozen=True, slots=True)
class NothingToCorrect(Refusal):
    """The event is not there, a machine's, or what it said has been overtaken."""

    code: ClassVar[str] = "nothing_to_correct"


@dataclass(frozen=True, slots=True)
class AnotherProposed(Refusal):
    """One correction at a time: another one waits for its second person."""

    code: ClassVar[str] = "another_proposed"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wrong, and what is right. `wrong` is the event's sequence, `values` are as typed."""

    wrong: int
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)
    mistaken: bool = False  # its comment was a mistake
    back: bool = False  # the step was


def propose(
    session: Session, services: Services, actor: Actor, reference: str, wish: Wish, seen: int, key: str | None = None
) -> Done | Refusal:
    """Say what is wrong and what is right. Nothing of the case changes until a second person confirms."""
    asked = idempotency.fingerprint("propose", reference, asdict(wish), seen)
    case = preconditions.held(session, actor, reference, seen, key, asked)
    if not isinstance(case, Row):
        return case
    if case.proposal is not None:
        return AnotherProposed()
    definition = services.definitions.pinned(case.digest)
    events = chronicle(session, case.id)
    wrong = events[wish.wrong - 1] if 0 < wish.wrong <= len(events) else None
    can = correctable(definition, case.state, events, wrong) if wrong is not None else Correctable()
    if wrong is None or not can:
        return NothingToCorrect()
    roles = own_first(case, actor, proposers(wrong))
    if not roles:
        return WrongRole(proposers(wrong))
    said = _said(session, definition, case, can, wish)
    if isinstance(said, Refusal):
        return said
    change = _change(case, definition, actor, roles[0], PROPOSE, {**said, WRONG: wish.wrong})
    columns = records.moved(session, services, replace(change, columns={"proposal": case.sequence + 1}))
    told = confirmers(definition, events, wrong, back=wish.back)[0]
    _tell(session, services, change, columns, "correction_proposed", told)
    return preconditions.answer(session, change, columns, key, asked)


def _said(
    session: Session, definition: Definition, case: CaseRow, can: Correctable, wish: Wish
) -> dict[str, Any] | Invalid:
    """What the event will say: the values that differ, the reason, and what else was wrong."""
    reason = types.load(definition, ("comment",), {"comment": wish.reason}, Known(session, case.id))
    loaded = types.load(definition, can.fields, wish.values, Known(session, case.id))
    errors = [*reason.errors, *loaded.errors]
    if not reason.errors and not reason.values["comment"]:
        errors.append(("comment", (NEEDED,)))
    errors += [(name, (NEEDED,)) for name, value in loaded.values.items() if value is None]
    if errors:
        return Invalid(tuple(errors))
    values = {name: value for name, value in loaded.values.items() if case.fields.get(name) != value}
    mistaken, back = wish.mistaken and can.comment, wish.back and can.back is not None
    if not values and not mistaken and not back:
        return Invalid((("what", (NEEDED,)),))
    more = {MISTAKEN: True} if mistaken else {}
    return {**values, **more, **({BACK: True} if back else {}), "comment": reason.values["comment"]}


def confirm(
    session: Session, services: Services, actor: Actor, reference: str, seen: int, key: str | None = None
) -> Done | Refusal:
    """The second person: what was proposed happens."""
    held = _second(session, services, actor, reference, seen, key, "confirm")
    if not isinstance(held, _Held):
        return held
    case, definition, proposed = held.case, held.definition, held.proposed
    if not proposed.stands:
        return NothingToCorrect()
    role = second_role(session, case, actor, proposed, proposed.roles)
    if isinstance(role, Refusal):
        return role
    back = proposed.can.back if proposed.event.values.get(BACK) else None
    values = proposed.values
    if back is not None:
        values = before(definition, chronicle(session, case.id), proposed.wrong) | values
    more = {name: True for name in (MISTAKEN, BACK) if proposed.event.values.get(name)}
    said = {**values, **more, WRONG: proposed.wrong.sequence, PROPOSAL: proposed.event.sequence}
    change = replace(_change(case, definition, actor, role, CONFIRM, said), values=values, target=back or case.state)
    columns = records.moved(session, services, change)
    if any(definition.fields[name].type in search.SEARCHED for name in values):
        search.index(session, case.id, case.reference, definition, columns["fields"])
    step = taken(definition, proposed.wrong)
    told = {proposed.wrong.role, *(step.tells if back and step is not None else ()), "coordinator"}
    _tell(session, services, change, columns, "correction_made", told, proposed.event.values["comment"])
    return preconditions.answer(session, change, columns, key, held.asked)


def decline(
    session: Session, services: Services, actor: Actor, reference: str, reason: str, seen: int, key: str | None = None
) -> Done | Refusal:
    """Leave everything as it was: by who might confirm, or by who proposed and thought better of it."""
    held = _second(session, services, actor, reference, seen, key, "decline", reason)
    if not isinstance(held, _Held):
        return held
    proposed, case = held.proposed, held.case
    loaded = types.load(held.definition, ("comment",), {"comment": reason}, Known(session, case.id))
    if loaded.errors:
        return Invalid(loaded.errors)
    own = actor.key in proposed.event.persons
    role = proposed.event.role if own else second_role(session, case, actor, proposed, proposed.roles)
    if isinstance(role, Refusal):
        return role
    if not own and not loaded.values["comment"]:
        return Invalid((("comment", (NEEDED,)),))
    said = {WRONG: proposed.wrong.sequence, PROPOSAL: proposed.event.sequence, "comment": loaded.values["comment"]}
    change = _change(case, held.definition, actor, role, DECLINE, said)
    columns = records.moved(session, services, change)
    _tell(session, services, change, columns, "correction_declined", (proposed.event.role,))
    return preconditions.answer(session, change, columns, key, held.asked)


@dataclass(frozen=True, slots=True)
class _Held:
    """A case, locked, with the correction that waits there."""

    case: CaseRow
    definition: Definition
    proposed: Proposed
    asked: str


def _second(
    session: Session, services: Services, actor: Actor, reference: str, seen: int, key: str | None, *body: str
) -> _Held | Done | Refusal:
    asked = idempotency.fingerprint("correction", reference, seen, *body)
    case = preconditions.held(session, actor, reference, seen, key, asked)
    if not isinstance(case, Row):
        return case
    definition = services.definitions.pinned(case.digest)
    proposed = pending(session, definition, case)
    return NotFound() if proposed is None else _Held(case, definition, proposed, asked)


def _change(
    case: CaseRow,
    definition: Definition,
    actor: Actor,
    role: str,
    act: str,
    said: Mapping[str, Any],
) -> Change:
    """An event about a correction; unless it says otherwise, none waits afterwards and nothing changes."""
    return Change(
        case=case,
        definition=definition,
        actor=actor,
        role=role,
        act=act,
        rule=f"{definition.key}@{definition.version}/correction",
        now=clock.now(),
        target=case.state,
        private=said,
        columns={"proposal": None},
    )


def _tell(
    session: Session,
    services: Services,
    change: Change,
    columns: Mapping[str, Any],
    letter: str,
    roles: Collection[str],
    comment: str = "",
) -> None:
    notify.tell(
        session,
        services,
        records.subject_of(change, columns),
        dict.fromkeys(roles, letter),
        change.now,
        actor_role=change.role,
        acted=change.acted,
        comment=comment or change.private.get("comment", ""),
        person=change.actor.name,
    )
