"""The signed-in person of a request: session token in the cookie → person with the roles of today.

The token lies in the signed cookie; the database holds its SHA-256 only. The actor is looked up in the transaction of
the request itself, so a page needs one transaction, and a step is decided by the roles of its own moment.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol, cast

from flask import after_this_request, current_app, g, session
from flask.wrappers import Response
from sqlalchemy.orm import Session

from expertise.audit import history
from expertise.base import clock
from expertise.base.errors import DatabaseAway
from expertise.base.transaction import Transactions
from expertise.cases.services import Services
from expertise.config import Settings
from expertise.people.access import Actor, load_actor
from expertise.people.auth import sessions as kept
from expertise.people.auth.sessions import (
    ListedSession,
    end_all_sessions,
    end_session,
    list_sessions,
    session_owner,
    touch,
)

TOKEN = "token"  # noqa: S105 the name of a place, not a secret


class SignInNeeded(Exception):
    """Nobody is signed in, or the session is over. Pages answer by leading to the sign-in page."""


class SecondStepNeeded(SignInNeeded):
    """The password was given, the second factor was not."""


class Runtime(Protocol):
    """The parts of the running application that pages use; `app.AppRuntime` is the implementation."""

    @property
    def settings(self) -> Settings: ...  # noqa: D102 the protocol's own docstring says it

    @property
    def transactions(self) -> Transactions: ...  # noqa: D102

    @property
    def services(self) -> Services: ...  # noqa: D102


def runtime() -> Runtime:
    """The settings, transactions and services of this application."""
    return cast("Runtime", current_app.extensions["komek"])


def visitor(db: Session) -> Actor | None:
    """Return the signed-in person, looked up once per request, or None; changes in `db` are recorded as theirs."""
    if "actor" not in g:
        g.actor = _recognise(db)
    found = cast("Actor | None", g.actor)
    if found is not None:
        history.acting(db, found.key)
    return found


def actor(db: Session) -> Actor:
    """The signed-in person. Raises SignInNeeded, or SecondStepNeeded where the password was given already."""
    found = visitor(db)
    if found is None:
        raise SignInNeeded if awaiting_second_factor(db) is None else SecondStepNeeded
    return found


def awaiting_second_factor(db: Session) -> int | None:
    """Return the id of the person who has given the password but not yet the second factor, or None."""
    return kept.awaiting_second_factor(db, token(), clock.now())


def reauthenticated(db: Session) -> bool:
    """Return whether a password or second factor was given shortly before, as high-risk steps require."""
    return kept.reauthenticated_recently(db, token(), clock.now())


def token() -> str:
    """Return the session token of the cookie, or "", which belongs to no session."""
    found = session.get(TOKEN)
    return found if isinstance(found, str) else ""


def key() -> str:
    """Return KOMEK_SECRET_KEY, under which people's secrets are encrypted and sessions are signed."""
    return runtime().settings.secret_key or ""


def begin(token: str | None) -> None:
    """Put a fresh token into the cookie; whatever the session held before, a form's secret included, is gone.

    Raises SignInNeeded for None: the session ended in this very moment.
    """
    session.clear()
    renew(token)


def renew(token: str | None) -> None:
    """Put a fresh token into the cookie; forms that stand open in other tabs stay good. None as in `begin`."""
    if token is None:
        raise SignInNeeded
    session[TOKEN] = token
    g.pop("actor", None)


def end(db: Session) -> None:
    """Sign out of this session."""
    ended = token()
    session.clear()
    end_session(db, ended)


def end_all(db: Session, person: Actor) -> None:
    """Sign out of every session of this person."""
    session.clear()
    if person.person_id is not None:
        end_all_sessions(db, person.person_id)


def sessions(db: Session, person: Actor) -> list[ListedSession]:
    """The person's living sessions, the latest used first; `mine` marks the one that asks."""
    return list_sessions(db, person.person_id or 0, clock.now(), token())


def _recognise(db: Session) -> Actor | None:
    now = clock.now()
    found = session_owner(db, token(), now) if token() else None
    if found is None:
        return None
    actor = load_actor(db, found.person_id, runtime().services.calendar.local_day(now))
    if actor is not None and found.rights != actor.rights:
        after_this_request(_end_session)
        return None
    if found.touch_due:
        after_this_request(_note_visit)
    return actor


def _end_session(response: Response) -> Response:
    """End the session after a change of rights: a new role may need a second factor, so its person signs in anew."""
    with suppress(DatabaseAway), runtime().transactions.write() as db:
        end_session(db, token())
    return response


def _note_visit(response: Response) -> Response:
    """Write the visit after the request's own transaction is over: most of those only read."""
    with suppress(DatabaseAway), runtime().transactions.write() as db:
        touch(db, token(), clock.now())
    return response
