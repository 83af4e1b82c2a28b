"""The sessions of a person as that person sees them, to end one that was left open somewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from expertise.base.database import changed
from expertise.people.model import SignIn
from expertise.people.sessions import IDLE, digest

SHORT = 16  # hexadecimal digits of a hash by which its owner names a session


@dataclass(frozen=True, slots=True)
class Listed:
    """A session as its person sees it. `key` ends it and opens nothing."""

    key: str
    started_at: datetime
    seen_at: datetime
    ends_at: datetime
    complete: bool
    mine: bool


def list_sessions(session: Session, person_id: int, now: datetime, token: str = "") -> list[Listed]:
    """The person's living sessions, the latest used first; `mine` marks the one of `token`."""
    found = session.scalars(
        select(SignIn)
        .where(SignIn.person_id == person_id, SignIn.ends_at > now, SignIn.seen_at > now - IDLE)
        .order_by(SignIn.seen_at.desc(), SignIn.token)
    )
    mine = digest(token)
    return [
        Listed(row.token[:SHORT], row.started_at, row.seen_at, row.ends_at, row.complete, row.token == mine)
        for row in found
    ]


def end_one(session: Session, person_id: int, key: str) -> bool:
    """End the session listed under `key`, if it is one of this person's; False when there is none."""
    gone = delete(SignIn).where(SignIn.person_id == person_id, func.substr(SignIn.token, 1, SHORT) == key)
    return bool(changed(session, gone))
