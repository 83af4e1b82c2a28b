"""Letters about deadlines that a change of the calendar moved: one for each who must act, for all of their cases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from expertise.calendars import change_progress
from expertise.calendars.model import CalendarChange, CalendarMove
from expertise.cases.notify import notify
from expertise.cases.queries import CASES
from expertise.cases.services import Services
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.text.translator import moment

LETTER = "deadlines_moved"
#: People written to in one transaction.
PEOPLE = 20
#: Cases that one letter lists; the others are counted.
LISTED = 50


def write(session: Session, services: Services, change: CalendarChange, now: datetime) -> None:
    """Queue the letters of some readers; without any left, the change is done."""
    people = change_progress.people_to_notify(session, change, PEOPLE)
    if not people:
        change.state, change.done_at = "done", now
        return
    rows = session.execute(
        select(CalendarMove.person_id, CalendarMove.was, CalendarMove.due, CASES.c.reference, CASES.c.title)
        .join(CASES, CASES.c.id == CalendarMove.case_id)
        .where(CalendarMove.change_id == change.id, CalendarMove.person_id.in_(people))
        .order_by(CalendarMove.due, CASES.c.id)
    ).all()
    wanted = []
    for person_id in people:
        own = [row for row in rows if row.person_id == person_id]
        wanted.append(
            NewLetter(
                dedupe_key=f"calendar:{change.id}:{person_id}",
                letter=LETTER,
                recipient_id=person_id,
                case_id=None,
                visit=None,
                context={
                    "cases": [row.reference for row in own[:LISTED]],
                    "moves": "\n".join(map(_line, own[:LISTED])) + (f"\n… +{len(own) - LISTED}" * (len(own) > LISTED)),
                    "comment": change.source,
                    "link": f"{services.url}/",
                },
                not_before=now,
                expires_at=now + notify.STEP_LETTER_LIVES,
            )
        )
    queue(session, wanted, now)
    change_progress.mark_notified(session, change, people)


def _line(row: Row[Any]) -> str:
    title = f" · {row.title}" if row.title else ""
    return f"{row.reference}{title}: {moment(row.was)} → {moment(row.due)}"
