"""The second factor: codes of a telephone (TOTP), and ten recovery codes for the day it is lost.

The caller commits whatever the answer to a guess is: the guess has been counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import Delete, delete, select, update
from sqlalchemy.orm import Session

from expertise.base.database import changed
from expertise.people import history
from expertise.people.auth import (
    failed_sign_ins,
    known_devices,
    rate_limits,
    recovery_codes,
    totp,
)
from expertise.people.auth.encryption import decrypt, encrypt
from expertise.people.auth.rate_limits import Limit, SignInRefused
from expertise.people.model import Person, SecondFactor
from workflows.roles import declared

#: Built-in roles that decide or see everything: nobody holds one with a password alone, nor a declared role.
ROLES = frozenset({"approver", "coordinator", "auditor", "administrator"})
#: Wrong codes of one person within `rate_limits.WINDOW`: three codes of a million are right at any moment.
PER_PERSON = 5
_PURPOSE = "second factor"


class HasRole(Protocol):
    """A grant, or what somebody may do as a deputy."""

    @property
    def role(self) -> str: ...  # noqa: D102 the protocol's own docstring says it


@dataclass(frozen=True, slots=True)
class PendingSecondFactor:
    """The secret that the telephone must learn, shown until a first code confirms it."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


def needed_for(grants: Iterable[HasRole]) -> bool:
    """Return whether a person with these grants must have a second factor. Pass the grants as a deputy as well."""
    return any(grant.role in ROLES or grant.role in declared() for grant in grants)


def has(session: Session, person_id: int) -> bool:
    """Return whether the person has a confirmed second factor."""
    confirmed = SecondFactor.confirmed_at.is_not(None)
    return (
        session.scalar(select(SecondFactor.person_id).where(SecondFactor.person_id == person_id, confirmed)) is not None
    )


def begin(session: Session, person: Person, key: str) -> PendingSecondFactor | None:
    """Store a new secret to be confirmed, in place of an unconfirmed one, and return it.

    Returns None when there is a confirmed one: `remove` it first. `key` is KOMEK_SECRET_KEY.
    """
    _lock(session, person.id)
    if has(session, person.id):
        return None
    session.execute(_forgotten(person.id))
    secret = totp.new_secret()
    session.add(SecondFactor(person_id=person.id, secret=encrypt(secret, key, _PURPOSE)))
    session.flush()
    return PendingSecondFactor(secret, totp.uri(secret, person.email))


def pending(session: Session, person: Person, key: str) -> PendingSecondFactor | None:
    """Return the secret of `begin` while it is unconfirmed, else None. Writes nothing."""
    waiting = select(SecondFactor.secret).where(
        SecondFactor.person_id == person.id, SecondFactor.confirmed_at.is_(None)
    )
    encrypted = session.scalar(waiting)
    secret = None if encrypted is None else decrypt(encrypted, key, _PURPOSE)
    return None if secret is None else PendingSecondFactor(secret, totp.uri(secret, person.email))


def confirm(
    session: Session, person: Person, code: str, key: str, now: datetime, device: str = ""
) -> tuple[str, ...] | SignInRefused:
    """Confirm the second factor by its first right code. Returns the ten recovery codes, which are shown once."""
    _lock(session, person.id)
    if has(session, person.id):
        return SignInRefused("wrong")
    refused = _guess(session, person.id, code, key, now, device)
    if refused is not None:
        return refused
    session.execute(
        update(SecondFactor)
        .where(SecondFactor.person_id == person.id)
        .values(confirmed_at=now)
        .execution_options(synchronize_session=False)
    )
    history.note(session, person, "second_factor:confirm")
    return recovery_codes.issue(session, person.id)


def check(
    session: Session, person: Person, code: str, key: str, now: datetime, device: str = ""
) -> SignInRefused | None:
    """Return None when the code, of the telephone or on paper, is right; from here on it is used.

    `device` is the id of a device that is known for this person (see `known_devices`), or "".
    """
    _lock(session, person.id)
    if not has(session, person.id):
        return SignInRefused("wrong")
    return _guess(session, person.id, code, key, now, device)


def renew_codes(session: Session, person: Person) -> tuple[str, ...]:
    """Return ten new recovery codes and void the old ones; () for a person without second factor."""
    _lock(session, person.id)
    if not has(session, person.id):
        return ()
    history.note(session, person, "recovery_codes:renew")
    return recovery_codes.issue(session, person.id)


def remove(session: Session, person: Person) -> None:
    """Remove the second factor and its recovery codes, because the telephone is lost or another one comes."""
    _lock(session, person.id)
    if has(session, person.id):
        history.note(session, person, "second_factor:remove")
    session.execute(_forgotten(person.id))
    recovery_codes.forget(session, person.id)


def _lock(session: Session, person_id: int) -> None:
    """Lock the person's row, so that two requests of one person run one after the other."""
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update())


def limits(person_id: int, device: str) -> rate_limits.Limits:
    """Return the limits on wrong codes: of the known device, or of all unknown devices together."""
    person = rate_limits.subject("second factor", str(person_id))
    return known_devices.limits("code of", person, device, {person: (Limit(PER_PERSON),)}, Limit(PER_PERSON))


def _guess(session: Session, person_id: int, code: str, key: str, now: datetime, device: str) -> SignInRefused | None:
    counted = limits(person_id, device)
    refused = rate_limits.count_guess(session, counted, now)
    if refused is not None:
        return refused
    submitted = "".join(code[:100].split())
    if not (
        _take_step(session, person_id, submitted, key, now) or recovery_codes.use(session, person_id, submitted, now)
    ):
        return SignInRefused("wrong")
    failed_sign_ins.note_before(session, person_id, failed_sign_ins.CODES)
    first, *others = counted
    rate_limits.forget(session, first)
    rate_limits.take_back(session, others, now)
    return None


def _take_step(session: Session, person_id: int, submitted: str, key: str, now: datetime) -> bool:
    """Return whether the code is right and its half minute unused; from here on it is used (replay protection)."""
    encrypted = session.scalar(select(SecondFactor.secret).where(SecondFactor.person_id == person_id))
    secret = None if encrypted is None else decrypt(encrypted, key, _PURPOSE)
    step = None if secret is None else totp.matching_step(secret, submitted, now)
    if step is None:
        return False
    unused = update(SecondFactor).where(SecondFactor.person_id == person_id, SecondFactor.last_step < step)
    return changed(session, unused.values(last_step=step)) == 1


def _forgotten(person_id: int) -> Delete:
    gone = delete(SecondFactor).where(SecondFactor.person_id == person_id)
    return gone.execution_options(synchronize_session="fetch")
