"""Correction instead of undo: one person names the wrong event and what is right, another one confirms.

Nothing is deleted or changed: two more events say it. Both persons are natural ones, deputies with whom they stand for.
See docs/decisions/0016-casework.md for who may confirm what.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from expertise.audit.act import Act
from expertise.cases import facts
from expertise.cases.actions.change import Change
from expertise.cases.actions.decide import own_first
from expertise.cases.actions.outcome import Outcome
from expertise.cases.actions.pending_correction import confirmers, pending, proposers, second_role
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
    correctable,
    read_events,
    taken,
)
from expertise.cases.lookups import Chooser, Known, read_values
from expertise.cases.notify.intents import Notice
from expertise.cases.queries import CaseRow
from expertise.cases.services import Unit
from expertise.people.access import Actor
from expertise.people.scope import STAFF
from workflows.definition import Definition
from workflows.fields import types
from workflows.refusals import Invalid, Missing, NotFound, NotReady, Problem, Refusal, WrongRole

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
class CorrectionRequest:
    """A correction that somebody wants. `wrong` is the sequence of the wrong event, `values` are as typed."""

    wrong: int
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)
    mistaken: bool = False  # its comment was a mistake
    back: bool = False  # the step was


def propose(unit: Unit, actor: Actor, case: CaseRow, wish: CorrectionRequest) -> Outcome | Refusal:
    """Say what is wrong and what is right. Nothing of the case changes until a second person confirms."""
    if case.proposal is not None:
        return AnotherProposed()
    definition = unit.services.definitions.pinned(case.digest)
    events = read_events(unit.session, case.id)
    wrong = events[wish.wrong - 1] if 0 < wish.wrong <= len(events) else None
    can = correctable(definition, case.state, events, wrong) if wrong is not None else Correctable()
    if wrong is None or not can:
        return NothingToCorrect()
    roles = own_first(case, actor, proposers(wrong))
    if not roles:
        return WrongRole(proposers(wrong))
    # The team may find that a case belongs to another region: that is no filing, and a second person confirms it.
    chooser = None if roles[0] in STAFF else Chooser(actor, (roles[0],), case)
    lookups = Known(unit.session, case.id, chooser=chooser)
    said = _said(unit, case, can, wish, lookups)
    if isinstance(said, Refusal):
        return said
    broken = _broken(unit, case, _values(definition, said))
    if broken is not None:
        return broken
    change = _change(unit, case, actor, roles[0], PROPOSE, {**said, WRONG: wish.wrong})
    change = replace(change, columns={"proposal": case.sequence + 1})
    second = confirmers(definition, events, wrong, back=wish.back)[0]
    return Outcome(change, _notice(change, "correction_proposed", second))


def _said(
    unit: Unit, case: CaseRow, can: Correctable, wish: CorrectionRequest, lookups: Known
) -> dict[str, Any] | Invalid:
    """The private values of the event: the values that differ, the reason, and marks of what else was wrong."""
    definition = unit.services.definitions.pinned(case.digest)
    reason = types.load(definition, ("comment",), {"comment": wish.reason}, lookups)
    loaded = read_values(unit, definition, can.fields, wish.values, lookups, case.fields)
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


def _values(definition: Definition, said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name in definition.fields}


def _broken(unit: Unit, case: CaseRow, values: Mapping[str, Any]) -> NotReady | None:
    """The facts that the right values would break or make worse, here and in the cases beside it; None for none."""
    broken = facts.broken_by(unit.session, unit.services.definitions, case, values)
    own = unit.services.definitions.pinned(case.digest).facts
    missing = [
        Missing("fact", key, values=finding.values, label=None if key in own and own[key].label == label else label)
        for label, key, finding in broken
    ]
    return NotReady(tuple(missing)) if missing else None


def confirm(unit: Unit, actor: Actor, case: CaseRow) -> Outcome | Refusal:
    """The second person: what was proposed happens."""
    definition = unit.services.definitions.pinned(case.digest)
    proposed = pending(unit.session, definition, case)
    if proposed is None:
        return NotFound()
    if not proposed.stands:
        return NothingToCorrect()
    role = second_role(unit.session, case, actor, proposed, proposed.roles)
    if isinstance(role, Refusal):
        return role
    back = proposed.can.back if proposed.event.values.get(BACK) else None
    values = proposed.values
    if back is not None:
        values = before(definition, read_events(unit.session, case.id), proposed.wrong) | values
    broken = _broken(unit, case, values) if back is None else None
    if broken is not None:
        return broken
    more = {name: True for name in (MISTAKEN, BACK) if proposed.event.values.get(name)}
    said = {**values, **more, WRONG: proposed.wrong.sequence, PROPOSAL: proposed.event.sequence}
    change = replace(_change(unit, case, actor, role, CONFIRM, said), values=values, target=back or case.state)
    step = taken(definition, proposed.wrong)
    roles = {proposed.wrong.role, *(step.tells if back and step is not None else ()), "coordinator"}
    notice = _notice(change, "correction_made", roles)
    return Outcome(change, replace(notice, quotes=proposed.event.sequence))


def decline(unit: Unit, actor: Actor, case: CaseRow, reason: str) -> Outcome | Refusal:
    """Leave everything as it was: by who might confirm, or by who proposed and thought better of it."""
    definition = unit.services.definitions.pinned(case.digest)
    proposed = pending(unit.session, definition, case)
    if proposed is None:
        return NotFound()
    loaded = types.load(definition, ("comment",), {"comment": reason}, Known(unit.session, case.id))
    if loaded.errors:
        return Invalid(loaded.errors)
    own = actor.key in proposed.event.persons
    role = proposed.event.role if own else second_role(unit.session, case, actor, proposed, proposed.roles)
    if isinstance(role, Refusal):
        return role
    if not own and not loaded.values["comment"]:
        return Invalid((("comment", (NEEDED,)),))
    said = {WRONG: proposed.wrong.sequence, PROPOSAL: proposed.event.sequence, "comment": loaded.values["comment"]}
    change = _change(unit, case, actor, role, DECLINE, said)
    return Outcome(change, _notice(change, "correction_declined", (proposed.event.role,)))


def _change(unit: Unit, case: CaseRow, actor: Actor, role: str, act: Act, said: Mapping[str, Any]) -> Change:
    """An event about a correction; unless it says otherwise, none waits afterwards and nothing changes."""
    definition = unit.services.definitions.pinned(case.digest)
    return Change(
        case=case,
        definition=definition,
        actor=actor,
        role=role,
        act=act,
        rule=f"{definition.key}@{definition.version}/correction",
        now=unit.now,
        target=case.state,
        private=said,
        columns={"proposal": None},
    )


def _notice(change: Change, letter: str, roles: Collection[str]) -> Notice:
    return Notice.to(dict.fromkeys(roles, letter), person=change.actor.name)
