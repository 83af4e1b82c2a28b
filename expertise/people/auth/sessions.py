"""Sessions: tokens, their persons and their time limits."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnExpressionArgument, Select, delete, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from expertise.base.database import changed
from expertise.people.access import load_actor
from expertise.people.model import Person, SignIn
from workflows.calendar import ALMATY

#: A session ends after this long without a request, and after this long in any case.
IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)
#: How long a session may wait for its second factor; enough to install an app on a telephone.
SECOND_FACTOR_TIME = timedelta(minutes=15)
#: How old a proof may be for a high-risk step.
RECENT = timedelta(minutes=15)
#: How often a request is written down; every time would make each page a write.
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SessionOwner:
    """The person of a session. `touch_due`: the visit should be noted, see `touch`.

    `rights` is the digest `access.Actor.rights` at the begin of the session: with other rights it must not go on.
    """

    person_id: int
    touch_due: bool
    rights: str | None = None


def start_session(session: Session, person_id: int, now: datetime, *, complete: bool = True) -> str:
    """A new session; returns its token of 256 random bits, of which only the SHA-256 is kept."""
    token, person = secrets.token_urlsafe(32), load_actor(session, person_id, now.astimezone(ALMATY).date())
    row = SignIn(
        token=digest(token),
        person_id=person_id,
        rights=person.rights if person is not None else None,
        started_at=now,
        seen_at=now,
        ends_at=now + (ABSOLUTE if complete else SECOND_FACTOR_TIME),
        proved_at=now,
        complete=complete,
    )
    session.add(row)
    session.flush()
    return token


def session_owner(session: Session, token: str, now: datetime) -> SessionOwner | None:
    """Return the owner of a living, complete session whose person is active, else None. Writes nothing.

    A session that waits for its second factor has no owner: see `awaiting_second_factor`.
    """
    columns = (SignIn.person_id, SignIn.seen_at, SignIn.rights)
    found = session.execute(_living(token, now, *columns).where(SignIn.complete)).first()
    return None if found is None else SessionOwner(found.person_id, now - found.seen_at >= TOUCH_EVERY, found.rights)


def awaiting_second_factor(session: Session, token: str, now: datetime) -> int | None:
    """Return the id of the person who gave the password and has yet to give, or set up, the second factor."""
    return session.scalar(_living(token, now, SignIn.person_id).where(~SignIn.complete))


def reauthenticated_recently(session: Session, token: str, now: datetime) -> bool:
    """Return whether a password or second factor was given within `RECENT`, as high-risk steps require."""
    proved_at = session.scalar(_living(token, now, SignIn.proved_at).where(SignIn.complete))
    return proved_at is not None and now - proved_at <= RECENT


def renew(session: Session, token: str, now: datetime) -> str | None:
    """The same session under a new token; the old one is dead at once. None: it was dead already.

    To be called whenever what the session may do changes: a token that leaked before gains nothing.
    """
    return _exchange(session, token, now, {})


def reauthenticate(session: Session, token: str, now: datetime) -> str | None:
    """`renew` after the password or the second factor was given once more."""
    return _exchange(session, token, now, {"proved_at": now}, SignIn.complete)


def complete(session: Session, token: str, now: datetime) -> str | None:
    """`renew` after the second factor was given, or set up: from here on the person is signed in."""
    return _exchange(
        session, token, now, {"proved_at": now, "complete": True, "ends_at": now + ABSOLUTE}, ~SignIn.complete
    )


def _living(token: str, now: datetime, *columns: InstrumentedAttribute) -> Select[Any]:
    return (
        select(*columns)
        .join(Person, Person.id == SignIn.person_id)
        .where(SignIn.token == digest(token), SignIn.ends_at > now, SignIn.seen_at > now - IDLE, Person.active)
    )


def _exchange(
    session: Session, token: str, now: datetime, values: dict[str, Any], *which: ColumnExpressionArgument[bool]
) -> str | None:
    new = secrets.token_urlsafe(32)
    change = (
        update(SignIn)
        .where(SignIn.token == digest(token), SignIn.ends_at > now, SignIn.seen_at > now - IDLE, *which)
        .values(token=digest(new), seen_at=now, **values)
    )
    return new if changed(session, change) else None


def touch(session: Session, token: str, now: datetime) -> None:
    """Note the visit. Does nothing when another request has noted one within the minute."""
    session.execute(
        update(SignIn)
        .where(SignIn.token == digest(token), SignIn.seen_at <= now - TOUCH_EVERY)
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )


def find_session(session: Session, token: str, now: datetime) -> int | None:
    """Return the person of the session and `touch` it at most once a minute: for a session that may write."""
    found = session_owner(session, token, now)
    if found is None:
        return None
    if found.touch_due:
        touch(session, token, now)
    return found.person_id


def end_session(session: Session, token: str) -> None:
    """Sign out. An unknown token is no error."""
    session.execute(delete(SignIn).where(SignIn.token == digest(token)))


def end_all_sessions(session: Session, person_id: int, but: str | None = None) -> None:
    """Sign a person out everywhere; `but` is the token of the one session that may stay."""
    gone = delete(SignIn).where(SignIn.person_id == person_id)
    session.execute(gone if but is None else gone.where(SignIn.token != digest(but)))


def forget_sessions(session: Session, now: datetime) -> None:
    """Remove sessions that have ended by themselves; for the worker's nightly round."""
    session.execute(delete(SignIn).where(or_(SignIn.ends_at <= now, SignIn.seen_at <= now - IDLE)))


def digest(token: str) -> str:
    """Return the SHA-256 under which a token is stored; a copy of the table opens no session."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


SHORT = 16  # hexadecimal digits of a hash by which its owner names a session


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A session as its person sees it. `key` ends it and opens nothing."""

    key: str
    started_at: datetime
    seen_at: datetime
    ends_at: datetime
    complete: bool
    mine: bool


def list_sessions(session: Session, person_id: int, now: datetime, token: str = "") -> list[ListedSession]:
    """The person's living sessions, the latest used first; `mine` marks the one of `token`."""
    found = session.scalars(
        select(SignIn)
        .where(SignIn.person_id == person_id, SignIn.ends_at > now, SignIn.seen_at > now - IDLE)
        .order_by(SignIn.seen_at.desc(), SignIn.token)
    )
    mine = digest(token)
    return [
        ListedSession(row.token[:SHORT], row.started_at, row.seen_at, row.ends_at, row.complete, row.token == mine)
        for row in found
    ]


def end_one(session: Session, person_id: int, key: str) -> bool:
    """End the session listed under `key`, if it is one of this person's; False when there is none."""
    gone = delete(SignIn).where(SignIn.person_id == person_id, func.substr(SignIn.token, 1, SHORT) == key)
    return bool(changed(session, gone))
