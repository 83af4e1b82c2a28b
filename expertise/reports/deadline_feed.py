"""The calendar feed of a person's deadlines: its secret address, and what it answers.

A calendar program has no session. The address alone speaks for the person, for reading their own deadlines and nothing
else; it is shown once, stored as SHA-256, and ended by its person, or by making another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from expertise.base.database import changed
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.reach import BY_DEADLINE, listed, waiting
from expertise.mail.outbound import ics
from expertise.mail.outbound.ics import CalendarDeadline
from expertise.people import history
from expertise.people.access import Actor
from expertise.people.auth import rate_limits
from expertise.people.auth.api_tokens import new_token, well_formed
from expertise.people.auth.rate_limits import Limit, SignInRefused
from expertise.people.auth.sessions import digest
from expertise.people.model import CalendarFeed, Person
from expertise.reports.worklists import SHOWN

#: Requests for one feed, and for ended addresses from one network, in fifteen minutes.
PER_FEED, PER_NETWORK = 30, 30
#: Deadlines that a feed holds; those that passed longer ago are left out.
MOST, PAST = 500, timedelta(days=90)


@dataclass(frozen=True, slots=True)
class FeedAddress:
    """The parts of the feed besides cases: the public address of Komek and the sender of its letters."""

    url: str
    sender: str


def make(session: Session, person_id: int, now: datetime) -> str:
    """Make the feed of a person anew and return its token; the address that was there before ends."""
    end(session, person_id, noted=False)
    token = new_token()
    session.add(CalendarFeed(person_id=person_id, digest=digest(token), created_at=now))
    session.flush()
    history.note(session, person_id, "feed:make")
    return token


def end(session: Session, person_id: int, *, noted: bool = True) -> bool:
    """End the feed of a person; False when there is none."""
    ended = bool(changed(session, delete(CalendarFeed).where(CalendarFeed.person_id == person_id)))
    if ended and noted:
        history.note(session, person_id, "feed:end")
    return ended


def made_at(session: Session, person_id: int) -> datetime | None:
    """The moment at which the feed of a person was made; None when there is none."""
    return session.scalar(select(CalendarFeed.created_at).where(CalendarFeed.person_id == person_id))


def owner(session: Session, token: str, network: str, now: datetime) -> int | SignInRefused | None:
    """The active person of a feed; None for an unknown address. Each request is counted, and refused past a limit.

    A text without the checksum of a token is not counted: nobody finds 256 random bits by guessing.
    """
    if not well_formed(token):
        return None
    mine = select(CalendarFeed.person_id).join(Person, Person.id == CalendarFeed.person_id)
    found = session.scalar(mine.where(CalendarFeed.digest == digest(token), Person.active))
    if found is None:
        limits = rate_limits.of_address("calendar feed", network, PER_NETWORK)
    else:
        limits = {rate_limits.subject("calendar feed", str(found)): (Limit(PER_FEED),)}
    return rate_limits.count_guess(session, limits, now) or found


def due(session: Session, actor: Actor, now: datetime) -> Sequence[CaseRow]:
    """The open cases on the desk of the person that have a deadline, the first due first."""
    there = (CASES.c.final.is_(None), CASES.c.due_at > now - PAST)
    return session.execute(listed((*SHOWN, CASES.c.visit), waiting(actor), BY_DEADLINE, MOST, *there)).all()


def write(cases: Sequence[CaseRow], address: FeedAddress, language: str, name: str) -> bytes:
    """Return the calendar (RFC 5545). An event has the UID of the letter about the same deadline, and its version."""
    calendar = ics.new_calendar()
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", timedelta(hours=4), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", timedelta(hours=4))
    for case in cases:
        context = {
            "case_version": case.version,
            "case_reference": case.reference,
            "case_title": case.title or "",
            "link": f"{address.url}/cases/{case.reference}",
        }
        deadline = CalendarDeadline(case.visit, case.due_at.astimezone(UTC).isoformat())
        stamp = case.changed_at  # not the moment of the request: an unchanged case gives the same bytes
        calendar.add_component(ics.event(deadline, ics.PUBLISH, case.id, context, address.sender, language, stamp))
    return calendar.to_ical()
