"""API tokens of a person's programs: shown once, kept as SHA-256, valid for 90 days at most; accepted nowhere yet."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast
from zlib import crc32

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from expertise.people import history
from expertise.people.auth.sessions import TOUCH_EVERY, digest
from expertise.people.model import ApiToken, Person
from workflows.refusals import Invalid, Problem

READ, WRITE = "read", "write"
LONGEST = timedelta(days=90)
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class NewToken:
    """`token` is shown once and kept nowhere."""

    token: str = field(repr=False)
    row: ApiToken


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """The person of a valid token, and its scope. `touch_due`: the use should be noted, see `touch`."""

    token_id: int
    person_id: int
    scope: str
    touch_due: bool


def issue(
    session: Session, person: Person, *, name: str, scope: str, now: datetime, lasts: timedelta = LONGEST
) -> NewToken | Invalid:
    """A new token under a name by which its person will know it again."""
    errors = _problems(name, scope, lasts)
    if errors:
        return Invalid(errors)
    token = new_token()
    row = ApiToken(
        person_id=person.id, name=name, digest=digest(token), scope=scope, created_at=now, ends_at=now + lasts
    )
    session.add(row)
    session.flush()
    history.note(session, person, "token:issue", name=name, scope=scope, until=row.ends_at.date())
    return NewToken(token, row)


def token_owner(session: Session, token: str, now: datetime) -> TokenOwner | None:
    """Return the owner of a valid token whose person is active, or None. Writes nothing."""
    if not well_formed(token):
        return None
    found = session.execute(
        select(ApiToken.id, ApiToken.person_id, ApiToken.scope, ApiToken.used_at)
        .join(Person, Person.id == ApiToken.person_id)
        .where(ApiToken.digest == digest(token), ApiToken.revoked_at.is_(None), ApiToken.ends_at > now, Person.active)
    ).first()
    if found is None:
        return None
    return TokenOwner(
        found.id, found.person_id, found.scope, found.used_at is None or now - found.used_at >= TOUCH_EVERY
    )


def touch(session: Session, token_id: int, now: datetime) -> None:
    """Note the use; the first one of a day stands in the history. Nothing when one was noted within the minute."""
    used = session.scalar(select(ApiToken).where(ApiToken.id == token_id).with_for_update())
    if used is None or (used.used_at is not None and used.used_at > now - TOUCH_EVERY):
        return
    if used.used_at is None or used.used_at.date() != now.date():
        history.note(session, used.person_id, "token:use", own=True, name=used.name)
    used.used_at = now
    session.flush()


def list_tokens(session: Session, person_id: int) -> Sequence[ApiToken]:
    """All tokens of a person, the newest first, those that are over included."""
    return session.scalars(select(ApiToken).where(ApiToken.person_id == person_id).order_by(ApiToken.id.desc())).all()


def revoke(session: Session, person_id: int, token_id: int, now: datetime) -> bool:
    """End one token, if it is this person's and not ended yet."""
    if not _revoke(session, person_id, now, token_id):
        return False
    history.note(session, person_id, "token:revoke", name=session.get_one(ApiToken, token_id).name)
    return True


def revoke_all(session: Session, person_id: int, now: datetime) -> None:
    """End every token of a person."""
    _revoke(session, person_id, now)


def _revoke(session: Session, person_id: int, now: datetime, token_id: int | None = None) -> int:
    change = update(ApiToken).where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None))
    if token_id is not None:
        change = change.where(ApiToken.id == token_id)
    ended = session.execute(change.values(revoked_at=now).execution_options(synchronize_session="fetch"))
    return cast("CursorResult", ended).rowcount


def _problems(name: str, scope: str, lasts: timedelta) -> tuple[tuple[str, tuple[Problem, ...]], ...]:
    found: list[tuple[str, Problem]] = []
    if not name.strip() or not name.isprintable():
        found.append(("name", Problem("control_character" if name.strip() else "required")))
    elif len(name) > LONGEST_NAME:
        found.append(("name", Problem("too_long", (("max", LONGEST_NAME),))))
    if scope not in (READ, WRITE):
        found.append(("scope", Problem("unknown_choice")))
    if not timedelta(0) < lasts <= LONGEST:
        found.append(("lasts", Problem("too_large", (("max", LONGEST.days),))))
    return tuple((where, (problem,)) for where, problem in found)


_FORM = re.compile(r"kmk_[A-Za-z0-9_-]{43}[A-Za-z0-9]{6}", re.ASCII)
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def new_token() -> str:
    """Return a random token."""
    return with_checksum(secrets.token_urlsafe(32))


def well_formed(token: str) -> bool:
    """Return whether the text has the form and the checksum of a token."""
    return _FORM.fullmatch(token) is not None and secrets.compare_digest(token, with_checksum(token[4:47]))


def with_checksum(secret: str) -> str:
    """Return the token made of these 43 characters and their CRC-32 in Base62, as GitHub and others do it."""
    number, checksum = crc32(secret.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, len(_BASE62))
        checksum = _BASE62[digit] + checksum
    return f"kmk_{secret}{checksum}"
