"""The daily digest: who is to get one now, and making it, once per person and day however many workers run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from expertise.base.database import changed, insert_into, table_of
from expertise.base.letter_kinds import LetterKind
from expertise.cases.notify import recheck
from expertise.cases.services import Services
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.people.access import Actor, load_actor
from expertise.people.deputies import grant_in_force
from expertise.people.manage import notification_preferences
from expertise.people.manage.notification_preferences import Choice
from expertise.people.model import Grant, Person, Preference
from expertise.people.scope import EVERYWHERE, STAFF
from expertise.reminders import office_hours
from expertise.reminders.model import Digest
from expertise.reports.digest_content import content, summary

#: A digest that could not leave for this long gives way to a newer one.
LIVES = timedelta(days=3)
_ROW = OutgoingLetter


def due(session: Session, services: Services, now: datetime) -> list[int]:
    """People who want a digest and have none of today; nobody before its time, at night, or on a free day."""
    if not services.any_hour and not office_hours.digest_hour(services.calendar, now):
        return []
    today = services.calendar.local_day(now)
    team = select(Grant.person_id).where(Grant.role.in_(STAFF | EVERYWHERE), grant_in_force(today))
    asked = select(Preference.person_id).where(Preference.kind == LetterKind.DIGEST, Preference.choice == Choice.DIGEST)
    made = select(Digest.person_id).where(Digest.day == today)
    candidates = session.scalars(
        select(Person.id)
        .where(Person.active, or_(Person.id.in_(team), Person.id.in_(asked)), Person.id.not_in(made))
        .order_by(Person.id)
    ).all()
    wishes = notification_preferences.of(session, candidates) if candidates else {}
    return [
        person
        for person in candidates
        if wishes[person].has_digest and _time_for(session, services, wishes[person].organisation_id, now)
    ]


def make(session: Session, services: Services, person_id: int, now: datetime) -> int | None:
    """Make the digest of today and queue its letter; returns its lines, None when another worker makes it.

    It holds the news that waited for it, and again the news of an earlier digest that has not left.
    """
    today = services.calendar.local_day(now)
    actor = load_actor(session, person_id, today)
    if actor is None or not _first(session, person_id, today, now):
        return None
    _take_back(session, person_id)
    gathered = _still_right(session, services, person_id, now)
    calendar = services.calendars.of(session, actor.organisation_id)
    found = content(session, services, actor, calendar, gathered, _previous(session, actor, now), now)
    key = f"digest:{person_id}:{today.isoformat()}"
    _tell(session, gathered, key)
    if found.cases:
        context: dict[str, Any] = {
            "lines": found.lines,
            "cases": found.cases,
            "versions": found.versions,
            "summary": summary(found.counts),
            "day": f"{today:%d.%m.%Y}",
            "link": f"{services.url}/",
            "preferences": f"{services.url}/account/letters",
        }
        wanted = NewLetter(key, "digest", person_id, None, None, context, now, now + LIVES)
        queue(session, [wanted], now)
        mine = update(Digest).where(Digest.person_id == person_id, Digest.day == today)
        changed(session, mine.values(lines=len(found.cases)))
    return len(found.cases)


def _time_for(session: Session, services: Services, organisation_id: int | None, now: datetime) -> bool:
    return services.any_hour or office_hours.digest_due(services.calendars.of(session, organisation_id), now)


def _first(session: Session, person_id: int, today: Any, now: datetime) -> bool:
    """The row of this day is the claim."""
    row = {"person_id": person_id, "day": today, "made_at": now, "lines": 0}
    fresh = insert_into(session, table_of(Digest)).values(row).on_conflict_do_nothing()
    return session.execute(fresh.returning(table_of(Digest).c.person_id)).first() is not None


def _previous(session: Session, actor: Actor, now: datetime) -> datetime:
    """When this person was last told everything; a day ago for who never was."""
    earlier = select(func.max(Digest.made_at)).where(Digest.person_id == actor.person_id, Digest.made_at < now)
    return session.execute(earlier).scalar() or now - timedelta(days=1)


def _take_back(session: Session, person_id: int) -> None:
    """Digests that nobody has carried yet: one letter says it all."""
    waiting = select(_ROW.dedupe_key).where(
        _ROW.recipient_id == person_id, _ROW.letter == "digest", _ROW.state == "queued"
    )
    keys = session.scalars(waiting).all()
    if keys:
        changed(session, update(_ROW).where(_ROW.dedupe_key.in_(keys)).values(state="cancelled", answer="said anew"))
        told = (_ROW.recipient_id == person_id, _ROW.state == "told", _ROW.answer.in_(keys))
        changed(session, update(_ROW).where(*told).values(state="gathered", answer=None))


def _still_right(session: Session, services: Services, person_id: int, now: datetime) -> Sequence[OutgoingLetter]:
    """The letters that wait for this digest, without those that have expired."""
    waiting = select(_ROW).where(_ROW.recipient_id == person_id, _ROW.state == "gathered").order_by(_ROW.id)
    letters = session.scalars(waiting.with_for_update()).all()
    news = dict(recheck.look(services, session, letters, now))
    for letter in letters:
        if letter.expires_at <= now:
            news[letter.id] = {"state": "cancelled", "answer": "expired"}
        for name, value in news.get(letter.id, {}).items():
            setattr(letter, name, value)
    session.flush()
    return [letter for letter in letters if letter.state == "gathered"]


def _tell(session: Session, letters: Sequence[OutgoingLetter], key: str) -> None:
    for letter in letters:
        letter.state, letter.answer = "told", key
    session.flush()
