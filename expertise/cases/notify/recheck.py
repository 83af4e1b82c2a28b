"""A last look at letters that are about to leave: whether they still hold; called by the carrier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.base.letter_kinds import AT_ANY_HOUR, LetterKind
from expertise.cases.notify import notifications
from expertise.cases.notify.delivery_time import NOT_WANTED, opening, terms
from expertise.cases.notify.join_letters import join
from expertise.cases.notify.notify import people_in, reminded
from expertise.cases.queries import CASES, READ, CaseRow
from expertise.cases.services import Services
from expertise.mail.letters.templates import available, kind_of
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.people.manage import notification_preferences
from expertise.people.manage.notification_preferences import Choice, Preferences

NOT_THEIRS = "no longer theirs"

#: Told to who was a party when it happened, even if that is over: an expert hears of having been released.
_ONCE_A_PARTY = AT_ANY_HOUR | {LetterKind.OBLIGATORY, LetterKind.DIGEST}


def look(
    services: Services, session: Session, letters: Sequence[OutgoingLetter], now: datetime
) -> Mapping[int, Mapping[str, Any]]:
    """Look at what has changed since; returns number → new columns of those letters that must not leave now.

    A reminder whose reader no longer has the role goes to those who have it now. State and visit are looked at
    where letters are claimed.
    """
    if not letters:
        return {}
    ids = {letter.case_id for letter in letters if letter.case_id is not None}
    cases = {row.id: row for row in session.execute(select(*READ).where(CASES.c.id.in_(ids)))}
    wishes = notification_preferences.of(session, {letter.recipient_id for letter in letters})
    readers: dict[tuple[int, str, bool], frozenset[int]] = {}
    verdicts: dict[int, Mapping[str, Any]] = {}
    known = available()  # of any other the carrier says that nobody wrote it
    for letter in (letter for letter in letters if letter.letter in known):
        case = cases.get(letter.case_id or 0)
        theirs = _readers(session, services, letter, case, readers, now)
        if theirs is not None and letter.recipient_id not in theirs:
            verdicts[letter.id] = {"state": "cancelled", "answer": NOT_THEIRS}
            _hand_on(session, services, letter, theirs, now)
        else:
            verdicts[letter.id] = _as_wished(session, services, letter, wishes[letter.recipient_id], now)
    verdicts |= join(session, services, [letter for letter in letters if verdicts.get(letter.id) == {}], now)
    return {number: columns for number, columns in verdicts.items() if columns}


def _readers(
    session: Session,
    services: Services,
    letter: OutgoingLetter,
    case: CaseRow | None,
    known: dict[tuple[int, str, bool], frozenset[int]],
    now: datetime,
) -> frozenset[int] | None:
    """For whom such a letter is now; None where nobody asks."""
    if case is None or letter.role is None or kind_of(letter.letter) in _ONCE_A_PARTY:
        return None
    asked = (case.id, letter.role, letter.visit is not None)
    if asked not in known:
        find = people_in if letter.visit is None else reminded
        known[asked] = find(session, services, case, letter.role, now)
    return known[asked]


def _as_wished(
    session: Session, services: Services, letter: OutgoingLetter, wishes: Preferences, now: datetime
) -> Mapping[str, Any]:
    kind = kind_of(letter.letter)
    if wishes.of(kind) is Choice.OFF:
        return {"state": "cancelled", "answer": NOT_WANTED}
    later = now if kind in AT_ANY_HOUR else opening(session, services, wishes, now)
    return {"not_before": later} if later > now else {}


def _hand_on(
    session: Session, services: Services, letter: OutgoingLetter, readers: frozenset[int], now: datetime
) -> None:
    """The same reminder for those who have the role now; who had it already keeps that one."""
    if letter.visit is None:
        return
    occasion, kind = letter.dedupe_key.rpartition(":")[0], kind_of(letter.letter)
    wishes = notification_preferences.of(session, readers)
    wanted = []
    for person in sorted(readers):
        when = terms(session, services, kind, wishes[person], now)
        wanted.append(
            NewLetter(
                dedupe_key=f"{occasion}:{person}",
                letter=letter.letter,
                recipient_id=person,
                role=letter.role,
                case_id=letter.case_id,
                visit=letter.visit,
                context=letter.context,
                state=when.state,
                answer=when.answer,
                not_before=when.not_before,
                expires_at=letter.expires_at,
            )
        )
    queue(session, wanted, now)
    notifications.add(session, wanted, now)
