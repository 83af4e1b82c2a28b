"""The hand-over of an absent person to the deputy: the cases on the desk, with notes written for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.cases.model import HandOverNote
from expertise.people.absences import scope_of
from expertise.people.access import Actor, HeldGrant, load_actor
from expertise.people.model import Absence
from expertise.people.scope import STAFF, Scope

LONGEST = 1000  # characters of a note

_NOTES = table_of(HandOverNote)


def absent_as(session: Session, absence: Absence, today: date) -> Actor | None:
    """The absent person with those own roles of the team that the absence is about: whose desk is handed over."""
    person = load_actor(session, absence.person_id, today)
    if person is None:
        return None
    about = scope_of(absence)
    met = [
        about.meets(Scope(grant.role, grant.region, grant.workflow))
        for grant in person.grants
        if grant.role in STAFF and grant.absent is None
    ]
    grants = tuple(HeldGrant(each.role or "", each.region, each.workflow) for each in met if each is not None)
    return replace(person, grants=grants)


def notes(session: Session, absence_id: int) -> Mapping[int, str]:
    """Id of a case → what the absent person wrote about it."""
    found = session.execute(select(_NOTES.c.case_id, _NOTES.c.text).where(_NOTES.c.absence_id == absence_id))
    return {row.case_id: row.text for row in found}


def write_notes(session: Session, absence_id: int, texts: Mapping[int, str]) -> None:
    """Put these notes in the place of what stood there; an empty one is none. They change no case."""
    session.execute(delete(_NOTES).where(_NOTES.c.absence_id == absence_id, _NOTES.c.case_id.in_(texts)))
    rows = [{"absence_id": absence_id, "case_id": case, "text": text} for case, text in texts.items() if text]
    if rows:
        session.execute(insert(_NOTES), rows)
