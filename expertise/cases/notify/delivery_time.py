"""When a letter leaves: by its kind, its reader's preferences and the hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from expertise.base.letter_kinds import AT_ANY_HOUR, LetterKind
from expertise.cases.services import Services
from expertise.people.manage.notification_preferences import Choice, Preferences
from expertise.reminders import office_hours

NOT_WANTED = "not wanted"


@dataclass(frozen=True, slots=True)
class Terms:
    """How a letter goes into the outbox."""

    state: str
    not_before: datetime
    answer: str | None = None


def terms(
    session: Session,
    services: Services,
    kind: LetterKind,
    wishes: Preferences,
    now: datetime,
    *,
    pressing: bool = False,
    belated: bool = False,
) -> Terms:
    """At once, in office hours, in the next digest, or not at all.

    `pressing` breaks into the day of who wants a digest; `belated` is what an outage kept back: it comes in one
    digest, not as a storm.
    """
    choice = wishes.of(kind)
    if choice is Choice.OFF:
        return Terms("cancelled", now, NOT_WANTED)
    if kind in AT_ANY_HOUR:
        return Terms("queued", now)
    gather = wishes.has_digest if belated else choice is Choice.DIGEST and not pressing
    return Terms("gathered" if gather else "queued", opening(session, services, wishes, now))


def opening(session: Session, services: Services, wishes: Preferences, now: datetime) -> datetime:
    """The next moment at which letters may come to this person."""
    return (
        now if services.any_hour else office_hours.opening(services.calendars.of(session, wishes.organisation_id), now)
    )
