"""The deadline of a case: computed in one place for what a step does, what it would do, and what changes later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from expertise.calendars.change_progress import unsettled
from expertise.cases.queries import CaseRow
from expertise.cases.services import Services
from expertise.reminders import timers
from workflows.calendar import Calendar
from workflows.clocks import arrive, beside
from workflows.deadlines import Clock, Clocks, Plan, Term, leave, plan, waited
from workflows.definition import Definition

NOTHING: Mapping[str, Any] = {}


def beginning(
    session: Session, services: Services, definition: Definition, row: Mapping[str, Any], now: datetime
) -> tuple[dict[str, Clock], Plan]:
    """The budgets and the deadline of a case that is about to be opened with these columns."""
    calendar = services.calendars.of(session, row.get("organisation_id"))
    term = _given(definition, definition.initial, row["fields"], calendar)
    clocks = arrive(definition, definition.initial, calendar, now, {})
    stay = plan(definition, definition.initial, calendar, now, term=term)
    return clocks, beside(stay, definition, calendar, clocks, now)


def arriving(  # noqa: PLR0913 a move has that many sides
    session: Session,
    services: Services,
    definition: Definition,
    case: CaseRow,
    target: str,
    now: datetime,
    after: Mapping[str, Any] = NOTHING,
    *,
    clocks: Clocks | None = None,
) -> tuple[dict[str, Clock], Plan]:
    """The waiting budgets and the deadline of a case that leaves its state for `target`. `after` are new columns.

    `clocks`: the waiting budgets that it finds there, when they do not follow from the state it leaves.
    """
    calendar = services.calendars.of(session, after.get("organisation_id", case.organisation_id))
    if clocks is None:
        own = _term(definition, case, case.fields, calendar)
        clocks = leave(definition, case.state, target, calendar, case.entered_at, now, case.clocks, term=own)
        clocks |= arrive(definition, target, calendar, now, case.clocks)
    term = _given(definition, target, after.get("fields", case.fields), calendar)
    stay = plan(definition, target, calendar, now, clocks, term=term)
    return dict(clocks), beside(stay, definition, calendar, clocks, now)


def resumed(
    session: Session,
    services: Services,
    definition: Definition,
    case: CaseRow,
    before: Mapping[str, Any],
    now: datetime,
) -> dict[str, Clock]:
    """The waiting budgets of a case that is brought back to an earlier stay, as if it had never left it.

    `before` holds the state of that stay, when it was entered, its deadline and its clocks. The time elsewhere counts.
    """
    calendar = services.calendars.of(session, case.organisation_id)
    stored, waiting = before["deadline"] or {}, before["clocks"].get(before["state"], {})
    own = Term(
        extended=stored.get("extended", 0) - waiting.get("extended", 0),
        extensions=stored.get("extensions", 0) - waiting.get("extensions", 0),
    )
    entered = datetime.fromisoformat(before["entered_at"])
    return waited(definition, before["state"], calendar, entered, now, before["clocks"], term=own)


def staying(
    session: Session,
    services: Services,
    definition: Definition,
    case: CaseRow,
    after: Mapping[str, Any] = NOTHING,
    *,
    more: int = 0,
    now: datetime | None = None,
) -> Plan:
    """The deadline of the present stay by the calendar of today.

    `more` days are granted by one more decision; the ladder then starts anew `now`.
    """
    calendar = services.calendars.of(session, after.get("organisation_id", case.organisation_id))
    term = _term(definition, case, after.get("fields", case.fields), calendar, more)
    began = (case.deadline or {}).get("planned_at")
    planned_at = now or (datetime.fromisoformat(began) if began else None)
    stay = plan(definition, case.state, calendar, case.entered_at, case.clocks, term=term, planned_at=planned_at)
    return beside(stay, definition, calendar, case.clocks, planned_at or case.entered_at)


def outdated(session: Session, services: Services, definition: Definition, case: CaseRow) -> bool:
    """Whether a change of the calendar that is under way will move the deadline."""
    if case.final is not None or case.due_at is None:
        return False
    return staying(session, services, definition, case).due_at != case.due_at and unsettled(session)


def columns(deadline: Plan, planned_at: str | None = None) -> dict[str, Any]:
    """The columns of a case that hold its deadline. `planned_at`: when its ladder began, after an extension (ISO)."""
    said = timers.explained(deadline.explanation)
    if deadline.on is not None:
        said = {"on": deadline.on}
    if said is not None and planned_at is not None:
        said["planned_at"] = planned_at
    return {"due_at": deadline.due_at, "due_of": deadline.due_of, "deadline": said}


def moved(case: CaseRow, deadline: Plan) -> dict[str, str]:
    """The private values of an event about a due date that moves: ISO moments."""
    return {"was": case.due_at.isoformat(), "due": deadline.due_at.isoformat() if deadline.due_at else ""}


def limits(definition: Definition, state: str, names: Mapping[str, Any]) -> bool:
    """Whether one of these fields says when the deadline of the state ends, or which day it must not pass."""
    deadline = definition.states[state].deadline
    return deadline is not None and bool({deadline.not_after, deadline.on} & names.keys())


def _term(definition: Definition, case: CaseRow, fields: Mapping[str, Any], calendar: Calendar, more: int = 0) -> Term:
    """The extensions granted in the present stay; those of an earlier stay wait in the clocks."""
    stored, waiting = case.deadline or {}, case.clocks.get(case.state, {})
    return replace(
        _given(definition, case.state, fields, calendar),
        extended=stored.get("extended", 0) - waiting.get("extended", 0) + more,
        extensions=stored.get("extensions", 0) - waiting.get("extensions", 0) + bool(more),
    )


def _given(definition: Definition, state: str, fields: Mapping[str, Any], calendar: Calendar) -> Term:
    """The terms that fields give: the latest day, and the end on a day or at a moment. A day ends with its offices."""
    deadline = definition.states[state].deadline
    latest = fields.get(deadline.not_after) if deadline is not None and deadline.not_after else None
    end = fields.get(deadline.on) if deadline is not None and deadline.on else None
    moment = None
    if end:
        moment = (
            datetime.fromisoformat(end).astimezone(UTC) if "T" in end else calendar.closing(date.fromisoformat(end))
        )
    return Term(not_after=date.fromisoformat(latest) if latest else None, moment=moment)
