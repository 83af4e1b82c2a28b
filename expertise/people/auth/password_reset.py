"""A new password asked for by who forgot it, or by a stranger: nobody learns from it who has an account."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from expertise.people.auth import rate_limits
from expertise.people.auth.password_links import PASSWORD_RESET, Issued, issue_to
from expertise.people.auth.rate_limits import SignInRefused
from expertise.people.auth.sign_in import tidy
from expertise.people.model import Person

#: Resets asked for within `guesses.WINDOW`: for one account, from one address, and in all.
PER_ACCOUNT, PER_ADDRESS, IN_ALL = 3, 20, 300


def ask_reset(session: Session, email: str, address: str, now: datetime) -> Issued | SignInRefused | None:
    """A pass for who has an account and a password to forget; None for everybody else.

    Known and unknown cost the same statements, and are counted alike: the answer to the asker must be one, too.
    Commit whatever the answer is.
    """
    account = tidy(email)
    limits = {
        rate_limits.subject("reset", account): PER_ACCOUNT,
        rate_limits.subject("reset from", rate_limits.network(address)): PER_ADDRESS,
        rate_limits.subject("reset", "*"): IN_ALL,
    }
    refused = rate_limits.announce(session, limits, now)
    if refused is not None:
        return refused
    known = (Person.email == account) & Person.active & Person.password.is_not(None)
    return issue_to(session, known, PASSWORD_RESET, now)
