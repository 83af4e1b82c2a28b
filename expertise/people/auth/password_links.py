"""Links by which a person sets a password once: an invitation, or a reset that was asked for.

The letter holds the token and the database its SHA-256. This module does not know mail; the letter is made by
`asked_letters.link_letter`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, delete, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from expertise.base.database import changed, table_of
from expertise.people import history
from expertise.people.auth.sessions import digest, end_all_sessions
from expertise.people.model import PasswordLink, Person

INVITATION, PASSWORD_RESET = "invitation", "password_reset"  # the letters are named so, too
LASTS: Mapping[str, timedelta] = {INVITATION: timedelta(days=14), PASSWORD_RESET: timedelta(hours=1)}
#: A link that is over is kept this long, so that its reader can ask for a new one.
KEPT = timedelta(days=180)
_LINKS = table_of(PasswordLink)


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """A new link. `token` goes into the letter and nowhere else."""

    token: str = field(repr=False)
    person_id: int
    purpose: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class OverLink:
    """A link that is over, in place of which its reader may ask for a new one."""

    person_id: int
    purpose: str


@dataclass(frozen=True, slots=True)
class ValidLink:
    """A link that can still be used, and its person."""

    person_id: int
    name: str
    email: str
    purpose: str


def issue(session: Session, person: Person, purpose: str, now: datetime) -> IssuedLink:
    """Return a new link of 256 random bits, and void older ones of this person."""
    issued = issue_to(session, Person.id == person.id, purpose, now)
    if issued is None:
        raise ValueError("a link is for a person who is in the database")
    history.note(session, person, f"{purpose}:send")
    return issued


def find_valid(session: Session, token: str, now: datetime) -> ValidLink | None:
    """Return the link while it can be used, else None. Writes nothing: link scanners of mail servers open it, too."""
    found = session.execute(
        select(Person.id, Person.name, Person.email, PasswordLink.purpose)
        .join(PasswordLink, PasswordLink.person_id == Person.id)
        .where(PasswordLink.token == digest(token), *_good(now), Person.active)
    ).first()
    return None if found is None else ValidLink(*found)


def find_over(session: Session, token: str, now: datetime) -> OverLink | None:
    """Return a link that ran out without being used, of an active person who still has a use for one; else None."""
    found = session.execute(
        select(Person.id, PasswordLink.purpose)
        .join(PasswordLink, PasswordLink.person_id == Person.id)
        .where(PasswordLink.token == digest(token), PasswordLink.used_at.is_(None), Person.active)
        .where(PasswordLink.ends_at <= now)
        .where(or_(PasswordLink.purpose == PASSWORD_RESET, Person.password.is_(None)))
    ).first()
    return None if found is None else OverLink(*found)


def use(session: Session, token: str, password_hash: str, now: datetime) -> int | None:
    """Set the password (see `sign_in.hash_password`), end every session and every other link of the person.

    Returns the person's id; None when the link is used, over, void or unknown. Of two at once, one wins.
    """
    good = find_valid(session, token, now)
    if good is None:
        return None
    mine = update(PasswordLink).where(PasswordLink.token == digest(token), *_good(now)).values(used_at=now)
    if not changed(session, mine):
        return None
    end_links(session, good.person_id, now)
    session.get_one(Person, good.person_id).password = password_hash
    session.flush()
    history.note(session, good.person_id, "password:set", own=True, how=good.purpose)
    end_all_sessions(session, good.person_id)
    return good.person_id


def end_links(session: Session, person_id: int, now: datetime) -> None:
    """Void every link that was sent to this person."""
    changed(session, update(PasswordLink).where(PasswordLink.person_id == person_id, *_good(now)).values(ends_at=now))


def forget_links(session: Session, now: datetime) -> None:
    """Delete links that were over long ago; the worker calls this every night."""
    changed(session, delete(PasswordLink).where(PasswordLink.ends_at <= now - KEPT))


def letter_fields(issued: IssuedLink, link: str, now: datetime) -> dict[str, Any]:
    """Return the arguments of `outbox.NewLetter` for this link; `link` is the address with the token."""
    return {
        "dedupe_key": f"{issued.purpose}:{digest(issued.token)}",
        "letter": issued.purpose,
        "recipient_id": issued.person_id,
        "case_id": None,
        "visit": None,
        "context": {"link": link, "due": issued.ends_at.isoformat()},
        "not_before": now,
        "expires_at": issued.ends_at,
    }


def issue_to(session: Session, whose: ColumnElement[bool], purpose: str, now: datetime) -> IssuedLink | None:
    """Return a link for the one person for whom the condition `whose` is true, or None; see `issue`.

    Each statement finds the person by itself, so that an address without account costs the same.
    """
    token, ends_at = secrets.token_urlsafe(32), now + LASTS[purpose]
    person_id = session.scalar(select(Person.id).where(whose).with_for_update())  # two at once: the later one is good
    theirs = PasswordLink.person_id.in_(select(Person.id).where(whose))
    changed(session, update(PasswordLink).where(theirs, *_good(now)).values(ends_at=now))
    row = {"token": digest(token), "person_id": Person.id, "purpose": purpose, "created_at": now, "ends_at": ends_at}
    values = [value if name == "person_id" else literal(value, _LINKS.c[name].type) for name, value in row.items()]
    session.execute(insert(_LINKS).from_select(list(row), select(*cast("list[Any]", values)).where(whose)))
    return None if person_id is None else IssuedLink(token, person_id, purpose, ends_at)


def _good(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return PasswordLink.used_at.is_(None), PasswordLink.ends_at > now
