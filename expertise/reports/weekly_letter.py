"""The weekly letter to managers: what became of the recommendations in their regions, check by check."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from textwrap import shorten
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.cases.services import Services
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.people.access import load_actor
from expertise.people.deputies import holding
from expertise.people.manage import notification_preferences
from expertise.people.model import Person
from expertise.reports import follow_up_text
from expertise.reports.follow_up import RecommendationChecks, matrix
from expertise.text.translator import Translator, in_every_language

LETTER = "follow_up_overview"
#: On the first working day of a week, from this hour on.
FROM = time(8, 30)
LIVES = timedelta(days=5)
RECENT = timedelta(days=7)
MOST = 60  # lines of a letter; the page has them all


def tell(session: Session, services: Services, now: datetime) -> int:
    """Queue this week's letters that are not there yet; returns how many."""
    today = services.calendar.local_day(now)
    if not services.calendar.is_working(today) or now < services.calendar.at(today, FROM):
        return 0
    managers = _without_letter(session, today)
    wishes = notification_preferences.of(session, managers) if managers else {}
    wanted = []
    for person, key in managers.items():
        actor = load_actor(session, person, today)
        lines = matrix(session, services, actor, now, since=now - RECENT) if actor and wishes[person].has_digest else []
        if lines:
            wanted.append(NewLetter(key, LETTER, person, None, None, _context(services, lines), now, now + LIVES))
    queue(session, wanted, now)
    return len(wanted)


def _without_letter(session: Session, today: date) -> dict[int, str]:
    """The managers whose letter of this week is still to be written, each with the key it will have."""
    year, week, _day = today.isocalendar()
    people = session.scalars(select(Person.id).where(holding("manager", today)).order_by(Person.id))
    keys = {person: f"{LETTER}:{person}:{year}-{week}" for person in people}
    written = select(OutgoingLetter.dedupe_key).where(OutgoingLetter.dedupe_key.in_(keys.values()))
    there = set(session.scalars(written))
    return {person: key for person, key in keys.items() if key not in there}


def _context(services: Services, lines: Sequence[RecommendationChecks]) -> dict[str, Any]:
    """`cases`: line number n is cases[n-1], so that the letter can be answered line by line; `versions` likewise."""
    numbered = list(enumerate(lines[:MOST], 1))
    texts = in_every_language(
        lambda translator: "\n\n".join(_paragraph(number, line, translator) for number, line in numbered)
    )
    cases = [line.case.reference for _number, line in numbered]
    versions = [line.case.version for _number, line in numbered]
    return {"overview": texts, "cases": cases, "versions": versions, "link": f"{services.url}/follow-up"}


def _paragraph(number: int, line: RecommendationChecks, translator: Translator) -> str:
    what = shorten(str(line.case.fields.get("recommendation_text") or line.case.title or ""), 140, placeholder=" …")
    states = line.definition.states
    cells = [
        f"{translator.text(states[cell.wave].label)}: {follow_up_text.in_line(cell, translator)}" for cell in line.cells
    ]
    return "\n".join([f"{number}. {line.case.reference} · {what}", *cells])
