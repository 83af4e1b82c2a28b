"""Contents and recipients of letters about a case; the preview of a step asks the same functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.cases.queries import CaseRow
from expertise.cases.services import Services
from expertise.people.absences import on
from expertise.people.access import Recipient, recipients
from expertise.people.model import Absence
from expertise.people.reach import Party
from workflows.definition import Definition, Text

#: A letter about a step that could not leave for this long says nothing any more.
STEP_LETTER_LIVES = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class LetterSubject:
    """The case that a letter is about, as it is after the event."""

    case_id: int
    reference: str
    title: str
    visit: int
    version: int
    sequence: int
    organisation_id: int | None
    region: str | None
    parties: Sequence[Party]
    workflow: str
    state_key: str
    state: Text
    owner: str | None  # the role that must act next
    due_at: datetime | None


def subject(definition: Definition, row: Mapping[str, Any]) -> LetterSubject:
    """A case as letters speak of it, from the columns of its row."""
    state = definition.states[row["state"]]
    return LetterSubject(
        case_id=row["id"],
        reference=row["reference"],
        title=row.get("title") or "",
        visit=row["visit"],
        version=row["version"],
        sequence=row["sequence"],
        organisation_id=row.get("organisation_id"),
        region=row.get("region"),
        parties=row["parties"],
        workflow=definition.key,
        state_key=row["state"],
        state=state.label,
        owner=state.owner,
        due_at=row["due_at"],
    )


def recipients_of(
    session: Session, services: Services, subject: LetterSubject | CaseRow, roles: Sequence[str], now: datetime
) -> list[Recipient]:
    """Everybody who has one of the roles there, deputies included: one statement for all roles."""
    return recipients(session, roles, subject, services.calendar.local_day(now))


def context_of(session: Session, services: Services, subject: LetterSubject) -> dict[str, Any]:
    """The placeholders of letters about a case. Texts in three languages stay so until the reader is known."""
    return {
        "case_reference": subject.reference,
        "case_title": subject.title,
        "case_version": subject.version,
        "case_visit": subject.visit,
        "state": dict(subject.state),
        "due": subject.due_at.isoformat() if subject.due_at else "",
        "organisation": dict(services.names.organisation(session, subject.organisation_id)),
        "region": dict(services.names.region(session, subject.region)),
        "link": f"{services.url}/cases/{subject.reference}",
    }


def people_in(session: Session, services: Services, case: CaseRow, role: str, now: datetime) -> frozenset[int]:
    """Everybody who has the role in this case today, deputies included."""
    found = recipients_of(session, services, case, [role], now)
    return frozenset(person.person_id for person in found)


def reminded(session: Session, services: Services, case: CaseRow, role: str, now: datetime) -> frozenset[int]:
    """The ids of those who are reminded today: see `in_hand`."""
    return in_hand(session, services, case, role, people_in(session, services, case, role, now), now)


def in_hand(
    session: Session, services: Services, case: CaseRow, role: str, people: Iterable[int], now: datetime
) -> frozenset[int]:
    """Of these, who has the case in hand on the desk where it lies, with their deputies; all, when nobody has it."""
    meant = frozenset(people)
    assigned = {number for number in (case.assignee_id, case.delegate_id) if number is not None}
    if role != case.owner_role or not assigned & meant:
        return meant
    today = services.calendar.local_day(now)
    deputies = session.scalars(select(Absence.deputy_id).where(Absence.person_id.in_(assigned), *on(today)))
    return meant & (assigned | set(deputies))
