"""Sessions: who holds which token, and for how long."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from expertise.people.model import Person, SignIn

#: A session ends after this long without a request, and after this long in any case.
IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)
#: How often a request is written down; every time would make each page a write.
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose session it is. `touch_due`: the visit should be noted, see `touch`."""

    person_id: int
    touch_due: bool


def start_session(session: Session, person_id: int, now: datetime) -> str:
    """A new session; returns its token of 256 random bits, of which only the SHA-256 is kept."""
    token = secrets.token_urlsafe(32)
    session.add(SignIn(token=digest(token), person_id=person_id, started_at=now, seen_at=now, ends_at=now + ABSOLUTE))
    session.flush()
    return token


def holder(session: Session, token: str, now: datetime) -> Holder | None:
    """Whose token it is, while the session lives and its person is active. Writes nothing."""
    found = session.execute(
        select(SignIn.person_id, SignIn.seen_at)
        .join(Person, Person.id == SignIn.person_id)
        .where(SignIn.token == digest(token), SignIn.ends_at > now, SignIn.seen_at > now - IDLE, Person.active)
    ).first()
    return None if found is None else Holder(found.person_id, now - found.seen_at >= TOUCH_EVERY)


def touch(session: Session, token: str, now: datetime) -> None:
    """Note the visit. Does nothing when another request has noted one within the minute."""
    session.execute(
        update(SignIn)
        .where(SignIn.token == digest(token), SignIn.seen_at <= now - TOUCH_EVERY)
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )


def find_session(session: Session, token: str, now: datetime) -> int | None:
    """`holder` and, at most once a minute, `touch`: for a caller whose session may write."""
    found = holder(session, token, now)
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
    """What the database knows of a token; a copy of the table opens no session."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
