"""Claims on letters: a sender claims letters under a lease and records each attempt before it opens a socket.

Up to the server's "250" a letter is sent at least once, and by one sender at a time. Nothing here opens a
socket. The caller gives `now`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    String,
    and_,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from expertise.base.database import changed
from expertise.mail.claimed_letter import ClaimedLetter
from expertise.mail.foreign_tables import ADDRESS, CASES, PEOPLE
from expertise.mail.model import MailAddress, OutgoingLetter
from expertise.mail.outbound import letter_log

#: Time for one attempt before another sender may claim the letter: longer than three time-outs of a mail server.
LEASE = timedelta(minutes=5)
BATCH = 50


_ROW = OutgoingLetter


#: Function (session, letters, now) → id → new columns of letters that must not leave now.
Recheck = Callable[[Session, Sequence[OutgoingLetter], datetime], Mapping[int, Mapping[str, Any]]]


def claim(
    session: Session, now: datetime, limit: int = BATCH, *, only_released: bool = False, recheck: Recheck | None = None
) -> list[ClaimedLetter]:
    """Claim up to `limit` letters that are due, oldest first, and return them. Letters no longer right are dropped.

    PostgreSQL skips rows that another sender is claiming; on SQLite the session must hold the write lock. The
    letter of a sender that died is due again after its lease. `only_released`: claim only letters that a person
    has released, and hold the others. `recheck` decides what depends on other rooms: roles, preferences, the hour.
    """
    if only_released:
        _put_aside(session)
    due = session.execute(
        select(_ROW, ADDRESS.label("email"), PEOPLE.c.language, PEOPLE.c.active, CASES.c.visit, MailAddress)
        .join(PEOPLE, PEOPLE.c.id == _ROW.recipient_id)
        .outerjoin(CASES, CASES.c.id == _ROW.case_id)
        .outerjoin(
            MailAddress, and_(MailAddress.address == func.lower(ADDRESS), MailAddress.suppressed_at.is_not(None))
        )
        .where(_due(now), *([_ROW.released_at.is_not(None)] if only_released else []))
        .order_by(_ROW.not_before, _ROW.id)
        .limit(limit)
        .with_for_update(of=_ROW, skip_locked=True)
    ).all()
    due = [found for found in due if not _dropped(found, now)]
    held_back = recheck(session, [found.OutgoingLetter for found in due], now) if recheck is not None and due else {}
    for found in due:
        _delay(found.OutgoingLetter, held_back.get(found.OutgoingLetter.id, {}))
    claimed = [_claimed(found, now) for found in due if found.OutgoingLetter.id not in held_back]
    session.flush()
    return claimed


def begin(session: Session, letter: ClaimedLetter, now: datetime) -> ClaimedLetter | None:
    """Record the attempt and renew the lease; return the letter with its new lease and number.

    Return None if the lease has expired and another sender has the letter; then it must not be sent.
    """
    renewed = update(_ROW).where(_ROW.id == letter.id, *_is_mine(letter))
    renewed = renewed.values(attempts=_ROW.attempts + 1, lease_until=now + LEASE).returning(_ROW.attempts)
    number = session.scalar(renewed.execution_options(synchronize_session=False))
    if number is None:
        return None
    begun = replace(letter, number=number, lease_until=now + LEASE)
    letter_log.begun(session, begun.id, number, begun.email, now)
    return begun


def give_back(session: Session, letter: ClaimedLetter) -> bool:
    """Give up the claim without an attempt, so that others may claim the letter. Return False if the claim was lost."""
    back = update(_ROW).where(_ROW.id == letter.id, *_is_mine(letter)).values(state="queued", lease_until=None)
    unsure = back.where(_ROW.sent_at.is_not(None)).values(state="uncertain", lease_until=letter.lease_until - LEASE)
    return any(changed(session, change) for change in (unsure, back))


def _is_mine(letter: ClaimedLetter) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _ROW.state == "sending", _ROW.lease_until == letter.lease_until


def _put_aside(session: Session) -> None:
    waiting = update(_ROW).where(_ROW.state == _literal("queued"), _ROW.released_at.is_(None))
    changed(session, waiting.values(state="held"))


def _due(now: datetime) -> ColumnElement[bool]:
    """Literals instead of parameters: PostgreSQL uses a partial index only where it can prove its condition."""
    waiting = and_(_ROW.state.in_((_literal("queued"), _literal("sending"))), _ROW.not_before <= now)
    return or_(
        and_(waiting, or_(_ROW.state == _literal("queued"), _ROW.lease_until <= now)),
        and_(_ROW.state == _literal("uncertain"), _ROW.lease_until <= now),
    )


def _literal(state: str) -> ColumnElement[str]:
    return literal_column(f"'{state}'", String)


def _dropped(found: Row[Any], now: datetime) -> bool:
    """Drop a letter that is too late, no longer right or addressed to a suppressed address; return whether it was."""
    row, address = found.OutgoingLetter, found.MailAddress
    right = found.active and row.visit in (None, found.visit)
    if right and row.expires_at > now and address is None:
        return False
    if _may_have_left(row):
        row.state = "uncertain"  # it may be at the server: say so rather than "never sent"
    elif right and row.expires_at > now:
        row.state, row.answer = "suppressed", address.answer
    else:
        row.state = "failed" if right and row.visit is None else "cancelled"
    row.answer = row.answer or ("expired" if right else "no longer right")
    row.lease_until = None
    return True


def _delay(row: OutgoingLetter, columns: Mapping[str, Any]) -> None:
    """Apply the columns that `recheck` gave. A letter that may have left is never called cancelled."""
    for name, value in columns.items():
        setattr(row, name, "uncertain" if name == "state" and _may_have_left(row) else value)
    if "state" in columns:
        row.lease_until = None
    elif row.state == "uncertain":
        row.lease_until = row.not_before


def _may_have_left(row: OutgoingLetter) -> bool:
    return row.sent_at is not None or (row.state == "sending" and row.attempts > 0)


def _claimed(found: Row[Any], now: datetime) -> ClaimedLetter:
    row = found.OutgoingLetter
    row.state, row.lease_until = "sending", now + LEASE
    return ClaimedLetter(
        id=row.id,
        message_id=row.message_id,
        letter=row.letter,
        context=row.context,
        case_id=row.case_id,
        recipient_id=row.recipient_id,
        email=found.email,
        language=found.language,
        lease_until=row.lease_until,
    )
