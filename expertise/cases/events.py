"""Reads the events of a case back: the values that they set, and which of them can still be corrected."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.audit.act import Act, Subject, act_of
from expertise.audit.model import Event, PrivateValue
from expertise.people.access import WAYS
from workflows.definition import Definition, Transition
from workflows.fields.types import COMMENT

#: Private value of the event of a step whose target facts have chosen: what was found of them.
WHY = "_why"
#: Private values of the events of an assignment: no field of a workflow begins so.
ASSIGNEE, DELEGATE, REASON = "_holder", "_delegate", "_reason"
#: The private value of an internal note: its text, for the team alone.
NOTE = "_note"
#: Private values of the events of a correction.
WRONG, PROPOSAL, MISTAKEN, BACK = "_wrong", "_proposal", "_mistaken", "_back"
PROPOSE, CONFIRM, DECLINE = (Act("person", Subject.CORRECTION, action) for action in ("propose", "confirm", "decline"))


class Caller(Protocol):
    """An event with its private values, whoever read it."""

    @property
    def sequence(self) -> int: ...  # noqa: D102 the protocol's own docstring says it

    @property
    def act(self) -> str: ...  # noqa: D102

    @property
    def role(self) -> str: ...  # noqa: D102

    @property
    def from_state(self) -> str | None: ...  # noqa: D102

    @property
    def to_state(self) -> str: ...  # noqa: D102

    @property
    def values(self) -> Mapping[str, Any]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Said:
    """An event as it is read for a correction."""

    sequence: int
    act: str
    actor: str
    role: str
    instead_of: str | None
    from_state: str | None
    to_state: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def persons(self) -> frozenset[str]:
        """The natural persons behind it: who acted, and for whom."""
        return frozenset(person for person in (self.actor, self.instead_of) if person is not None)


@dataclass(frozen=True, slots=True)
class Correctable:
    """The part of one event that can be corrected."""

    fields: tuple[str, ...] = ()  # values that it set, and that still stand
    comment: bool = False  # it said something that was not called mistaken yet
    back: str | None = None  # the state to which the case can be brought back

    def __bool__(self) -> bool:
        return bool(self.fields or self.comment or self.back)


def read_events(session: Session, case_id: int) -> Sequence[Said]:
    """Every event of a case in order, with its values: two statements."""
    columns = (Event.sequence, Event.act, Event.actor, Event.role, Event.instead_of, Event.from_state, Event.to_state)
    values: dict[int, dict[str, Any]] = {}
    wanted = select(PrivateValue.sequence, PrivateValue.name, PrivateValue.value)
    for row in session.execute(wanted.where(PrivateValue.case_id == case_id)):
        values.setdefault(row.sequence, {})[row.name] = json.loads(row.value)
    events = session.execute(select(*columns).where(Event.case_id == case_id).order_by(Event.sequence))
    return [Said(*row, values.get(row.sequence, {})) for row in events]


def kept(definition: Definition, event: Caller) -> dict[str, Any]:
    """The values of fields that the case held by this event; None for what it emptied."""
    act = act_of(event.act)
    if act.subject == Subject.STEP:
        step = definition.transitions[act.action]
        elsewhere = definition.handed_on(step) | {COMMENT.key}
        said = {name: value for name, value in event.values.items() if name not in elsewhere}
        return _fields(definition, said) | dict.fromkeys(step.clears)
    if act.subject in (Subject.CASE, Subject.FIELDS, Subject.UNDO) or act == CONFIRM:
        return _fields(definition, event.values)
    return {}


def _fields(definition: Definition, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in definition.fields}


def correctable(definition: Definition, state: str, events: Sequence[Caller], wrong: Caller) -> Correctable:
    """Return what a correction of `wrong` may do; `wrong` is one of the events."""
    return correctables(definition, state, events).get(wrong.sequence, Correctable())


def correctables(definition: Definition, state: str, events: Sequence[Caller]) -> dict[int, Correctable]:
    """Sequence of an event → what its correction may do, in a case that is in `state`. `events` are in order.

    A value is corrected where it was said last, and with it what a fact ties to it and was said later: where two
    amounts must agree, neither could be mended alone. Steps of a machine cannot be corrected.
    """
    found: dict[int, Correctable] = {}
    since: dict[str, Any] = {}  # what was said after the event in hand, and how it was said last
    called: set[int] = set()  # whose comments were called mistaken
    gone_on = False
    for event in reversed(events):
        values, act = kept(definition, event), act_of(event.act)
        if by_person(event) and act not in (PROPOSE, DECLINE):
            names = (name for name, value in values.items() if value is not None and name not in since)
            fields = tuple(name for name in names if definition.fields[name].type.is_correctable)
            fields += _tied(definition, fields, since)
            spoke = bool(event.values.get(COMMENT.key)) and event.sequence not in called and act != CONFIRM
            found[event.sequence] = Correctable(fields, spoke, None if gone_on else _back(definition, state, event))
        since = {**values, **since}
        called |= {event.values[WRONG]} if act == CONFIRM and event.values.get(MISTAKEN) else set()
        gone_on = gone_on or act.is_step or event.from_state != event.to_state
    return found


def _tied(definition: Definition, fields: Sequence[str], since: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields with a value of a later event that a fact compares with one of `fields`."""
    together = [fact.named for fact in definition.facts.values() if fact.operands and not fact.named.isdisjoint(fields)]
    named = {name for names in together for name in names} - set(fields)
    return tuple(
        name
        for name in definition.fields
        if name in named and since.get(name) is not None and definition.fields[name].type.is_correctable
    )


def _back(definition: Definition, state: str, wrong: Caller) -> str | None:
    """The state from which the wrong step was taken, when the case still is where it led."""
    step = taken(definition, wrong)
    if step is None or not step.corrected_by or wrong.to_state != state or wrong.from_state in (None, state):
        return None
    return None if definition.states[wrong.from_state or ""].retired else wrong.from_state


def by_person(event: Caller) -> bool:
    """Whether a natural person did it, however they came."""
    return act_of(event.act).source in WAYS


def taken(definition: Definition, event: Caller) -> Transition | None:
    """The step or vote of which the event tells."""
    act = act_of(event.act)
    return definition.transitions.get(act.action) if act.is_step else None


def before(definition: Definition, events: Iterable[Caller], wrong: Caller) -> dict[str, Any]:
    """Return the values before the wrong step, of the fields it touched; fields changed since are left out."""
    touched, held = set(kept(definition, wrong)), {}
    for event in events:
        for name, value in kept(definition, event).items():
            if name in touched and event.sequence < wrong.sequence:
                held[name] = value
            elif name in touched and event.sequence > wrong.sequence:
                touched.discard(name)
    return {name: held.get(name) for name in touched}


def decision_since(definition: Definition, events: Iterable[Caller], wrong: Caller) -> tuple[Transition, str] | None:
    """Return the latest grave decision taken on the values of `wrong`, and the role that took it.

    A step is grave when the definition guards it by four eyes, a quorum or a high risk. The person who corrects such a
    decision must hold that role.
    """
    found = None
    for event in events:
        step = taken(definition, event)
        guarded = step is not None and (step.not_by or step.quorum > 1 or step.risk == "high")
        if step is not None and guarded and event.sequence > wrong.sequence and by_person(event):
            found = step, event.role
    return found
