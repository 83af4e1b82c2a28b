"""Notes in the history of a person, in the transaction of the change itself."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from expertise.audit import history
from expertise.base import clock
from expertise.people.change_model import AccountNotice
from expertise.people.model import Person

#: Acts that letters report, to the person and, where another person's rights are at stake, to the administrators.
REPORTED = frozenset(
    {
        *("access:give", "facts:change", "lead:give", "lead:take_back", "role:give", "role:take_back"),
        *("outside:link", "password:set", "passkey:add", "passkey:refuse", "passkey:remove"),
        *("recovery_code:use", "recovery_codes:renew", "second_factor:confirm", "second_factor:remove"),
        *("absence:record", "token:issue", "token:revoke"),
        *("change:ask", "change:confirm", "change:object", "change:refuse"),
    }
)
#: Facts whose change is reported: the others open and close nothing.
REPORTED_FACTS = frozenset({"email", "organisation"})
#: Under which a session remembers whose accounts it opens.
_OPENING = "komek-opening"


def note(
    session: Session,
    whose: Person | int,
    act: str,
    *,
    own: bool = False,
    actor: str | None = None,
    former_email: str | None = None,
    **values: Any,
) -> None:
    """Note an act with its private values, those that are None left out; letters report it if it is one of REPORTED.

    `own`: the person has just proved to be it; else `actor` did it, or whoever acts in this session. `former_email`:
    the address before the act, which gets a letter, too.
    """
    person_id = whose.id if isinstance(whose, Person) else whose
    key = whose.key if isinstance(whose, Person) else session.execute(_key(whose)).scalar_one()
    said = {name: plain(value) for name, value in values.items() if value is not None}
    by = key if own else actor
    history.note(session, history.person(key), act, said, actor=by)
    by = by or history.actor_of(session)
    if act in REPORTED and key not in session.info.get(_OPENING, ()) and _matters(act, said, own=by == key):
        row = {"person_id": person_id, "act": act, "actor": by, "values": said}
        session.execute(insert(AccountNotice), {**row, "former_email": former_email, "at": clock.now()})


def opening(session: Session, person: Person) -> None:
    """Report nothing of this account in this session: it is being opened, and its invitation says so."""
    session.info.setdefault(_OPENING, set()).add(person.key)


def plain(value: Any) -> Any:
    """A value as JSON can say it: days as ISO."""
    return value.isoformat() if isinstance(value, date) else value


def _matters(act: str, values: dict[str, Any], *, own: bool) -> bool:
    """Return whether the act can harm the person: of an absence, only another's act that names a deputy."""
    if act == "absence:record":
        return not own and "deputy" in values
    return act != "facts:change" or not REPORTED_FACTS.isdisjoint(values)


def _key(person_id: int) -> Any:
    return select(Person.key).where(Person.id == person_id)
