"""Records wrong passwords, wrong codes and requests for letters in the history of the person they were about.

The worker writes them, not the request: an account that exists must cost no more than one that does not. They are
counted, not listed, and noted once an hour at most, so that an attacker does not fill the history.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from expertise.audit import history
from expertise.base.database import table_of
from expertise.people import history as past
from expertise.people.auth import rate_limits
from expertise.people.model import FailedSignIn, Person

#: The same is noted of the same person again after this long.
AGAIN = timedelta(hours=1)
#: As many wrong ones before a right one are no slip of the finger.
MANY = 3
FAILED, PEOPLE = table_of(FailedSignIn), table_of(Person)


@dataclass(frozen=True, slots=True)
class FailureKind:
    """Failures counted under `subject` (see `rate_limits`), noted in the history as `act` from `least` failures on."""

    act: str
    subject: str
    least: int

    def of(self, person_id: int, email: str) -> str:
        """Return the subject of this person: codes are counted by the person's id, all else by the address."""
        return rate_limits.subject(self.subject, str(person_id) if self is CODES else email)


#: Ten wrong passwords close the account for a while; behind a right one, three wrong codes are enough to tell.
PASSWORDS = FailureKind("password:wrong", "account", 10)
CODES = FailureKind("code:wrong", "second factor", 3)
RESETS = FailureKind("password_reset:ask", "reset", 1)
LETTERS = FailureKind("sign_in_link:ask", "letter", 1)
FAILURE_KINDS = (PASSWORDS, CODES, RESETS, LETTERS)


@dataclass(frozen=True, slots=True)
class DueNote:
    """Failures of one kind that should be noted in the history of one person."""

    person_id: int
    kind: FailureKind


def due_notes(session: Session, now: datetime) -> Sequence[DueNote]:
    """Return what should be noted now. Takes one statement while nothing was counted; writes nothing."""
    counted = {row.subject for row in session.execute(select(FAILED.c.subject).distinct())}
    return list(_known(session, counted, now)) if counted else []


def note(session: Session, due: DueNote, now: datetime) -> bool:
    """Write the note and return True, unless another worker has written it in this moment."""
    person = session.scalars(select(Person).where(Person.id == due.person_id).with_for_update()).one()
    count = _due(session, person.id, person.key, person.email, due.kind, now)
    if count:
        past.note(session, person, due.kind.act, actor=history.CLOCK, count=count)
    return count > 0


def note_before(session: Session, person_id: int, kind: FailureKind) -> None:
    """Note the failures before a success now: they are about to be deleted. The success was counted, too."""
    person = session.get_one(Person, person_id)
    count, _noted = _count(session, person.id, person.key, person.email, kind)
    if count > MANY:
        past.note(session, person, kind.act, actor=history.CLOCK, count=count - 1)


def _known(session: Session, counted: set[str], now: datetime) -> Iterator[DueNote]:
    for person in session.execute(select(PEOPLE.c.id, PEOPLE.c.key, PEOPLE.c.email)):
        for kind in FAILURE_KINDS:
            if kind.of(person.id, person.email) in counted and _due(session, *person, kind, now):
                yield DueNote(person.id, kind)


def _due(session: Session, person_id: int, key: str, email: str, kind: FailureKind, now: datetime) -> int:
    """Return how many failures to note now; 0 for none."""
    count, noted = _count(session, person_id, key, email, kind)
    return count if count >= kind.least and (noted is None or now - noted >= AGAIN) else 0


def _count(session: Session, person_id: int, key: str, email: str, kind: FailureKind) -> tuple[int, datetime | None]:
    """Return the number of failures since the last note of this kind, and the moment of that note."""
    noted = history.last(session, history.person(key), kind.act)
    fresh = FAILED.c.at > (noted or datetime.min.replace(tzinfo=UTC))
    counted = select(func.count()).where(FAILED.c.subject == kind.of(person_id, email), fresh)
    return session.scalar(counted) or 0, noted
