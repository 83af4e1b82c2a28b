"""Letters that anybody can ask for on the sign-in page: a new password, or a link that admits a device.

Nobody learns from the answer who has an account: known and unknown addresses cost the same statements, are counted
alike, and get one answer. The caller commits whatever the answer is.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from expertise.people.auth import known_devices, rate_limits
from expertise.people.auth.password_links import PASSWORD_RESET, IssuedLink, issue_to
from expertise.people.auth.rate_limits import Limit, SignInRefused
from expertise.people.auth.sign_in import tidy
from expertise.people.model import Person

#: Letters asked for within `rate_limits.WINDOW`: for one account, from one address, and in all.
PER_ACCOUNT, PER_ADDRESS, IN_ALL = 3, 20, 300


def ask_reset(
    session: Session, email: str, address: str, now: datetime, device: str = ""
) -> IssuedLink | SignInRefused | None:
    """Return a password link for an account with a password; None for every other address.

    `device` is the id of a device that is known for this account, or "".
    """
    account = tidy(email)
    refused = _count(session, "reset", account, address, device, now)
    return refused or issue_to(session, _may_sign_in(account), PASSWORD_RESET, now)


def ask_sign_in_link(session: Session, email: str, address: str, now: datetime) -> int | SignInRefused | None:
    """Return the id of the person to whom a letter with a sign-in link may go; None for every other address."""
    account = tidy(email)
    refused = _count(session, "letter", account, address, "", now)
    return refused or session.scalar(select(Person.id).where(_may_sign_in(account)))


def _count(session: Session, kind: str, account: str, address: str, device: str, now: datetime) -> SignInRefused | None:
    """Count the request. A known device is not stopped by what others at its address ask for."""
    counted = rate_limits.subject(kind, account)
    others = {
        rate_limits.subject(f"{kind} from", rate_limits.network(address)): (Limit(PER_ADDRESS),),
        rate_limits.subject(kind, "*"): (Limit(IN_ALL),),
    }
    limits = known_devices.limits(f"{kind} of", counted, device, others, Limit(PER_ACCOUNT))
    return rate_limits.count_guess(session, {**limits, counted: (Limit(PER_ACCOUNT),)}, now)


def _may_sign_in(account: str) -> ColumnElement[bool]:
    return and_(Person.email == account, Person.active, Person.password.is_not(None))
