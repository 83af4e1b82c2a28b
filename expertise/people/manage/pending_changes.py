"""Changes that one administrator asks for and another one confirms: four eyes on who may decide.

Guarded are the roles that decide about cases or give roles, and the ways into the accounts of those who hold one: their
address, their second factor, and access given again. Otherwise one administrator could become an approver by giving
the role, or by sending an approver's letters to another address. The command line confirms as well: whoever has the
machine has the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from expertise.base.database import changed
from expertise.people import history
from expertise.people.access import Actor
from expertise.people.auth import passkeys, second_factor
from expertise.people.auth.sessions import end_all_sessions
from expertise.people.change_model import PendingChange
from expertise.people.deputies import holding
from expertise.people.guarded_roles import GUARDED, holds_guarded
from expertise.people.manage import accounts, organisation_leads
from expertise.people.manage.accounts import invalid
from expertise.people.model import Person
from expertise.people.scope import Scope
from workflows.refusals import Invalid

#: How long a change waits for the second administrator.
LASTS = timedelta(days=14)


class Guarded(StrEnum):
    """A change of an account that needs two administrators."""

    ROLE = "role"
    EMAIL = "email"
    TELEPHONE = "telephone"
    ACCESS = "access"


@dataclass(frozen=True, slots=True)
class ListedChange:
    """A change that waits. `values` as in `PendingChange`."""

    id: int
    person: Person
    what: Guarded
    values: Mapping[str, Any]
    asked_by_id: int
    asked_by: str
    asked_at: datetime
    ends_at: datetime


def is_guarded(session: Session, person_id: int, now: datetime) -> bool:
    """Return whether the person holds, on whatever days, or is about to hold a guarded role."""
    if holds_guarded(session, person_id):
        return True
    return any(change.what is Guarded.ROLE for change in waiting(session, now, person_id))


def ask(
    session: Session, person: Person, what: Guarded, values: Mapping[str, Any], *, asked_by_id: int, now: datetime
) -> PendingChange | Invalid:
    """Ask for a change and return it. An older wish for the same is replaced."""
    wrong = _wrong(session, person, what, values)
    if wrong is not None:
        return wrong
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    said = _plain(values)
    same = [each.id for each in waiting(session, now, person.id) if each.what is what and _about(each.values, said)]
    changed(session, update(PendingChange).where(PendingChange.id.in_(same)).values(outcome="replaced", decided_at=now))
    asked = PendingChange(person_id=person.id, what=what.value, values=said, asked_by_id=asked_by_id)
    asked.asked_at, asked.ends_at = now, now + LASTS
    session.add(asked)
    session.flush()
    history.note(session, person, "change:ask", what=what.value, **said)
    return asked


def make(
    session: Session, person: Person, what: Guarded, values: Mapping[str, Any], *, asked_by_id: int, now: datetime
) -> bool | Invalid:
    """Make the change and return True; where two administrators must decide, ask for it and return False."""
    guarded = values["role"] in GUARDED if what is Guarded.ROLE else is_guarded(session, person.id, now)
    if guarded:
        asked = ask(session, person, what, values, asked_by_id=asked_by_id, now=now)
        return asked if isinstance(asked, Invalid) else False
    return _apply(session, person, what, _plain(values), now) or True


def waiting(session: Session, now: datetime, person_id: int | None = None) -> Sequence[ListedChange]:
    """Return the changes that wait, the oldest first; with `person_id`, those about one person."""
    asker = aliased(Person)
    open_ = select(PendingChange, Person, asker.name).join(Person, Person.id == PendingChange.person_id)
    open_ = open_.join(asker, asker.id == PendingChange.asked_by_id)
    open_ = open_.where(PendingChange.outcome.is_(None), PendingChange.ends_at > now).order_by(PendingChange.id)
    if person_id is not None:
        open_ = open_.where(PendingChange.person_id == person_id)
    return [
        ListedChange(row.id, person, Guarded(row.what), row.values, row.asked_by_id, name, row.asked_at, row.ends_at)
        for row, person, name in session.execute(open_)
    ]


def confirm(session: Session, change_id: int, by: Actor | None, now: datetime, today: date) -> Invalid | None:
    """Make the change. `by` is another administrator than the one who asked, or None for the command line.

    Refused: `own_change`; `change_over` for one that is decided, has run out, or whose asker is no longer an
    administrator; and whatever the change itself is refused for by now.
    """
    change = _open(session, change_id, now)
    if change is None or not _is_administrator(session, change.asked_by_id, today):
        return invalid("", "change_over")
    if by is not None and by.person_id == change.asked_by_id:
        return invalid("", "own_change")
    person = session.get_one(Person, change.person_id)
    _decide(session, change, person, "confirmed", by, now)
    return _apply(session, person, Guarded(change.what), change.values, now)


def turn_down(session: Session, change_id: int, by: Actor | None, now: datetime) -> Invalid | None:
    """Refuse the change; whoever asked for it withdraws it. `by` is None for the command line."""
    change = _open(session, change_id, now)
    if change is None:
        return invalid("", "change_over")
    own = by is not None and by.person_id == change.asked_by_id
    person = session.get_one(Person, change.person_id)
    _decide(session, change, person, "withdrawn" if own else "refused", by, now)
    return None


def drop_all(session: Session, person_id: int, now: datetime) -> None:
    """Drop everything that waits about this person, because somebody has objected."""
    theirs = update(PendingChange).where(PendingChange.person_id == person_id, PendingChange.outcome.is_(None))
    changed(session, theirs.values(outcome="objected", decided_at=now))


def expire(session: Session, now: datetime) -> None:
    """Mark changes that have waited too long; the worker calls this every night."""
    late = update(PendingChange).where(PendingChange.outcome.is_(None), PendingChange.ends_at <= now)
    changed(session, late.values(outcome="expired", decided_at=now))


def scope_of(values: Mapping[str, Any]) -> Scope:
    """Return role, region and workflow of a wish for a role."""
    return Scope(values.get("role"), values.get("region"), values.get("workflow"))


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as they are stored: days as ISO, without None."""
    return {name: history.plain(value) for name, value in values.items() if value is not None}


def _about(values: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    return scope_of(values) == scope_of(others)


def _wrong(session: Session, person: Person, what: Guarded, values: Mapping[str, Any]) -> Invalid | None:
    """Return the refusal that making the change would give now, so that nobody waits for what cannot be."""
    if what is Guarded.ROLE:
        wrong = accounts.scope_problems(values["role"], values.get("region"), values.get("workflow"))
        return Invalid(wrong) if wrong else None
    if what is Guarded.EMAIL:
        problems = accounts.person_problems(person.name, values["email"], person.language)
        taken = session.scalar(select(Person.id).where(Person.email == values["email"], Person.id != person.id))
        return Invalid(problems) if problems else invalid("email", "taken") if taken is not None else None
    return None


def _open(session: Session, change_id: int, now: datetime) -> PendingChange | None:
    open_ = select(PendingChange).where(PendingChange.id == change_id, PendingChange.outcome.is_(None))
    return session.scalar(open_.where(PendingChange.ends_at > now).with_for_update())


def _is_administrator(session: Session, person_id: int, today: date) -> bool:
    held = select(Person.id).where(Person.id == person_id, holding("administrator", today))
    return session.scalar(held) is not None


def _decide(
    session: Session,
    change: PendingChange,
    person: Person,
    outcome: str,
    by: Actor | None,
    now: datetime,
) -> None:
    change.outcome, change.decided_at = outcome, now
    change.decided_by_id = by.person_id if by is not None else None
    session.flush()
    asker = session.execute(select(Person.key).where(Person.id == change.asked_by_id)).scalar_one()
    history.note(
        session,
        person,
        {"confirmed": "change:confirm", "refused": "change:refuse", "withdrawn": "change:withdraw"}[outcome],
        what=change.what,
        asked_by=asker,
        **change.values,
    )


def _apply(session: Session, person: Person, what: Guarded, values: Mapping[str, Any], now: datetime) -> Invalid | None:
    match what:
        case Guarded.ROLE:
            return _give(session, person, values)
        case Guarded.EMAIL:
            return organisation_leads.change_email(session, person, values["email"], now)
        case Guarded.TELEPHONE:
            forget_telephone(session, person)
        case Guarded.ACCESS:
            accounts.reactivate_person(session, person)
    return None


def forget_telephone(session: Session, person: Person) -> None:
    """Take second factor and passkeys from somebody who lost telephone and paper; every session of theirs ends."""
    second_factor.remove(session, person)
    passkeys.remove_all(session, person)
    end_all_sessions(session, person.id)


def _give(session: Session, person: Person, values: Mapping[str, Any]) -> Invalid | None:
    since, until = (date.fromisoformat(values[name]) if values.get(name) else None for name in ("since", "until"))
    scope = scope_of(values)
    given = accounts.grant_role(
        session, person, values["role"], scope.region, workflow=scope.workflow, since=since, until=until
    )
    return given if isinstance(given, Invalid) else None
