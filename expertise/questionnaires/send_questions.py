"""Send questionnaires: one letter per person about all checks that are due, at most one in thirty days.

So that nothing waits for a letter that may not be sent yet, a letter also asks about the checks that begin within
the thirty days in which it is the only one; answering early takes the same steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from expertise.base.database import insert_into, table_of
from expertise.cases.notify import notify
from expertise.cases.queries import CASES, READ
from expertise.cases.services import Services
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.people.access import Recipient
from expertise.questionnaires import text
from expertise.questionnaires.catalogue import questionnaire_of
from expertise.questionnaires.model import SentQuestionnaire
from expertise.questionnaires.record_answers import known_answers_of
from expertise.questionnaires.text import DueCheck

LETTER = "questionnaire"
#: At most one letter with questions in this time.
APART = timedelta(days=30)
#: After this nobody is asked any more by the same letter.
LIVES = timedelta(days=14)

_SENT = table_of(SentQuestionnaire)


def ask(session: Session, services: Services, now: datetime) -> int:
    """Queue the letters that are due; returns how many. Two workers at once queue each letter once."""
    items = _due(session, now)
    late = {item.case.organisation_id for item in items if item.case.state == item.wave}
    queued = 0
    for organisation in sorted(late):
        own = [item for item in items if item.case.organisation_id == organisation]
        for person in notify.recipients_of(session, services, own[0].case, ["requester"], now):
            queued += _ask(session, services, person, own, now)
    return queued


def _due(session: Session, now: datetime) -> list[DueCheck]:
    """The checks that have begun or will within the time between two letters, still without their answers."""
    found = []
    for questionnaire in filter(None, map(questionnaire_of, _workflows(session))):
        soon = (CASES.c.state.in_(questionnaire.waves.values()), CASES.c.due_at < now + APART)
        rows = session.execute(
            select(*READ)
            .where(
                CASES.c.workflow == questionnaire.workflow,
                CASES.c.final.is_(None),
                CASES.c.organisation_id.is_not(None),
                or_(CASES.c.state.in_(questionnaire.waves), soon[0] & soon[1]),
            )
            .order_by(CASES.c.id)
        )
        found += [DueCheck(row, questionnaire.wave_of(row.state) or "", questionnaire) for row in rows]
    given = known_answers_of(session, [item.case.id for item in found]) if found else {}
    return [item for item in found if item.asked.missing(given.get((item.case.id, item.wave), {}))]


def _workflows(session: Session) -> Sequence[str]:
    return session.scalars(select(CASES.c.workflow).where(CASES.c.final.is_(None)).distinct()).all()


def _ask(session: Session, services: Services, person: Recipient, items: Iterable[DueCheck], now: datetime) -> bool:
    latest = session.scalar(select(func.max(_SENT.c.at)).where(_SENT.c.person_id == person.person_id))
    if latest is not None and now - latest < APART:
        return False
    earlier = session.scalars(select(_SENT.c.asked).where(_SENT.c.person_id == person.person_id))
    asked = {tuple(pair) for pairs in earlier for pair in pairs}
    fresh = [item for item in items if (item.case.reference, item.wave) not in asked]
    fresh.sort(key=lambda item: item.case.state != item.wave)  # what is due now comes first
    if not fresh or fresh[0].case.state != fresh[0].wave:
        return False
    return _send(session, services, person, fresh, now)


def _send(session: Session, services: Services, person: Recipient, items: Sequence[DueCheck], now: datetime) -> bool:
    key = f"{LETTER}:{person.person_id}:{services.calendar.local_day(now).isoformat()}"
    row: dict[str, Any] = {
        "letter": key,
        "person_id": person.person_id,
        "asked": [[item.case.reference, item.wave] for item in items],
        "at": now,
    }
    mine = insert_into(session, _SENT).values(row).on_conflict_do_nothing().returning(_SENT.c.id)
    if session.execute(mine).first() is None:
        return False  # another worker was faster
    first = items[0].case
    definition = services.definitions.pinned(first.digest)
    subject = notify.subject(definition, dict(first._mapping))  # noqa: SLF001 a row's public mapping
    context = notify.context_of(session, services, subject) | text.context_of(services, items)
    queue(session, [NewLetter(key, LETTER, person.person_id, first.id, None, context, now, now + LIVES)], now)
    return True
