"""Migration: open cases go on under the version of their workflow that is in force, and can be brought back.

`plan` says of each case, without writing, that it goes on, is mapped to another state, or needs a decision, with its
new due date; `move` writes exactly that, an event each, and keeps in the event what `bring_back` restores. Bounded
transactions: whoever carries on after a kill finds the cases that are left.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from expertise.audit.act import Act, Subject
from expertise.audit.model import Event, PrivateValue
from expertise.base.crash import crashpoint
from expertise.cases import desk, queries, search
from expertise.cases.actions import deadline
from expertise.cases.actions.change import Change
from expertise.cases.actions.outcome import Outcome
from expertise.cases.model import CaseVote
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.services import Services, Unit
from expertise.people.access import MIGRATION
from expertise.reminders import timers
from workflows.clocks import arrive
from workflows.deadlines import Clock, Plan
from workflows.definition import Definition

#: Cases of one transaction.
BATCH = 50
#: Name of the private value with the case as it was before.
BEFORE = "_migration"
_KEPT = ("state", "owner_role", "public", "clocks", "due_of", "deadline", "undo")


class MigrationVerdict(StrEnum):
    """The answer of the plan about one case."""

    GOES_ON = "goes_on"  # in the state of the same name
    MAPPED = "mapped"  # in another state
    DECIDE = "decide"  # stays where it is until somebody decides


class DecideReason(StrEnum):
    """The reason for which a case cannot be migrated as it stands."""

    NO_STATE = "no_state"  # the new version has no such state, and it is not mapped
    ENDED = "ended"  # there the case would have ended
    FIELD = "field"  # a value does not fit its field any more
    VOTES = "votes"  # votes are being collected
    CORRECTION = "correction"  # a correction waits for its second person


@dataclass(frozen=True, slots=True)
class PlannedMove:
    """One case in the plan. `target` and `due_after` are None where somebody must decide; `detail` names the field."""

    case_id: int
    reference: str
    digest: str
    state: str
    due_at: datetime | None
    verdict: MigrationVerdict
    target: str | None = None
    due_after: datetime | None = None
    reason: DecideReason | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """The version to which cases go, and state → state for those that are called otherwise there."""

    definition: Definition
    states: Mapping[str, str] = field(default_factory=dict)

    def target(self, state: str) -> str | None:
        """Return the state in which a case of that state goes on; None for none."""
        named = self.states.get(state, state)
        return named if named in self.definition.states else None


def plan(session: Session, services: Services, wanted: MigrationPlan) -> Iterator[PlannedMove]:
    """Yield each open case that is under another version, with what would become of it. Writes nothing."""
    last = 0
    while rows := session.execute(_candidates(wanted, last)).all():
        for case in rows:
            yield _planned(session, services, wanted, case)[0]
        last = rows[-1].id


def move(
    session: Session, services: Services, wanted: MigrationPlan, after: int, now: datetime
) -> Sequence[PlannedMove]:
    """Migrate some cases behind the id `after` as `plan` says of them; empty when none is left.

    Each is held while it is planned anew, so what is written is what is planned.
    """
    done = []
    for row in session.execute(_candidates(wanted, after).limit(BATCH)).all():
        case = queries.lock_by_id(session, row.id)
        if case is None or case.final is not None or case.digest == wanted.definition.digest:
            continue
        planned, ladder = _planned(session, services, wanted, case)
        if planned.target is not None and ladder is not None:
            _write(Unit(session, services, now), wanted, case, planned.target, ladder)
            crashpoint("migrate_after_case")
        done.append(planned)
    return done


def _candidates(wanted: MigrationPlan, after: int) -> Any:
    mine = (CASES.c.workflow == wanted.definition.key, CASES.c.final.is_(None), CASES.c.id > after)
    other = CASES.c.digest != wanted.definition.digest
    return select(*queries.READ).where(*mine, other).order_by(CASES.c.id).limit(BATCH)


def _planned(
    session: Session, services: Services, wanted: MigrationPlan, case: CaseRow
) -> tuple[PlannedMove, Plan | None]:
    """Return what becomes of one case, and its new deadline; None where somebody must decide."""
    known = (case.id, case.reference, case.digest, case.state, case.due_at)
    target = wanted.target(case.state)
    reason, detail = _hindered(session, services, wanted.definition, case, target)
    if reason is not None or target is None:
        return PlannedMove(*known, MigrationVerdict.DECIDE, reason=reason, detail=detail), None
    clocks = _clocks(session, services, wanted, case, target)
    there = SimpleNamespace(**{**case._mapping, "state": target, "clocks": clocks})  # noqa: SLF001 a public mapping
    found = deadline.staying(session, services, wanted.definition, there)  # type: ignore[arg-type]
    verdict = MigrationVerdict.GOES_ON if target == case.state else MigrationVerdict.MAPPED
    return PlannedMove(*known, verdict, target, found.due_at), found


def _hindered(
    session: Session, services: Services, definition: Definition, case: CaseRow, target: str | None
) -> tuple[DecideReason | None, str]:
    if target is None:
        return DecideReason.NO_STATE, ""
    if definition.states[target].final is not None:
        return DecideReason.ENDED, ""
    if case.proposal is not None:
        return DecideReason.CORRECTION, ""
    votes = select(CaseVote.step).where(CaseVote.case_id == case.id, CaseVote.visit == case.visit).limit(1)
    if session.scalar(votes) is not None:
        return DecideReason.VOTES, ""
    before = services.definitions.pinned(case.digest)
    for name, value in case.fields.items():
        if value is not None and not _fits(before, definition, name, value):
            return DecideReason.FIELD, name
    return None, ""


def _fits(before: Definition, after: Definition, name: str, value: Any) -> bool:
    """Whether a stored value still is one of its field. A field that is gone keeps its value, and nobody is asked."""
    old, new = before.fields.get(name), after.fields.get(name)
    if old is None or new is None:
        return True
    chosen = value if isinstance(value, list) else [value]
    gone = new.options is not None and any(isinstance(each, str) and each not in new.options for each in chosen)
    return old.is_like(new) and not gone


def _clocks(
    session: Session, services: Services, wanted: MigrationPlan, case: CaseRow, target: str
) -> dict[str, Clock]:
    """The waiting budgets under the names that their states have in the new version; those of no state are lost.

    Clocks over several states go on under their names. One that is new counts from the day on which the case came here.
    """
    over_several = wanted.definition.clocks
    named = {key if key in over_several else wanted.target(key): clock for key, clock in case.clocks.items()}
    found = {key: clock for key, clock in named.items() if key is not None}
    calendar = services.calendars.of(session, case.organisation_id)
    return found | arrive(wanted.definition, target, calendar, case.entered_at, found)


def _write(unit: Unit, wanted: MigrationPlan, case: CaseRow, target: str, planned: Plan) -> None:
    state = wanted.definition.states[target]
    columns = {
        "digest": wanted.definition.digest,
        "state": target,
        "owner_role": state.owner,
        "public": state.is_public,
        "clocks": _clocks(unit.session, unit.services, wanted, case, target),
        **deadline.columns(planned, (case.deadline or {}).get("planned_at")),
    }
    _change(unit, wanted.definition, case, "apply", columns, planned, {BEFORE: _before(unit.session, case)})


def _change(
    unit: Unit,
    definition: Definition,
    case: CaseRow,
    action: str,
    columns: Mapping[str, Any],
    planned: Plan,
    private: Mapping[str, Any],
) -> None:
    made = Change(
        case=case,
        definition=definition,
        actor=MIGRATION,
        role="administrator",
        act=Act(MIGRATION.source, Subject.MIGRATION, action),
        rule=f"{definition.key}@{definition.version}/migration",
        now=unit.now,
        target=columns["state"],
        private=private,
        columns=columns,
        replanned=planned,
        stays=True,
        undo=columns.get("undo"),
    )
    desk.apply(unit, Outcome(made))
    if case.parent_id is None and (case.public or columns["public"]):
        state = definition.states[columns["state"]]
        search.publish(unit.session, case.id, case.reference, state, definition, case.fields)


def _before(session: Session, case: CaseRow) -> dict[str, Any]:
    """Return all that a way back needs, as JSON."""
    due = case.due_at.isoformat() if case.due_at is not None else None
    ladder = timers.kept(session, case.id)
    return {"digest": case.digest, "due_at": due, "ladder": ladder} | {name: getattr(case, name) for name in _KEPT}


# --- the way back -------------------------------------------------------------------------------


def bring_back(
    session: Session, services: Services, workflow: str, after: int, now: datetime
) -> Sequence[tuple[int, str]]:
    """Restore some cases behind the id `after` that nobody has touched since they were migrated; (id, reference) each.

    State, due date, reminders and waiting budgets are exactly as they were. Empty when none is left.
    """
    done = []
    for row in session.execute(_migrated(workflow, after, *_UNTOUCHED).limit(BATCH)).all():
        case = queries.lock_by_id(session, row.id)
        if case is None or case.sequence != row.sequence:
            continue
        _restore(Unit(session, services, now), case)
        crashpoint("bring_back_after_case")
        done.append((case.id, case.reference))
    return done


#: Cases whose newest event is their migration.
_UNTOUCHED: tuple[ColumnElement[bool], ...] = (Event.sequence == CASES.c.sequence,)


def moved_on(session: Session, definition: Definition) -> list[str]:
    """Return the open cases that were changed after their migration, by reference: they are not brought back."""
    there = (Event.sequence < CASES.c.sequence, CASES.c.digest == definition.digest)
    rows: Sequence[Row[Any]] = session.execute(_migrated(definition.key, 0, *there)).all()
    return sorted({row.reference for row in rows})


def to_bring_back(session: Session, workflow: str) -> list[str]:
    """Return the cases that `bring_back` would restore, by reference."""
    return [row.reference for row in session.execute(_migrated(workflow, 0, *_UNTOUCHED))]


def _migrated(workflow: str, after: int, *conditions: ColumnElement[bool]) -> Any:
    wanted = select(CASES.c.id, CASES.c.reference, CASES.c.sequence).join(Event, Event.case_id == CASES.c.id)
    mine = (CASES.c.workflow == workflow, CASES.c.final.is_(None), CASES.c.id > after)
    act = str(Act(MIGRATION.source, Subject.MIGRATION, "apply"))
    return wanted.where(*mine, Event.act == act, *conditions).order_by(CASES.c.id)


def _restore(unit: Unit, case: CaseRow) -> None:
    mine = (PrivateValue.case_id == case.id, PrivateValue.sequence == case.sequence, PrivateValue.name == BEFORE)
    stored = unit.session.execute(select(PrivateValue.value).where(*mine)).scalar_one()
    before = json.loads(stored)
    due = datetime.fromisoformat(before["due_at"]) if before["due_at"] else None
    planned = timers.planned(before["deadline"], due, before["due_of"])
    columns = {name: before[name] for name in ("digest", *_KEPT)} | {"due_at": due}
    definition = unit.services.definitions.pinned(before["digest"])
    _change(unit, definition, case, "revert", columns, planned, {})
    timers.restore(unit.session, case.id, before["ladder"])
