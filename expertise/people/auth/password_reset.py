"""Letters that anybody can ask for on the sign-in page: a new password, or a link that admits a device.

Nobody learns from the answer, or from its time, who has an account: the request counts and writes down the address,
known or not, and the worker finds out whose it is and writes the letter (`expertise.asked_letters`). The caller commits
whatever the answer is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, insert, select
from sqlalchemy.orm import Session

from expertise.people.auth import known_devices, rate_limits
from expertise.people.auth.password_links import INVITATION, PASSWORD_RESET, IssuedLink, issue_to
from expertise.people.auth.rate_limits import Limit, SignInRefused
from expertise.people.auth.sign_in import tidy
from expertise.people.change_model import LetterRequest
from expertise.people.model import Person

#: Letters asked for within `rate_limits.WINDOW`: for one account, from one address, and in all.
PER_ACCOUNT, PER_ADDRESS, IN_ALL = 3, 20, 300
#: New links in place of old ones in a day, for one account.
PER_DAY = 10
#: What is asked for.
RESET, DEVICE = PASSWORD_RESET, "sign_in_link"


def ask_reset(session: Session, email: str, address: str, now: datetime, device: str = "") -> SignInRefused | None:
    """Ask for a letter by which the account with this address sets a new password, whether there is one or not.

    `device` is the id of a device that is known for this account, or "".
    """
    return _ask(session, RESET, email, _limits("reset", email, address, device), now)


def ask_sign_in_link(session: Session, email: str, address: str, now: datetime) -> SignInRefused | None:
    """Ask for a letter whose link admits a device, whether there is such an account or not."""
    return _ask(session, DEVICE, email, _limits("letter", email, address, ""), now)


def ask_again(session: Session, person_id: int, purpose: str, now: datetime) -> SignInRefused | None:
    """Ask for a new link in place of one that is over, by the reader of its letter: it goes to the same account."""
    email = session.execute(select(Person.email).where(Person.id == person_id)).scalar_one()
    counted = rate_limits.subject("link again", str(person_id))
    return _ask(session, purpose, email, {counted: (Limit(PER_ACCOUNT), Limit(PER_DAY, timedelta(days=1)))}, now)


def waiting(session: Session, limit: int) -> Sequence[LetterRequest]:
    """Return the requests that the worker has to answer, the oldest first, locked against other workers."""
    asked = select(LetterRequest).order_by(LetterRequest.id).limit(limit).with_for_update(skip_locked=True)
    return session.scalars(asked).all()


def answer_reset(session: Session, email: str, now: datetime) -> IssuedLink | None:
    """Return a password link for an account with a password; None for every other address."""
    return issue_to(session, _may_sign_in(email), PASSWORD_RESET, now)


def answer_invitation(session: Session, email: str, now: datetime) -> IssuedLink | None:
    """Return a new invitation for an account without a password; None for every other address."""
    invited = and_(Person.email == email, Person.active, Person.password.is_(None))
    return issue_to(session, invited, INVITATION, now)


def answer_sign_in_link(session: Session, email: str) -> int | None:
    """Return the id of the person to whom a letter with a sign-in link may go; None for every other address."""
    return session.scalar(select(Person.id).where(_may_sign_in(email)))


def _ask(session: Session, kind: str, email: str, limits: rate_limits.Limits, now: datetime) -> SignInRefused | None:
    refused = rate_limits.count_guess(session, limits, now)
    if refused is None:
        session.execute(insert(LetterRequest), {"kind": kind, "email": tidy(email), "at": now})
    return refused


def _limits(kind: str, email: str, address: str, device: str) -> rate_limits.Limits:
    """Return the limits of a request. A known device is not stopped by what others at its address ask for."""
    counted = rate_limits.subject(kind, tidy(email))
    others = {
        **rate_limits.of_address(f"{kind} from", address, PER_ADDRESS),
        rate_limits.subject(kind, "*"): (Limit(IN_ALL),),
    }
    limits = known_devices.limits(f"{kind} of", counted, device, others, Limit(PER_ACCOUNT))
    return {**limits, counted: (Limit(PER_ACCOUNT),)}


def _may_sign_in(account: str) -> ColumnElement[bool]:
    return and_(Person.email == account, Person.active, Person.password.is_not(None))
