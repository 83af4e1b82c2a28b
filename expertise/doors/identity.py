"""Who stands at the door: the session's token → the person with the roles they hold today.

The token lies in the signed cookie; the database knows its hash only. The actor is looked up in the
transaction of the request itself, so a page needs one, and a step sees the roles of its own moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Protocol, cast

from flask import after_this_request, current_app, g, session
from flask.wrappers import Response
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.base.errors import DatabaseAway
from expertise.base.transaction import Transactions
from expertise.cases.kind import Shop
from expertise.config import Settings
from expertise.people.access import Actor, load_actor
from expertise.people.model import SignIn
from expertise.people.sessions import digest, end_all_sessions, end_session, holder, touch

TOKEN = "token"  # noqa: S105 the name of a place, not a secret


class SignInNeeded(Exception):
    """Nobody is signed in, or the session is over. Doors answer with the way to the sign-in page."""


class House(Protocol):
    """What the composition root gives to every door."""

    @property
    def settings(self) -> Settings: ...  # noqa: D102 the protocol's own docstring says it

    @property
    def transactions(self) -> Transactions: ...  # noqa: D102

    @property
    def shop(self) -> Shop: ...  # noqa: D102


def house() -> House:
    """The house this request came to."""
    return cast("House", current_app.extensions["komek"])


def visitor(db: Session) -> Actor | None:
    """The signed-in person, looked up once per request; None for everybody else."""
    if "actor" not in g:
        g.actor = _recognise(db)
    return cast("Actor | None", g.actor)


def actor(db: Session) -> Actor:
    """The signed-in person. Raises SignInNeeded."""
    found = visitor(db)
    if found is None:
        raise SignInNeeded
    return found


def begin(token: str) -> None:
    """Put a fresh token into the cookie; whatever the session held before, a form's secret included, is gone."""
    session.clear()
    session[TOKEN] = token


def end(db: Session) -> None:
    """Sign out of this session."""
    token = session.get(TOKEN)
    session.clear()
    if token is not None:
        end_session(db, token)


def end_all(db: Session, person: Actor) -> None:
    """Sign out of every session of this person."""
    session.clear()
    if person.person_id is not None:
        end_all_sessions(db, person.person_id)


def sessions(db: Session, person: Actor) -> Sequence[Row[datetime, datetime, datetime, bool]]:
    """The person's living sessions, the latest used first; `mine` marks the one that asks."""
    mine = SignIn.token == digest(session.get(TOKEN, ""))
    wanted = select(SignIn.started_at, SignIn.seen_at, SignIn.ends_at, mine.label("mine"))
    return db.execute(
        wanted.where(SignIn.person_id == person.person_id, SignIn.ends_at > clock.now()).order_by(SignIn.seen_at.desc())
    ).all()


def _recognise(db: Session) -> Actor | None:
    token = session.get(TOKEN)
    now = clock.now()
    found = holder(db, token, now) if isinstance(token, str) else None
    if found is None:
        return None
    if found.touch_due:
        after_this_request(_note_visit)
    return load_actor(db, found.person_id, house().shop.calendar.local_day(now))


def _note_visit(response: Response) -> Response:
    """Written after the request's own transaction is over: most of those only read."""
    with suppress(DatabaseAway), house().transactions.write() as db:
        touch(db, session.get(TOKEN, ""), clock.now())
    return response
