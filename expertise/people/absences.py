"""Absences: who is away on which days, for what, and who stands in meanwhile. No chains of deputies.

Only roles of the team have deputies: who
audits, administers or asks is that very person, and another one gets a role with dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, select
from sqlalchemy.orm import Session

from expertise.people import history
from expertise.people.guarded_roles import holds_guarded
from expertise.people.model import Absence, Person
from expertise.people.scope import EVERYTHING, STAFF, Scope
from workflows.refusals import Invalid, Problem

CAUSES = ("leave", "illness", "trip", "other")
LONGEST_NOTE = 300


@dataclass(frozen=True, slots=True)
class NewAbsence:
    """An absence to be recorded; both days are within it."""

    since: date
    until: date
    cause: str = "leave"
    note: str = ""
    deputy_id: int | None = None
    scope: Scope = EVERYTHING


def scope_of(absence: Absence) -> Scope:
    """Return the roles, region and workflow that the absence is about."""
    return Scope(absence.role, absence.region, absence.workflow)


def record(
    session: Session, person: Person, wanted: NewAbsence, *, recorded_by_id: int, now: datetime, knowing: bool = False
) -> Absence | Invalid:
    """Note an absence. `knowing`: it is known that the deputy is away, too, or that the person stands in for somebody
    then, and it is wanted nevertheless: nobody acts for them.

    Two deputies for one thing on one day are refused: what is on whose desk must have one answer. So is a deputy whom
    somebody else names and who would decide by it without having been let decide by two administrators.
    """
    _alone(session, person.id, wanted.deputy_id)
    errors = (
        _imposed(session, person, wanted, recorded_by_id)
        or _wrong_words(wanted)
        or _wrong_deputy(session, person, wanted, knowing=knowing)
        or _second(session, person, wanted)
        or ([] if knowing else _stands_in(session, person, wanted))
    )
    if errors:
        return Invalid(tuple((field, (problem,)) for field, problem in errors))
    absence = Absence(
        person_id=person.id,
        deputy_id=wanted.deputy_id,
        since=wanted.since,
        until=wanted.until,
        role=wanted.scope.role,
        region=wanted.scope.region,
        workflow=wanted.scope.workflow,
        cause=wanted.cause,
        note=wanted.note,
        recorded_by_id=recorded_by_id,
        created_at=now,
    )
    session.add(absence)
    session.flush()
    history.note(session, person, "absence:record", **_said(session, wanted))
    return absence


def end(session: Session, absence: Absence, now: datetime) -> None:
    """The person is back, or the absence was a mistake: from now on nobody stands in. It stays on record."""
    if absence.ended_at is None:
        absence.ended_at = now
        session.flush()
        history.note(session, absence.person_id, "absence:end", since=absence.since, until=absence.until)


def in_force(session: Session, today: date) -> Sequence[Absence]:
    """Every absence of the day, of whomever."""
    return session.scalars(select(Absence).where(*on(today)).order_by(Absence.id)).all()


def on(today: date | BindParameter[date]) -> tuple[ColumnElement[bool], ...]:
    """The condition of an absence in force."""
    return during(today, today)


def during(since: date | BindParameter[date], until: date | BindParameter[date]) -> tuple[ColumnElement[bool], ...]:
    """The condition of an absence that has not been ended and shares a day with these."""
    return Absence.since <= until, Absence.until >= since, Absence.ended_at.is_(None)


def _alone(session: Session, *person_ids: int | None) -> None:
    """Wishes about the same people wait for each other, in one order: each sees what the other recorded."""
    known = sorted({person_id for person_id in person_ids if person_id is not None})
    session.execute(select(Person.id).where(Person.id.in_(known)).order_by(Person.id).with_for_update())


def _said(session: Session, wanted: NewAbsence) -> dict[str, Any]:
    """An absence as the history says it; the deputy by pseudonym."""
    deputy = session.scalar(select(Person.key).where(Person.id == wanted.deputy_id))
    days = {"since": wanted.since, "until": wanted.until, "cause": wanted.cause, "note": wanted.note or None}
    return {**days, "deputy": deputy, **asdict(wanted.scope)}


def _imposed(session: Session, person: Person, wanted: NewAbsence, recorded_by_id: int) -> list[tuple[str, Problem]]:
    """A deputy whom another person names: not that person, nor anybody who would gain a guarded role alone by it."""
    if wanted.deputy_id is None or recorded_by_id == person.id:
        return []
    if wanted.deputy_id == recorded_by_id:
        return [("deputy", Problem("deputy_self"))]
    if holds_guarded(session, person.id) and not holds_guarded(session, wanted.deputy_id):
        return [("deputy", Problem("deputy_guarded"))]
    return []


def _wrong_words(wanted: NewAbsence) -> list[tuple[str, Problem]]:
    found = []
    if wanted.until < wanted.since:
        found.append(("until", Problem("before_since")))
    if wanted.cause not in CAUSES:
        found.append(("cause", Problem("unknown_choice")))
    if wanted.scope.role is not None and wanted.scope.role not in STAFF:
        found.append(("role", Problem("unknown_choice")))
    if len(wanted.note) > LONGEST_NOTE:
        found.append(("note", Problem("too_long", (("max", LONGEST_NOTE),))))
    return found


def _wrong_deputy(session: Session, person: Person, wanted: NewAbsence, *, knowing: bool) -> list[tuple[str, Problem]]:
    if wanted.deputy_id is None:
        return []
    if wanted.deputy_id == person.id:
        return [("deputy", Problem("own_deputy"))]
    if not session.scalar(select(Person.active).where(Person.id == wanted.deputy_id)):
        return [("deputy", Problem("not_active"))]
    away = select(Absence).where(Absence.person_id == wanted.deputy_id, *during(wanted.since, wanted.until))
    if not knowing and any(scope_of(absence).meets(wanted.scope) for absence in session.scalars(away)):
        return [("deputy", Problem("deputy_away"))]
    return []


def _stands_in(session: Session, person: Person, wanted: NewAbsence) -> list[tuple[str, Problem]]:
    """Somebody counts on this person in that time. Of chains there are none, so they would have nobody."""
    others = session.scalars(select(Absence).where(Absence.deputy_id == person.id, *during(wanted.since, wanted.until)))
    return [("deputy", Problem("stands_in"))] if any(scope_of(other).meets(wanted.scope) for other in others) else []


def _second(session: Session, person: Person, wanted: NewAbsence) -> list[tuple[str, Problem]]:
    """Another deputy has been named for some of this already."""
    if wanted.deputy_id is None:
        return []
    others = select(Absence).where(
        Absence.person_id == person.id, Absence.deputy_id != wanted.deputy_id, *during(wanted.since, wanted.until)
    )
    if any(scope_of(absence).meets(wanted.scope) for absence in session.scalars(others)):
        return [("deputy", Problem("other_deputy"))]
    return []
