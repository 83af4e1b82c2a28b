"""After a change of a calendar: the open deadlines that it moves, and one letter for each of their readers.

Bounded transactions, each of which leaves the change as far as it has come: whoever carries on after a kill
finds the cursor, and a case that was moved already is as the calendar says and is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from expertise.audit.act import Act, Subject
from expertise.base import clock
from expertise.base.crash import crashpoint
from expertise.calendars import change_progress
from expertise.calendars.model import COUNTRY, CalendarChange
from expertise.cases import desk, queries
from expertise.cases.actions import deadline
from expertise.cases.actions.change import Change
from expertise.cases.actions.outcome import Outcome
from expertise.cases.notify import moved_deadlines, notify
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.services import Services, Unit
from expertise.people.access import CALENDAR
from expertise.reminders import timers
from workflows.deadlines import Plan

#: Cases looked at, and cases moved, in one transaction.
BATCH, MOST = 200, 20


@dataclass(frozen=True, slots=True)
class Progress:
    """The result of one piece of work. `busy`: it met a case that somebody else holds just now."""

    moved: int = 0
    busy: bool = False


def carry_on(session: Session, services: Services) -> Progress | None:
    """Do one piece of the oldest change that has something to do; None when there is none."""
    now = clock.now()
    change = change_progress.next_change(session, now)
    if change is None:
        return None
    if change.state == "letters":
        moved_deadlines.write(session, services, change, now)
        return Progress()
    return _follow(session, services, change, now)


def _follow(session: Session, services: Services, change: CalendarChange, now: datetime) -> Progress:
    services.calendars.of(session, None)  # so that this process knows the change, also where no case asks for it
    rows = session.execute(_candidates(change)).all()
    ladders = timers.ladders(session, [row.id for row in rows])
    moved = 0
    for row in rows:
        if _differs(_planned(session, services, row), row, ladders):
            case = queries.claim(session, row.id)
            if case is None:
                return Progress(moved, busy=True)
            moved += _move(session, services, change, case, now)
            crashpoint("recompute_after_case")
        change.cursor = row.id
        if moved >= MOST:
            return Progress(moved)
    if len(rows) < BATCH:
        change.state, change.cursor = ("again", 0) if change.state == "open" else ("letters", 0)
    return Progress(moved)


def _candidates(change: CalendarChange) -> Any:
    """Open cases with a deadline, after the cursor; the second time those that changed about when the days did."""
    wanted = select(CASES).where(CASES.c.final.is_(None), CASES.c.due_at.is_not(None), CASES.c.id > change.cursor)
    if change.organisation_id != COUNTRY:
        wanted = wanted.where(CASES.c.organisation_id == change.organisation_id)
    if change.state == "again":
        wanted = wanted.where(CASES.c.changed_at >= change.at - change_progress.GRACE)
    return wanted.order_by(CASES.c.id).limit(BATCH)


def _planned(session: Session, services: Services, case: CaseRow) -> Plan:
    return deadline.staying(session, services, services.definitions.pinned(case.digest), case)


def _differs(planned: Plan, case: CaseRow, ladders: Mapping[int, Sequence[Row[Any]]]) -> bool:
    """Whether the deadline, or a rung that is still to come, lies elsewhere by the calendar of today."""
    if planned.due_at != case.due_at:
        return True
    wanted = {("", case.visit, timer.rung): timer.due_at for timer in planned.timers}
    for running in planned.clocks:
        wanted |= {(running.key, running.run, timer.rung): timer.due_at for timer in running.timers}
    return any(
        row.done_at is None and wanted.get((row.clock, row.visit, row.rung)) != row.due_at
        for row in ladders.get(case.id, ())
        if row.clock or row.visit == case.visit
    )


def _move(session: Session, services: Services, change: CalendarChange, case: CaseRow, now: datetime) -> bool:
    """Give the case the deadline of today's calendar, unless it has it meanwhile; whether its due date moved."""
    if case.final is not None or case.due_at is None:
        return False
    planned = _planned(session, services, case)
    if planned.due_at == case.due_at:
        timers.adjust(session, case.id, case.visit, planned)
        return False
    definition = services.definitions.pinned(case.digest)
    made = Change(
        case=case,
        definition=definition,
        actor=CALENDAR,
        role="clock",
        act=Act(CALENDAR.source, Subject.DEADLINE, "move"),
        rule=f"calendar/{change.id}",
        now=now,
        target=case.state,
        private=deadline.moved(case, planned) | {"source": _source(session, services, change, case, planned)},
        moves=False,
        replanned=planned,
    )
    desk.apply(Unit(session, services, now), Outcome(made))
    change.moved += 1
    _note(session, services, change, made, planned)
    return True


def _source(session: Session, services: Services, change: CalendarChange, case: CaseRow, planned: Plan) -> str:
    calendar = services.calendars.of(session, case.organisation_id)
    latest = max(each for each in (case.due_at, planned.due_at) if each is not None)
    since, until = calendar.local_day(case.entered_at), calendar.local_day(latest)
    return change_progress.sources(session, change, case.organisation_id, since, until)


def _note(session: Session, services: Services, change: CalendarChange, made: Change, planned: Plan) -> None:
    """Remember the move for those who must act: they get one letter for all of their cases, after the last one."""
    owner = made.definition.states[made.target].owner
    if owner is None:
        return
    people = notify.recipients_of(session, services, made.case, [owner], made.now)
    moved = {"was": made.case.due_at, "due": planned.due_at}
    change_progress.record_move(session, change, made.case.id, (found.person_id for found in people), moved)
