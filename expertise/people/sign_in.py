"""Signing in: passwords, sessions and the limits on guessing.

A known and an unknown account cost the same statements and the same hash, and get the same answer.
Hashing takes tens of milliseconds and must not hold a lock, so a door signs in by three steps:
`announce` in one transaction, `Attempt.check` in none, `enter` in another. `sign_in` is all three in one
session, for a caller that holds no lock anybody waits for.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import secrets
import threading
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.orm import Session

from expertise.people.model import FailedSignIn, Person
from expertise.people.sessions import end_all_sessions, end_session, find_session, start_session

#: A door that signs people in needs the sessions too, and finds them here.
__all__ = [
    "Attempt",
    "SignInRefused",
    "SignedIn",
    "announce",
    "end_all_sessions",
    "end_session",
    "enter",
    "find_session",
    "forget_guesses",
    "hash_password",
    "sign_in",
    "verify",
]

#: How long a wrong password counts.
WINDOW = timedelta(minutes=15)
#: Wrong passwords within the window for one account, from one address, and for the whole house.
PER_ACCOUNT, PER_ADDRESS, IN_ALL = 10, 50, 1000
LONGEST_PASSWORD = 1000  # characters; more is no password and would only cost time

_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
#: Two hashes at a time: 38 MiB and two processors are all that a flood of guesses can take.
_AT_A_TIME = threading.BoundedSemaphore(2)
#: What an unknown account is checked against. Nobody knows its password, this process included.
_NOBODY = _HASHER.hash(secrets.token_bytes(32))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`token` goes into the cookie and nowhere else."""

    token: str = field(repr=False)
    person_id: int


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """`code`: `wrong` (account or password, never said which) or `too_many`, with the `minutes` to wait.

    Not a `workflows` Refusal on purpose: those undo the transaction, and a wrong guess must stay counted.
    """

    code: str
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """A guess that is counted as wrong already; `enter` takes it back when it was right."""

    person_id: int | None
    subjects: tuple[str, ...]
    at: datetime
    password_hash: str = field(repr=False)

    def check(self, password: str) -> bool:
        """Whether the password is right. Slow; hold no transaction."""
        return verify(self.password_hash, password) and self.person_id is not None


def hash_password(password: str) -> str:
    """Argon2id in its text form, with its own salt. Slow; hold no transaction."""
    with _AT_A_TIME:
        return _HASHER.hash(_bytes(password))


def verify(password_hash: str, password: str) -> bool:
    """Whether the password made this hash; a damaged hash says no."""
    with _AT_A_TIME:
        try:
            _HASHER.verify(password_hash, _bytes(password))
        except (Argon2Error, InvalidHashError):
            return False
    return len(password) <= LONGEST_PASSWORD


def sign_in(session: Session, email: str, password: str, address: str, now: datetime) -> SignedIn | SignInRefused:
    """All three steps in one session. Commit whatever the answer is: a refusal has been counted."""
    attempt = announce(session, email, address, now)
    if isinstance(attempt, SignInRefused):
        return attempt
    return enter(session, attempt, now) if attempt.check(password) else SignInRefused("wrong")


def announce(session: Session, email: str, address: str, now: datetime) -> Attempt | SignInRefused:
    """Count the guess before it is made, so that a crowd of guesses at once cannot slip under the limit."""
    account = _tidy(email)
    subjects = (_subject("account", account), _subject("address", _network(address)), _subject("all", ""))
    minutes = _minutes_to_wait(session, subjects, now)
    if minutes:
        return SignInRefused("too_many", minutes)
    session.execute(insert(FailedSignIn), [{"subject": subject, "at": now} for subject in subjects])
    known = session.execute(
        select(Person.id, Person.password).where(Person.email == account, Person.active, Person.password.is_not(None))
    ).first()
    person_id, password_hash = known if known is not None else (None, None)
    return Attempt(person_id, subjects, now, password_hash or _NOBODY)


def enter(session: Session, attempt: Attempt, now: datetime) -> SignedIn:
    """Open a session for a guess that was right; what was counted against the account is forgotten."""
    if attempt.person_id is None:
        raise ValueError("an unknown account cannot enter")
    account, *others = attempt.subjects
    _forget(session, FailedSignIn.subject == account)
    for subject in others:
        mine = select(FailedSignIn.id).where(FailedSignIn.subject == subject, FailedSignIn.at == attempt.at).limit(1)
        _forget(session, FailedSignIn.id.in_(mine))
    return SignedIn(start_session(session, attempt.person_id, now), attempt.person_id)


def forget_guesses(session: Session, now: datetime) -> None:
    """Remove what no longer counts; for the worker's nightly round."""
    _forget(session, FailedSignIn.at <= now - WINDOW)


def _forget(session: Session, which: ColumnElement[bool]) -> None:
    session.execute(delete(FailedSignIn).where(which).execution_options(synchronize_session=False))


def _minutes_to_wait(session: Session, subjects: tuple[str, ...], now: datetime) -> int:
    limits = dict(zip(subjects, (PER_ACCOUNT, PER_ADDRESS, IN_ALL), strict=True))
    counted = session.execute(
        select(FailedSignIn.subject, func.count(), func.min(FailedSignIn.at))
        .where(FailedSignIn.subject.in_(subjects), FailedSignIn.at > now - WINDOW)
        .group_by(FailedSignIn.subject)
    )
    free = [oldest + WINDOW for subject, count, oldest in counted if count >= limits[subject]]
    return max(1, math.ceil((max(free) - now) / timedelta(minutes=1))) if free else 0


def _subject(kind: str, value: str) -> str:
    return hashlib.sha256(f"{kind}:{value}".encode()).hexdigest()


def _tidy(email: str) -> str:
    """As addresses are stored; "" for what no address can be, so that the database is still asked."""
    text = unicodedata.normalize("NFC", email[:1000]).strip().lower()
    return text if len(text) <= 254 and text.isprintable() else ""


def _network(address: str) -> str:
    """The address, or the /64 that a single IPv6 customer owns and can change within."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def _bytes(password: str) -> bytes:
    """One form for letters such as й, which some keyboards send as two characters."""
    return unicodedata.normalize("NFC", password[: LONGEST_PASSWORD + 1]).encode("utf-8", "surrogatepass")
