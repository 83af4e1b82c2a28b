"""The deadline of a case as a calendar file, published and later cancelled (RFC 5546)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from icalendar import Calendar, Event, vCalAddress

from expertise.base.letter_kinds import LetterKind
from expertise.mail.letters.templates import is_for
from expertise.text.catalogues import N_
from expertise.text.translator import TRANSLATORS

PUBLISH, CANCEL = "PUBLISH", "CANCEL"
#: Kinds of letters about a deadline of the recipient.
WITH_DEADLINE = frozenset({LetterKind.TASK, LetterKind.REMINDER})
DEADLINE = N_("deadline")


@dataclass(frozen=True, slots=True)
class CalendarDeadline:
    """The deadline of visit `stay` of a state. `due` is an ISO moment."""

    stay: int
    due: str


def deadline_of(letter: str, context: Mapping[str, Any]) -> CalendarDeadline | None:
    """Return the deadline that a letter puts into its recipient's calendar; None if it has none."""
    stay, due = context.get("case_visit"), context.get("due")
    return CalendarDeadline(stay, due) if stay and due and is_for(letter, WITH_DEADLINE) else None


def new_calendar() -> Calendar:
    """Return a calendar of Komek without events (RFC 5545)."""
    calendar = Calendar()
    calendar.add("prodid", "-//Komek//")
    calendar.add("version", "2.0")
    return calendar


def write(found: Event, method: str) -> bytes:
    """Return a calendar that publishes or cancels one event."""
    calendar = new_calendar()
    calendar.add("method", method)
    calendar.add_component(found)
    return calendar.to_ical()


def event(
    deadline: CalendarDeadline,
    method: str,
    case_id: int,
    context: Mapping[str, Any],
    sender: str,
    language: str,
    now: datetime,
) -> Event:
    """Return the event of a deadline. Its UID stays for the visit, so a later version replaces an earlier one."""
    found = Event()
    found.add("uid", f"case-{case_id}-{deadline.stay}@{sender.rpartition('@')[2]}")
    found.add("sequence", context["case_version"])
    found.add("dtstamp", now)
    found.add("dtstart", datetime.fromisoformat(deadline.due).astimezone(UTC))
    found.add("summary", f"{context['case_reference']}: {TRANSLATORS[language].gettext(DEADLINE)}")
    found.add("description", f"{context['case_title']}\n{context['link']}")
    found.add("url", context["link"])
    found.add("transp", "TRANSPARENT")
    found.add("status", "CONFIRMED" if method == PUBLISH else "CANCELLED")
    found["organizer"] = vCalAddress(f"mailto:{sender}")
    return found
