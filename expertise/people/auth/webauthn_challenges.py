"""Challenges for devices: random, valid once and for five minutes, for one purpose and one browser session."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from expertise.base.database import insert_into, table_of
from expertise.people.auth.sessions import digest
from expertise.people.model import PasskeyChallenge

#: Long enough to find the telephone, and no longer.
LASTS = timedelta(minutes=5)
ADD, SIGN_IN, CODE, PROVE = "add", "sign_in", "code", "prove"

_CHALLENGES = table_of(PasskeyChallenge)


@dataclass(frozen=True, slots=True)
class ChallengeRequest:
    """The purpose, the browser session (`cookie` is its secret) and the person asked; None: whoever signs in."""

    purpose: str
    cookie: str
    person_id: int | None = None


def issue(session: Session, asked: ChallengeRequest, now: datetime) -> bytes:
    """Return a new challenge; an older one of the same session and purpose is void."""
    challenge = secrets.token_urlsafe(32)
    made = insert_into(session, _CHALLENGES)
    values = {"person_id": asked.person_id, "challenge": challenge, "ends_at": now + LASTS}
    row = made.values(bound=digest(asked.cookie), purpose=asked.purpose, **values)
    session.execute(row.on_conflict_do_update(index_elements=["bound", "purpose"], set_=values))
    return challenge.encode()


def take(session: Session, asked: ChallengeRequest, now: datetime) -> bytes | None:
    """Delete and return the challenge; None when there is none for that person."""
    mine = (_CHALLENGES.c.bound == digest(asked.cookie)) & (_CHALLENGES.c.purpose == asked.purpose)
    columns = _CHALLENGES.c.challenge, _CHALLENGES.c.person_id, _CHALLENGES.c.ends_at
    taken = session.execute(delete(_CHALLENGES).where(mine).returning(*columns)).first()
    if taken is None or taken.person_id != asked.person_id or taken.ends_at <= now:
        return None
    return taken.challenge.encode()


def forget_challenges(session: Session, now: datetime) -> None:
    """Delete challenges that nobody answered; the worker calls this every night."""
    session.execute(delete(_CHALLENGES).where(_CHALLENGES.c.ends_at <= now))
