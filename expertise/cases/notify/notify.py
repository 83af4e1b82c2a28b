"""Turns "tell these roles with these letters" into rows of the outbox, one statement for all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.cases.notify.delivery_time import terms
from expertise.cases.queries import CaseRow
from expertise.cases.services import Services, Unit
from expertise.mail.letters.templates import kind_of
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.people.absences import on
from expertise.people.access import Recipient, recipients
from expertise.people.manage import notification_preferences
from expertise.people.model import Absence
from expertise.people.reach import Party
from workflows.deadlines import working_days_left
from workflows.definition import Definition, Text
from workflows.roles import ROLE_LABELS

#: A letter about a step that could not leave for this long says nothing any more.
STEP_LETTER_LIVES = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a letter is about: the case as it is after the event."""

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
    state: Text
    owner: str | None  # the role that must act next
    due_at: datetime | None


def subject(definition: Definition, row: Mapping[str, Any]) -> Subject:
    """A case as letters speak of it, from the columns of its row."""
    state = definition.states[row["state"]]
    return Subject(
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
        state=state.label,
        owner=state.owner,
        due_at=row["due_at"],
    )


def told(
    session: Session, services: Services, subject: Subject | CaseRow, roles: Sequence[str], now: datetime
) -> list[Recipient]:
    """Everybody who has one of the roles there, deputies included: one statement for all roles."""
    return recipients(session, roles, subject, services.calendar.local_day(now))


@dataclass(frozen=True, slots=True)
class DueRung:
    """A reminder or an escalation: its name, until when it says something, and whether an outage kept it back."""

    name: str
    until: datetime
    belated: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """What is to be written to whom about one event: role → name of the letter.

    `only` narrows the roles to these people (ids). A reminder has its `rung`: its letter is dropped once the case has
    left the state. `acted` says who took the step in whose place, as `Change.acted`.
    """

    letters: Mapping[str, str]
    step: Text | None = None
    comment: str = ""
    person: str = ""
    rung: DueRung | None = None
    only: Collection[int] | None = None
    actor_role: str | None = None
    acted: Mapping[str, str] | None = None


def notify(unit: Unit, subject: Subject, notice: Notice) -> None:
    """Queue the letters of the notice, each as its reader wants letters.

    A person who holds two of the roles gets one letter, that of the first role. A deputy is told in whose place the
    letter is read.
    """
    session, services, now = unit.session, unit.services, unit.now
    order = {role: place for place, role in enumerate(notice.letters)}
    people = sorted(told(session, services, subject, list(notice.letters), now), key=lambda found: order[found.role])
    people = [found for found in people if notice.only is None or found.person_id in notice.only]
    if not people:
        return
    context = context_of(session, services, subject) | {
        "step": dict(notice.step) if notice.step is not None else "",
        "actor_role": dict(ROLE_LABELS[notice.actor_role]) if notice.actor_role is not None else "",
        "comment": notice.comment,
        "person_name": notice.person,
        **({"acted": notice.acted} if notice.acted is not None else {}),
    }
    wishes = notification_preferences.of(session, {reader.person_id for reader in people})
    rung = notice.rung
    occasion = f"{subject.visit}:{rung.name}" if rung else str(subject.sequence)
    pressing = rung is not None and _pressing(session, services, subject, now)
    wanted: dict[int, NewLetter] = {}
    for reader in people:
        if reader.person_id in wanted:
            continue
        letter, wish = notice.letters[reader.role], wishes[reader.person_id]
        belated = rung is not None and rung.belated
        when = terms(session, services, kind_of(letter), wish, now, pressing=pressing, belated=belated)
        wanted[reader.person_id] = NewLetter(
            dedupe_key=f"case:{subject.case_id}:{occasion}:{reader.person_id}",
            letter=letter,
            recipient_id=reader.person_id,
            role=reader.role,
            case_id=subject.case_id,
            visit=subject.visit if rung else None,
            context={**context, "reads": {"who": reader.name, "absent": reader.absent}} if reader.absent else context,
            state=when.state,
            answer=when.answer,
            not_before=when.not_before,
            expires_at=rung.until if rung else now + STEP_LETTER_LIVES,
        )
    queue(session, list(wanted.values()), now)


def _pressing(session: Session, services: Services, subject: Subject, now: datetime) -> bool:
    """At most one working day is left."""
    calendar = services.calendars.of(session, subject.organisation_id)
    return subject.due_at is not None and working_days_left(calendar, subject.due_at, now) <= 1


def context_of(session: Session, services: Services, subject: Subject) -> dict[str, Any]:
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


def holding(session: Session, services: Services, case: CaseRow, role: str, now: datetime) -> frozenset[int]:
    """Everybody who has the role in this case today, deputies included."""
    found = told(session, services, case, [role], now)
    return frozenset(person.person_id for person in found)


def reminded(session: Session, services: Services, case: CaseRow, role: str, now: datetime) -> frozenset[int]:
    """Of these, who has the case in hand on the desk where it lies, with their deputies; all, when nobody has it."""
    people = holding(session, services, case, role, now)
    hands = {number for number in (case.assignee_id, case.delegate_id) if number is not None}
    if role != case.owner_role or not hands & people:
        return people
    today = services.calendar.local_day(now)
    deputies = session.scalars(select(Absence.deputy_id).where(Absence.person_id.in_(hands), *on(today)))
    return people & (hands | set(deputies))
