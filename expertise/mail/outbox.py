"""The outbox: letters are queued in the step's own transaction, and claimed by carriers under a lease.

A row is sent at least once up to the server's "250", and by one carrier at a time. Nothing here opens a
socket. `now` is always the caller's.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from sqlalchemy import (
    Boolean,
    ColumnElement,
    CursorResult,
    Integer,
    String,
    Table,
    Update,
    and_,
    case,
    column,
    literal,
    literal_column,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from expertise.mail.model import OutgoingLetter

#: How long a carrier may hold a letter without a word: longer than three time-outs of a mail server.
LEASE = timedelta(minutes=5)
#: Pauses after the first, second, … time that a letter was put off; afterwards the last one again.
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 360))
#: A letter whose fate is unknown is sent once more after this, under the same Message-ID.
SECOND_TRY = timedelta(minutes=30)
BATCH = 50
#: Letters with a link that opens an account.
SECRET = ("invitation", "password_reset")

# The rooms of this floor do not know each other (import-linter), and cases are a floor above; what a
# carrier must know of a person and of a case is four columns, read through these plain names.
_PEOPLE = table(
    "people", column("id", Integer), column("email", String), column("language", String), column("active", Boolean)
)
_CASES = table("cases", column("id", Integer), column("epoch", Integer))

_ROW = OutgoingLetter


@dataclass(frozen=True, slots=True)
class Wanted:
    """A letter to be queued. `epoch`: only while the case is in that stay; `context`: see `letters.render`."""

    dedupe_key: str
    letter: str
    recipient_id: int
    case_id: int | None
    epoch: int | None
    context: Mapping[str, Any]
    not_before: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter in a carrier's hands until `lease_until`."""

    id: int
    message_id: str
    letter: str
    context: Mapping[str, Any]
    case_id: int | None
    recipient_id: int
    email: str
    language: str
    lease_until: datetime


def queue(session: Session, rows: Sequence[Wanted], now: datetime) -> None:
    """Put letters into the outbox by one statement; a dedupe_key that is there already stays as it is."""
    if not rows:
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(cast("Table", _ROW.__table__)).on_conflict_do_nothing(index_elements=["dedupe_key"])
    session.execute(
        statement,
        [
            {
                "dedupe_key": row.dedupe_key,
                "message_id": _message_id(row.context),
                "case_id": row.case_id,
                "epoch": row.epoch,
                "recipient_id": row.recipient_id,
                "letter": row.letter,
                "context": dict(row.context),
                "not_before": row.not_before,
                "expires_at": row.expires_at,
                "created_at": now,
            }
            for row in rows
        ],
    )


def claim(session: Session, now: datetime, limit: int = BATCH) -> list[Claimed]:
    """Take up to `limit` letters that are due, oldest first; what is no longer right is dropped on the way.

    PostgreSQL skips rows that another carrier is taking at this moment; on SQLite the session must hold the
    write lock. A letter whose carrier died comes back when its lease is over.
    """
    due = session.execute(
        select(_ROW, _PEOPLE.c.email, _PEOPLE.c.language, _PEOPLE.c.active, _CASES.c.epoch)
        .join(_PEOPLE, _PEOPLE.c.id == _ROW.recipient_id)
        .outerjoin(_CASES, _CASES.c.id == _ROW.case_id)
        .where(_due(now))
        .order_by(_ROW.not_before, _ROW.id)
        .limit(limit)
        .with_for_update(of=_ROW, skip_locked=True)
    ).all()
    taken = [
        _take(row, email, language, now)
        for row, email, language, active, epoch in due
        if not _dropped(row, active and row.epoch in (None, epoch), now)
    ]
    session.flush()
    return taken


def begin(session: Session, letter: Claimed, now: datetime) -> bool:
    """Write the attempt down before the socket opens, and renew the lease.

    False: the lease ran out and another carrier has the letter, so this one must not send it.
    """
    mine = _ROW.lease_until == letter.lease_until
    change = _held(letter.id).where(mine).values(attempts=_ROW.attempts + 1, lease_until=now + LEASE)
    return _done(session, change)


def give_back(session: Session, letter: Claimed, now: datetime) -> None:
    """The carrier did not come to this letter; another may take it at once."""
    mine = _ROW.lease_until == letter.lease_until
    _done(session, _held(letter.id).where(mine).values(_waiting_until(now)))


def accepted(session: Session, letter_id: int, answer: str, now: datetime) -> None:
    """The server said 250: from here on it is the server's letter.

    What a letter said is kept, so that an answer to it is understood, unless it said a secret.
    """
    context = case((_ROW.letter.in_(SECRET), literal({}, _ROW.context.type)), else_=_ROW.context)
    sent = _held(letter_id).values(state="accepted", answer=answer, sent_at=now, lease_until=None, context=context)
    _done(session, sent)


def postponed(session: Session, letter_id: int, answer: str, now: datetime) -> None:
    """Not now: again after a pause that grows with the attempts, and for the last time when it expires."""
    found = session.execute(select(_ROW.attempts, _ROW.expires_at).where(_ROW.id == letter_id)).one()
    pause = BACKOFF[min(max(found.attempts, 1), len(BACKOFF)) - 1]
    _done(session, _held(letter_id).values(_waiting_until(min(now + pause, found.expires_at)) | {"answer": answer}))


def failed(session: Session, letter_id: int, answer: str, now: datetime) -> None:  # noqa: ARG001 one shape for all four
    """Refused for good. A letter that may have arrived before stays `uncertain`: a person must look."""
    state = case((_ROW.sent_at.is_(None), "failed"), else_="uncertain")
    _done(session, _held(letter_id).values(state=state, answer=answer, lease_until=None))


def uncertain(session: Session, letter_id: int, answer: str, now: datetime) -> None:
    """The connection was lost after the data: nobody knows whether the letter arrived.

    `sent_at` then says when it may have been. The first time, `lease_until` says when it is sent once more;
    the second time that is empty, and the letter waits for a person.
    """
    again = case((_ROW.sent_at.is_(None), now + SECOND_TRY), else_=None)
    _done(session, _held(letter_id).values(state="uncertain", answer=answer, sent_at=now, lease_until=again))


def _due(now: datetime) -> ColumnElement[bool]:
    """Written with literals, because PostgreSQL proves a partial index useful from literals only."""
    waiting = and_(_ROW.state.in_((_said("queued"), _said("sending"))), _ROW.not_before <= now)
    return or_(
        and_(waiting, or_(_ROW.state == _said("queued"), _ROW.lease_until <= now)),
        and_(_ROW.state == _said("uncertain"), _ROW.lease_until <= now),
    )


def _said(state: str) -> ColumnElement[str]:
    return literal_column(f"'{state}'", String)


def _dropped(row: OutgoingLetter, right: bool, now: datetime) -> bool:
    """Whether the letter is too late or no longer right; its row then says so."""
    if right and row.expires_at > now:
        return False
    if row.sent_at is not None or (row.state == "sending" and row.attempts):
        row.state = "uncertain"  # it may be at the server: say so rather than "never sent"
    else:
        row.state = "failed" if right and row.epoch is None else "cancelled"
    row.answer = row.answer or ("expired" if right else "no longer right")
    row.lease_until = None
    return True


def _take(row: OutgoingLetter, email: str, language: str, now: datetime) -> Claimed:
    lease = row.lease_until = now + LEASE
    row.state = "sending"
    who = row.recipient_id
    return Claimed(row.id, row.message_id, row.letter, row.context, row.case_id, who, email, language, lease)


def _held(letter_id: int) -> Update:
    """Only a letter that is being sent can have been sent: a late word about it changes nothing."""
    return update(_ROW).where(_ROW.id == letter_id, _ROW.state == "sending")


def _waiting_until(moment: datetime) -> dict[str, Any]:
    """Back to waiting: as queued, or as uncertain when the letter may have arrived already."""
    fresh = _ROW.sent_at.is_(None)
    return {
        "state": case((fresh, "queued"), else_="uncertain"),
        "lease_until": case((fresh, None), else_=moment),
        "not_before": moment,
    }


def _done(session: Session, change: Update) -> bool:
    result = session.execute(change.execution_options(synchronize_session=False))
    return bool(cast("CursorResult", result).rowcount)


def _message_id(context: Mapping[str, Any]) -> str:
    """Fixed for all attempts. Its domain is that of the link in the letter: ours, or a name that is nobody's."""
    host = urlsplit(str(context.get("link") or "")).hostname or ""
    known = "." in host and len(host) <= 60 and not host.replace(".", "").isdigit()
    return f"<{secrets.token_hex(16)}@{host if known else 'komek.localhost'}>"
