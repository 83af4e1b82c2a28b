"""Signing in: passwords, sessions and the limits on guessing.

A known and an unknown account cost the same statements and the same hash, and get the same answer. Hashing takes tens
of milliseconds and must not hold a lock, so a page signs in by three steps: `count_guess` in one transaction,
`Attempt.check` in none, `enter` in another. `sign_in` is all three in one session, for a caller that holds no lock
anybody waits for.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.people import history
from expertise.people.auth import failed_sign_ins, known_devices, rate_limits, second_factor
from expertise.people.auth.password_strength import weakness
from expertise.people.auth.rate_limits import GROWING, Limit, SignInRefused, forget_attempts
from expertise.people.auth.sessions import end_all_sessions, end_session, find_session, start_session
from expertise.people.model import ExternalAccount, Organisation, Person
from workflows.refusals import Problem

#: A page that signs people in needs the sessions too, and finds them here.
__all__ = [
    "Attempt",
    "SignInRefused",
    "SignedIn",
    "count_guess",
    "end_all_sessions",
    "end_session",
    "enter",
    "find_external_person",
    "find_session",
    "forget_attempts",
    "hash_password",
    "known_of",
    "open_session",
    "password_problem",
    "sign_in",
    "take_back",
    "tidy",
    "verify",
]

#: Wrong passwords from unknown devices within `rate_limits.WINDOW`: for one account, from one address, and in all.
PER_ACCOUNT, PER_ADDRESS, IN_ALL = 10, 50, 1000
#: The same for one account from one known device. Account and device wait longer when it goes on (`GROWING`).
PER_DEVICE = 10
#: In characters. Less can be guessed; more is no password and would only cost time.
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 1000
#: Different characters that a password has at least.
FEWEST_CHARACTERS = 5

_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
#: Two hashes at a time: 38 MiB and two processors are all that a flood of guesses can take.
_AT_A_TIME = threading.BoundedSemaphore(2)
#: What an unknown account is checked against. Nobody knows its password, this process included.
_NOBODY = _HASHER.hash(secrets.token_bytes(32))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`token` goes into the cookie and nowhere else. Not `complete`: the second factor comes next."""

    token: str = field(repr=False)
    person_id: int
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Attempt:
    """A guess that is counted as wrong already; `enter` takes it back when it was right."""

    person_id: int | None
    subjects: tuple[str, ...]
    at: datetime
    password_hash: str = field(repr=False)

    def check(self, password: str) -> bool:
        """Return whether the password is right. Slow; hold no transaction."""
        return verify(self.password_hash, password) and self.person_id is not None


def password_problem(password: str, *known: str) -> Problem | None:
    """Return the problem of a chosen password, or None.

    `known`: what others know of the person, see `known_of`. A password that is easy to guess says `because`: one of
    the reasons of `password_strength.weakness`.
    """
    length = len(unicodedata.normalize("NFC", password[: LONGEST_PASSWORD + 1]))
    if length < SHORTEST_PASSWORD:
        return Problem("too_short", (("min", SHORTEST_PASSWORD),))
    if length > LONGEST_PASSWORD:
        return Problem("too_long", (("max", LONGEST_PASSWORD),))
    reason = weakness(password, known) or ("repeat" if len(set(password.casefold())) < FEWEST_CHARACTERS else None)
    return None if reason is None else Problem("easy_to_guess", (("because", reason),))


def known_of(session: Session, person_id: int) -> tuple[str, ...]:
    """Return what others know of a person and would try as a password: name, address, organisation."""
    names = (Organisation.key, Organisation.name_kk, Organisation.name_ru, Organisation.name_en)
    asked = select(Person.name, Person.email, *names).outerjoin(Organisation, Organisation.id == Person.organisation_id)
    found = session.execute(asked.where(Person.id == person_id)).one()
    return tuple(text for text in found if text)


def hash_password(password: str) -> str:
    """Argon2id in its text form, with its own salt. Slow; hold no transaction."""
    with _AT_A_TIME:
        return _HASHER.hash(_bytes(password))


def verify(password_hash: str, password: str) -> bool:
    """Return whether the password has this hash; False for a damaged hash."""
    with _AT_A_TIME:
        try:
            _HASHER.verify(password_hash, _bytes(password))
        except (Argon2Error, InvalidHashError):
            return False
    return len(password) <= LONGEST_PASSWORD


def sign_in(
    session: Session, email: str, password: str, address: str, now: datetime, device: str = ""
) -> SignedIn | SignInRefused:
    """All three steps in one session. Commit whatever the answer is: a refusal has been counted."""
    attempt = count_guess(session, email, address, now, device)
    if isinstance(attempt, SignInRefused):
        return attempt
    return enter(session, attempt, now) if attempt.check(password) else SignInRefused("wrong")


def count_guess(session: Session, email: str, address: str, now: datetime, device: str = "") -> Attempt | SignInRefused:
    """Count the guess before it is made, so that a crowd of guesses at once cannot slip under the limit.

    `device` is the id of a device that is known for this account (see `known_devices`), or "".
    """
    account = tidy(email)
    counted = rate_limits.subject("account", account)
    unknown = {
        counted: (Limit(PER_ACCOUNT), *GROWING),
        **rate_limits.of_address("address", address, PER_ADDRESS),
        rate_limits.subject("all", ""): (Limit(IN_ALL),),
    }
    limits = known_devices.limits("password of", counted, device, unknown, Limit(PER_DEVICE))
    refused = rate_limits.count_guess(session, limits, now)
    if refused is not None:
        return refused
    known = session.execute(
        select(Person.id, Person.password).where(Person.email == account, Person.active, Person.password.is_not(None))
    ).first()
    person_id, password_hash = known if known is not None else (None, None)
    return Attempt(person_id, tuple(limits), now, password_hash or _NOBODY)


def enter(session: Session, attempt: Attempt, now: datetime, *, second_factor_needed: bool = False) -> SignedIn:
    """Open a session after a right guess, and forget what was counted against the account.

    The session is incomplete, and gives access to no page but the second factor, when one is set up or needed.
    """
    if attempt.person_id is None:
        raise ValueError("an unknown account cannot enter")
    take_back(session, attempt)
    return open_session(session, attempt.person_id, now, "password", second_factor_needed=second_factor_needed)


def open_session(
    session: Session, person_id: int, now: datetime, how: str, *, second_factor_needed: bool, proved_both: bool = False
) -> SignedIn:
    """A session for who has shown who they are, `how` says by what; `proved_both`: by a second factor, too."""
    complete = proved_both or not (second_factor_needed or second_factor.has(session, person_id))
    token = start_session(session, person_id, now, complete=complete)
    if complete:
        history.note(session, person_id, "session:begin", own=True, how=how)
    return SignedIn(token, person_id, complete)


def take_back(session: Session, attempt: Attempt) -> None:
    """The password was right: forget what was counted first, and this guess everywhere else.

    Counted first are an unknown device's guesses at the account, or those of the known device itself: an owner who
    signs in as usual gives no new guesses to strangers. Many wrong ones before it stand in the person's history.
    """
    first, *others = attempt.subjects
    if attempt.person_id is not None:
        failed_sign_ins.note_before(session, attempt.person_id, failed_sign_ins.PASSWORDS)
    rate_limits.forget(session, first)
    rate_limits.take_back(session, others, attempt.at)


def tidy(email: str) -> str:
    """Return the address in the form in which addresses are stored; "" for what can be no address."""
    text = unicodedata.normalize("NFC", email[:1000]).strip().lower()
    return text if len(text) <= 254 and text.isprintable() else ""


def _bytes(password: str) -> bytes:
    """One form for letters such as й, which some keyboards send as two characters."""
    return unicodedata.normalize("NFC", password[: LONGEST_PASSWORD + 1]).encode("utf-8", "surrogatepass")


def find_external_person(session: Session, issuer: str, subject: str, verified_email: str | None) -> Person | None:
    """Return the person linked to an external account, else the one with the verified address, who is linked now.

    None for unknown and deactivated people, and for a person who is linked to another account of that provider: an
    address that the provider has given to somebody else opens nothing here.
    """
    linked = select(ExternalAccount.person_id).where(ExternalAccount.issuer == issuer)
    known = session.scalar(linked.where(ExternalAccount.subject == subject))
    if known is not None:
        return session.scalar(select(Person).where(Person.id == known, Person.active))
    email = tidy(verified_email or "")
    person = session.scalar(select(Person).where(Person.email == email, Person.active).with_for_update())
    if person is None or session.scalar(linked.where(ExternalAccount.person_id == person.id)) is not None:
        return None
    session.add(ExternalAccount(issuer=issuer, subject=subject, person_id=person.id))
    session.flush()
    history.note(session, person, "outside:link", own=True, issuer=issuer)
    return person
