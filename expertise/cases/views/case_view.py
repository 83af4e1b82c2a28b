"""Everything the page of one case needs, read in a few statements however long its history."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from itertools import takewhile
from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select
from sqlalchemy.orm import Session, aliased

from expertise.audit.act import Subject, act_of
from expertise.audit.model import Event, PrivateValue
from expertise.cases import queries
from expertise.cases.actions import extend
from expertise.cases.actions.assign import ACTIONS
from expertise.cases.actions.decide import standing
from expertise.cases.actions.mentions import MENTIONS
from expertise.cases.events import ASSIGNEE, BACK, CONFIRM, DELEGATE, MISTAKEN, NOTE, REASON, WRONG, correctables
from expertise.cases.lookups import Chooser
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.reach import roles_of
from expertise.cases.services import Services
from expertise.cases.views.assignment import Assignment, assignment_of
from expertise.cases.views.held_step import HeldStep, held_step
from expertise.cases.views.quorum import StepVotes, step_votes
from expertise.cases.views.step_preview import Preview, preview, target_of
from expertise.files.model import StoredFile
from expertise.people.access import Actor
from expertise.people.model import Person
from expertise.people.names import named_in, names_of
from expertise.people.scope import EVERYWHERE, STAFF
from workflows.decision import Verdict, offers
from workflows.definition import Definition, Part, Text, Transition

#: Events shown at once on a page; older ones are asked for.
SHOWN = 200


@dataclass(frozen=True)
class OfferedStep:
    """A step of the present state that belongs to one of the person's roles."""

    step: Transition
    verdict: Verdict
    target: str  # the state of the case afterwards
    ahead: Callable[[], Preview]

    @cached_property
    def preview(self) -> Preview:
        """The effect of the step: looked up when it is asked for, in the transaction of the look."""
        return self.ahead()


@dataclass(frozen=True, slots=True)
class Happened:
    """One event, with the private values that its reader may see."""

    sequence: int
    at: datetime
    act: str
    actor: str  # a name, or the key of a machine
    machine: bool
    role: str
    instead_of: str  # name of the absent person for whom a deputy acted
    from_state: str | None
    to_state: str
    values: Mapping[str, Any]
    digest: str  # of the definition under which it happened

    @property
    def source(self) -> str:
        """How the actor came: `person`, `signed`, `mail`, or a machine."""
        return act_of(self.act).source

    @property
    def comment(self) -> str:
        """The comment that came with it, empty for none."""
        return str(self.values.get("comment") or "")

    @property
    def note(self) -> str:
        """The text of an internal note, empty for any other event."""
        return str(self.values.get(NOTE) or "")

    @property
    def mentions(self) -> tuple[str, ...]:
        """The keys of the people whom the comment or the note mentions."""
        return tuple(self.values.get(MENTIONS) or ())

    @property
    def assignee(self) -> str:
        """The key of the person to whom the event assigned the case; empty for nobody."""
        return str(self.values.get(ASSIGNEE) or "")

    @property
    def delegate(self) -> str:
        """The key of the colleague who does it for the assignee; empty for nobody."""
        return str(self.values.get(DELEGATE) or "")

    @property
    def corrects(self) -> int:
        """The sequence of the event that this one corrects; 0 for none."""
        return int(self.values.get(WRONG, 0))

    @property
    def reason(self) -> str:
        """Why the case went from hand to hand: for the team, so it is no comment."""
        return str(self.values.get(REASON) or "")


@dataclass(frozen=True, slots=True)
class Correction:
    """The event that confirmed a correction. `entire`: the comment or the step was wrong, not some values only."""

    sequence: int
    entire: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """The parts of one kind that this person may see."""

    part: Part
    definition: Definition
    cases: Sequence[CaseRow]


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as one person sees it."""

    case: CaseRow
    definition: Definition
    actor: Actor
    roles: frozenset[str]
    offered: tuple[OfferedStep, ...]
    editable: tuple[str, ...]  # fields this person may change now
    panels: tuple[Panel, ...]
    parent: CaseRow | None
    events: tuple[Happened, ...]
    files: Mapping[str, Row[Any]]  # key → stored file
    experts: Mapping[str, str]  # key of a person → name, for people in fields and for who has had the case
    organisations: Mapping[str, Text]  # key of an organisation that a field names → its names
    path: tuple[str, ...]  # states in the order they were entered
    extension: extend.ExtensionOffer | None  # that this person may grant more time
    assignment: Assignment
    corrections: Mapping[int, Correction]  # sequence of a wrong event → what put it right
    correctable: frozenset[int]  # sequences of events that this person may call wrong
    votes: tuple[StepVotes, ...]  # of steps that need several persons
    held: HeldStep | None  # a step of the clock that was refused
    closed: bool  # its workflow is out of service: nothing is offered


def chooser_of(view: CaseView) -> Chooser:
    """The reader of the view as somebody who gives values."""
    return Chooser(view.actor, tuple(sorted(view.roles)), view.case)


def look(session: Session, services: Services, actor: Actor, reference: str, now: datetime) -> CaseView | None:
    """The case for this person; None when there is none that they may see."""
    case = queries.find(session, actor, reference)
    if case is None:
        return None
    definition = services.definitions.pinned(case.digest)
    steps = definition.steps_from[case.state]
    closed = services.out_of_service(case.workflow) is not None
    verdicts = () if closed else offers(definition, standing(session, definition, case, actor, steps))
    roles = roles_of(case, actor)
    notes = queries.sees_notes(roles)
    events = _events(session, case, _sealed(definition, roles), notes=notes)
    named = named_in(session, definition.fields, [case.fields, *(event.values for event in events)])
    return CaseView(
        case=case,
        definition=definition,
        actor=actor,
        roles=roles,
        offered=tuple(_offered(session, services, definition, case, verdict, now) for verdict in verdicts),
        editable=() if closed else _editable(definition, case, roles),
        panels=_panels(session, services, actor, definition, case),
        parent=_parent(session, actor, case),
        events=events,
        files=_files(session, case, notes=notes),
        experts={**named.people, **_experts(session, events)},
        organisations=named.organisations,
        path=_path(definition, events),
        extension=None if closed else extend.offered(session, definition, case, actor),
        assignment=assignment_of(session, case, actor, roles),
        corrections=_corrections(events),
        correctable=frozenset() if closed else _correctable(definition, case, _of_this_version(events), roles),
        votes=step_votes(session, definition, case),
        held=held_step(session, definition, case, now),
        closed=closed,
    )


def _offered(
    session: Session, services: Services, definition: Definition, case: CaseRow, verdict: Verdict, now: datetime
) -> OfferedStep:
    if verdict.step is None:
        raise LookupError("offers names steps that exist")
    look_ahead = partial(preview, session, services, definition, case, verdict, now)
    return OfferedStep(verdict.step, verdict, target_of(case, verdict), look_ahead)


def _editable(definition: Definition, case: CaseRow, roles: frozenset[str]) -> tuple[str, ...]:
    edit = definition.states[case.state].edit
    names = {name for role in edit if role in roles for name in edit[role]}
    return tuple(name for name in definition.fields if name in names)


def _panels(
    session: Session, services: Services, actor: Actor, definition: Definition, case: CaseRow
) -> tuple[Panel, ...]:
    if not definition.parts:
        return ()
    rows = session.execute(queries.seen_by(actor).where(CASES.c.parent_id == case.id).order_by(CASES.c.id)).all()
    found = []
    for key, part in definition.parts.items():
        own = [row for row in rows if row.part == key]
        if own:
            found.append(Panel(part, services.definitions.pinned(own[0].digest), own))
    return tuple(found)


def _parent(session: Session, actor: Actor, case: CaseRow) -> CaseRow | None:
    if case.parent_id is None:
        return None
    return session.execute(queries.seen_by(actor).where(CASES.c.id == case.parent_id)).first()


def _sealed(definition: Definition, roles: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """Act → the values that are nobody's business but the team's: to whom an offer went, why a colleague took over."""
    if roles & (STAFF | EVERYWHERE):
        return {}
    return {f"desk:{action}": frozenset({REASON}) for action in ACTIONS} | {
        f"step:{step.key}": definition.handed_on(step)
        for step in definition.transitions.values()
        if step.opens is not None and definition.parts[step.opens].sealed
    }


def _files(session: Session, case: CaseRow, *, notes: bool) -> dict[str, Row[Any]]:
    """Key → stored file of the case; `notes`: those of internal notes as well."""
    wanted = select(StoredFile.__table__).where(StoredFile.case_id == case.id)
    return {row.key: row for row in session.execute(wanted if notes else wanted.where(~StoredFile.internal))}


def about(subjects: Collection[str]) -> list[ColumnElement[bool]]:
    """The conditions of events about these subjects; none for no subjects."""
    return [or_(*(Event.act.like(f"%:{subject}:%") for subject in subjects))] if subjects else []


def happened(
    session: Session, view: CaseView, conditions: Sequence[ColumnElement[bool]], before: int | None, limit: int
) -> tuple[Happened, ...]:
    """Return events of the case for the reader, the newest first. `before`: a sequence above them."""
    wanted = [*conditions, *([Event.sequence < before] if before is not None else [])]
    notes = queries.sees_notes(view.roles)
    return _events(session, view.case, _sealed(view.definition, view.roles), notes=notes, wanted=wanted, limit=limit)


def _events(
    session: Session,
    case: CaseRow,
    sealed: Mapping[str, frozenset[str]],
    *,
    notes: bool,
    wanted: Sequence[ColumnElement[bool]] = (),
    limit: int | None = None,
) -> tuple[Happened, ...]:
    """Return the newest events, SHOWN unless `limit` says another number; without internal notes outside the team."""
    absent = aliased(Person)
    rows = session.execute(
        select(
            Event.sequence,
            Event.at,
            Event.act,
            Event.actor,
            Event.role,
            Event.from_state,
            Event.to_state,
            Event.body,
            Person.name,
            absent.name.label("instead_of"),
        )
        .outerjoin(Person, Person.key == Event.actor)
        .outerjoin(absent, absent.key == Event.instead_of)
        .where(Event.case_id == case.id, *wanted, *([] if notes else [Event.act.not_like(f"%:{Subject.NOTE}:%")]))
        .order_by(Event.sequence.desc())
        .limit(SHOWN if limit is None else limit)
    ).all()
    values: dict[int, dict[str, Any]] = {}
    for value in session.execute(
        select(PrivateValue.sequence, PrivateValue.name, PrivateValue.value).where(
            PrivateValue.case_id == case.id, PrivateValue.sequence >= min((row.sequence for row in rows), default=0)
        )
    ):
        values.setdefault(value.sequence, {})[value.name] = json.loads(value.value)
    return tuple(
        Happened(
            sequence=row.sequence,
            at=row.at,
            act=row.act,
            actor=row.name or row.actor,
            machine=row.name is None,
            role=row.role,
            instead_of=row.instead_of or "",
            from_state=row.from_state,
            to_state=row.to_state,
            digest=json.loads(row.body)["definition"],
            values={
                name: value
                for name, value in values.get(row.sequence, {}).items()
                if name not in sealed.get(act_of(row.act).about, ())
            },
        )
        for row in rows
    )


def _corrections(events: Sequence[Happened]) -> dict[int, Correction]:
    """Steps that were taken back are put right by that."""
    return {
        event.values[WRONG]: Correction(
            event.sequence, undone or bool(event.values.get(MISTAKEN) or event.values.get(BACK))
        )
        for event in reversed(events)
        if (undone := act_of(event.act).subject == Subject.UNDO) or act_of(event.act) == CONFIRM
    }


def _correctable(
    definition: Definition, case: CaseRow, events: Sequence[Happened], roles: frozenset[str]
) -> frozenset[int]:
    if case.proposal is not None:
        return frozenset()
    mine = [event for event in events if event.role in roles or roles & STAFF]
    can = correctables(definition, case.state, list(reversed(events)))
    return frozenset(each.sequence for each in mine if can.get(each.sequence))


def _experts(session: Session, events: Sequence[Happened]) -> dict[str, str]:
    keys = {event.values[name] for event in events for name in (ASSIGNEE, DELEGATE) if event.values.get(name)}
    keys |= {key for event in events for key in event.mentions}
    return names_of(session, keys)


def _path(definition: Definition, events: Sequence[Happened]) -> tuple[str, ...]:
    """The states in the order they were entered; staying is not entering.

    Of states that the definition does not have, because the case was migrated, nothing is said.
    """
    entered = (event.to_state for event in reversed(events) if event.from_state != event.to_state)
    return tuple(state for state in entered if state in definition.states)


def _of_this_version(events: Sequence[Happened]) -> tuple[Happened, ...]:
    """The events since the newest migration: earlier ones belong to another definition and are not corrected."""
    found = takewhile(lambda event: act_of(event.act).subject != Subject.MIGRATION, events)
    return tuple(found)
