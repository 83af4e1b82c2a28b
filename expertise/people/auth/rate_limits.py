"""Guesses are counted before they are made, in the database, so that a crowd of them cannot slip under a limit."""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.orm import Session

from expertise.people.model import FailedSignIn

#: How long a guess counts.
WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """`code`: `wrong` (account, password or code, never said which) or `too_many`, with the `minutes` to wait.

    Not a `workflows` Refusal on purpose: those undo the transaction, and a wrong guess must stay counted.
    """

    code: str
    minutes: int = 0


def subject(kind: str, value: str) -> str:
    """What guesses are counted under: no address and no account can be read from it."""
    return hashlib.sha256(f"{kind}:{value}".encode()).hexdigest()


def network(address: str) -> str:
    """The address, or the /64 that a single IPv6 customer owns and can change within."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def announce(session: Session, limits: Mapping[str, int], now: datetime) -> SignInRefused | None:
    """Count one guess under every subject of `limits`; counts nothing when one of them is full.

    Guesses under the same first subject wait for each other until the transaction ends: keep it short.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        first = int(next(iter(limits))[:15], 16)
        session.execute(select(func.pg_advisory_xact_lock(first)))
    minutes = _minutes_to_wait(session, limits, now)
    if minutes:
        return SignInRefused("too_many", minutes)
    session.execute(insert(FailedSignIn), [{"subject": subject, "at": now} for subject in limits])
    return None


def forget(session: Session, subject: str) -> None:
    """Forget everything counted under the subject."""
    _forget(session, FailedSignIn.subject == subject)


def take_back(session: Session, subjects: Iterable[str], at: datetime) -> None:
    """Take back the one guess of that moment under each subject: it was right."""
    for subject in subjects:
        mine = select(FailedSignIn.id).where(FailedSignIn.subject == subject, FailedSignIn.at == at).limit(1)
        _forget(session, FailedSignIn.id.in_(mine))


def forget_guesses(session: Session, now: datetime) -> None:
    """Remove what no longer counts; for the worker's nightly round."""
    _forget(session, FailedSignIn.at <= now - WINDOW)


def _forget(session: Session, which: ColumnElement[bool]) -> None:
    session.execute(delete(FailedSignIn).where(which).execution_options(synchronize_session=False))


def _minutes_to_wait(session: Session, limits: Mapping[str, int], now: datetime) -> int:
    counted = session.execute(
        select(FailedSignIn.subject, func.count(), func.min(FailedSignIn.at))
        .where(FailedSignIn.subject.in_(limits), FailedSignIn.at > now - WINDOW)
        .group_by(FailedSignIn.subject)
    )
    free = [oldest + WINDOW for subject, count, oldest in counted if count >= limits[subject]]
    return max(1, math.ceil((max(free) - now) / timedelta(minutes=1))) if free else 0
