"""Passkeys as rows: their person, name and signature counter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from expertise.audit import history
from expertise.base.database import changed
from expertise.people import history as past
from expertise.people.model import Passkey, Person
from workflows.refusals import Problem

#: In characters; and how many one person may have.
LONGEST_NAME, MOST = 80, 20


@dataclass(frozen=True, slots=True)
class ListedPasskey:
    """A passkey as its person sees it."""

    id: int
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class SignInPasskey:
    """A passkey by which its person, who is active, may sign in. `person` is the pseudonym that the device stores."""

    id: int
    person_id: int
    person: str
    name: str
    public_key: bytes = field(repr=False)


def has(session: Session, person_id: int) -> bool:
    """Return whether the person has a passkey."""
    return session.scalar(select(Passkey.id).where(Passkey.person_id == person_id).limit(1)) is not None


def list_passkeys(session: Session, person_id: int) -> list[ListedPasskey]:
    """The person's passkeys, the oldest first."""
    columns = Passkey.id, Passkey.name, Passkey.created_at, Passkey.used_at
    mine = select(*columns).where(Passkey.person_id == person_id).order_by(Passkey.id)
    return [ListedPasskey(*row) for row in session.execute(mine)]


def credentials(session: Session, person_id: int) -> Sequence[str]:
    """Return the credential ids of the person's passkeys, in base64url."""
    mine = select(Passkey.credential).where(Passkey.person_id == person_id).order_by(Passkey.id)
    return session.scalars(mine).all()


def find(session: Session, credential: str) -> SignInPasskey | None:
    """The passkey that a device calls so, while its person is active."""
    columns = Passkey.id, Passkey.person_id, Person.key, Passkey.name, Passkey.public_key
    known = select(*columns).join(Person, Person.id == Passkey.person_id)
    found = session.execute(known.where(Passkey.credential == credential, Person.active)).first()
    return None if found is None else SignInPasskey(*found)


def name_problem(name: str) -> Problem | None:
    """Return the problem of a trimmed name for a passkey, or None."""
    if not name:
        return Problem("required")
    return Problem("too_long", (("max", LONGEST_NAME),)) if len(name) > LONGEST_NAME else None


def add(
    session: Session,
    person: Person,
    credential: str,
    public_key: bytes,
    *,
    sign_count: int,
    name: str,
    now: datetime,
) -> bool:
    """Keep what a device has made. False: it is somebody's already, or the person has as many as one may have."""
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    count = session.scalar(select(func.count()).where(Passkey.person_id == person.id)) or 0
    if count >= MOST or session.scalar(select(Passkey.id).where(Passkey.credential == credential)) is not None:
        return False
    row = Passkey(person_id=person.id, credential=credential, public_key=public_key, sign_count=sign_count)
    row.name, row.created_at = name, now
    session.add(row)
    session.flush()
    past.note(session, person, "passkey:add", name=name)
    return True


def rename(session: Session, person: Person, passkey_id: int, name: str) -> bool:
    """Call one of this person's passkeys otherwise; False when there is none such. `name` has no `name_problem`."""
    mine = update(Passkey).where(Passkey.id == passkey_id, Passkey.person_id == person.id)
    if not changed(session, mine.values(name=name)):
        return False
    past.note(session, person, "passkey:rename", name=name)
    return True


def remove(session: Session, person: Person, passkey_id: int) -> str | None:
    """Forget one of this person's passkeys; returns its name, None when there is none such."""
    mine = delete(Passkey).where(Passkey.id == passkey_id, Passkey.person_id == person.id).returning(Passkey.name)
    name = session.execute(mine.execution_options(synchronize_session=False)).scalar()
    if name is not None:
        past.note(session, person, "passkey:remove", name=name)
    return name


def remove_all(session: Session, person: Person) -> list[str]:
    """Forget every passkey of this person; returns their names."""
    names = [remove(session, person, each.id) for each in list_passkeys(session, person.id)]
    return [name for name in names if name is not None]


def used(session: Session, known: SignInPasskey, count: int, now: datetime) -> bool:
    """Note the use. False, and noted in the history: the device counted backwards, so there may be a copy of it.

    A device that does not count says 0 each time (Web Authentication, section 6.1.1).
    """
    forward = Passkey.sign_count < count if count else Passkey.sign_count == 0
    mine = update(Passkey).where(Passkey.id == known.id, forward).values(sign_count=count, used_at=now)
    if changed(session, mine):
        return True
    past.note(session, known.person_id, "passkey:refuse", actor=history.CLOCK, name=known.name)
    return False
