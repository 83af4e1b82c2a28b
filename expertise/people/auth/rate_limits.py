"""Rate limits on guesses; the limits of signing in stand in `sign_in`. A guess is counted before it is made, in the
database, so concurrent guesses count too.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, insert, literal, select, union_all
from sqlalchemy.orm import Session

from expertise.people.model import FailedSignIn

#: The period over which guesses are counted, unless a limit names another one.
WINDOW = timedelta(minutes=15)
#: The longest period of any limit; older rows are deleted.
LONGEST_WINDOW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` guesses within `window`. Several limits of one subject make the delay grow."""

    count: int
    window: timedelta = WINDOW


#: Beside a limit on fifteen minutes: whoever goes on guessing waits longer. NIST SP 800-63B allows 100 in a row.
GROWING = (Limit(50, timedelta(hours=2)), Limit(100, LONGEST_WINDOW))

#: Subject (see `subject`) → the limits that hold for it. A subject without limits is counted and never full.
Limits = Mapping[str, Sequence[Limit]]


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """`code`: `wrong` (account, password or code, never said which) or `too_many`, with the `minutes` to wait.

    Not a `workflows` Refusal on purpose: those undo the transaction, and a wrong guess must stay counted.
    """

    code: str
    minutes: int = 0


def subject(kind: str, value: str) -> str:
    """Return the SHA-256 under which guesses are counted: the table names no address and no account."""
    return hashlib.sha256(f"{kind}:{value}".encode()).hexdigest()


def network(address: str) -> str:
    """Return the IPv4 address, or the /64 that one IPv6 customer owns and can change within; "" for anything else.

    An IPv4 client on a socket for both versions comes as ::ffff:192.0.2.1, and all of those share one /64.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ipaddress.ip_network((int(parsed), 64), strict=False))
        parsed = parsed.ipv4_mapped
    return str(parsed)


#: Bits of a wider IPv6 network → how many times as many guesses it may make as one /64. One customer often has 65,536
#: of those, and one provider as many customers: without this, one stranger would use up the limit for everybody.
WIDER = {48: 4, 32: 8}


def of_address(kind: str, address: str, count: int) -> dict[str, tuple[Limit]]:
    """Return the limits on guesses from one address, and from the wider networks of an IPv6 address."""
    near = network(address)
    found = {subject(kind, near): (Limit(count),)}
    if ":" in near:
        for bits, times in WIDER.items():
            wide = ipaddress.ip_network(near).supernet(new_prefix=bits)
            found[subject(f"{kind} /{bits}", str(wide))] = (Limit(count * times),)
    return found


def count_guess(session: Session, limits: Limits, now: datetime) -> SignInRefused | None:
    """Count one guess under every subject; count nothing and return the refusal when a limit is reached.

    Guesses that share a limited subject wait for each other until the transaction ends: keep it short.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        for key in sorted(int(subject[:15], 16) for subject, several in limits.items() if several):
            session.execute(select(func.pg_advisory_xact_lock(key)))  # in one order, so that no two wait for ever
    minutes = _minutes_to_wait(session, limits, now)
    if minutes:
        return SignInRefused("too_many", minutes)
    session.execute(insert(FailedSignIn), [{"subject": subject, "at": now} for subject in limits])
    return None


def forget(session: Session, subject: str) -> None:
    """Delete everything counted under the subject."""
    _forget(session, FailedSignIn.subject == subject)


def take_back(session: Session, subjects: Iterable[str], at: datetime) -> None:
    """Delete the one guess of that moment under each subject: it was right."""
    for subject in subjects:
        mine = select(FailedSignIn.id).where(FailedSignIn.subject == subject, FailedSignIn.at == at).limit(1)
        _forget(session, FailedSignIn.id.in_(mine))


def forget_attempts(session: Session, now: datetime) -> None:
    """Delete guesses that no limit counts any more; the worker calls this every night."""
    _forget(session, FailedSignIn.at <= now - LONGEST_WINDOW)


def _forget(session: Session, which: ColumnElement[bool]) -> None:
    session.execute(delete(FailedSignIn).where(which).execution_options(synchronize_session=False))


def _minutes_to_wait(session: Session, limits: Limits, now: datetime) -> int:
    """Return the minutes until no limit is reached any more, rounded up; 0 when none is reached.

    A limit of n is reached while the n-th newest guess lies within its window.
    """
    asked = [(subject, limit) for subject, several in limits.items() for limit in several]
    nth = [
        select(FailedSignIn.at)
        .where(FailedSignIn.subject == subject, FailedSignIn.at > now - limit.window)
        .order_by(FailedSignIn.at.desc())
        .offset(limit.count - 1)
        .limit(1)
        .subquery()
        for subject, limit in asked
    ]
    if not nth:
        return 0
    reached = session.execute(union_all(*(select(literal(place), each.c.at) for place, each in enumerate(nth))))
    free = [at + asked[place][1].window for place, at in reached]
    return max(1, math.ceil((max(free) - now) / timedelta(minutes=1))) if free else 0
