"""History of people and organisations: a chain for each, written in the transaction of the change.

`acting` sets the actor once per transaction; the functions of `people` note what they do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from expertise.audit.chain import START, leaf_of, moment, seal
from expertise.audit.model import History, HistoryEvent, HistoryValue
from expertise.base import clock
from expertise.base.crash import crashpoint
from expertise.base.database import insert_as, table_of

#: Who acts where nobody is signed in: the command line, on the machine itself.
COMMAND_LINE = "house"
#: Who notes what nobody in particular did: the worker.
CLOCK = "clock"
#: Under which a session remembers who acts in it.
_ACTOR = "komek-actor"

HISTORIES, EVENTS, VALUES = table_of(History), table_of(HistoryEvent), table_of(HistoryValue)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One event of a history. `values` holds what was not erased."""

    sequence: int
    at: datetime
    act: str
    actor: str
    values: Mapping[str, Any]


def acting(session: Session, actor: str) -> None:
    """Set `actor`, a pseudonym, for everything noted in this session."""
    session.info[_ACTOR] = actor


def actor_of(session: Session) -> str:
    """Return the actor of this session: a pseudonym, or COMMAND_LINE."""
    return str(session.info.get(_ACTOR, COMMAND_LINE))


def person(key: str) -> str:
    """Return the subject of a person's history, by pseudonym."""
    return f"person:{key}"


def organisation(key: str) -> str:
    """Return the subject of an organisation's history."""
    return f"organisation:{key}"


def note(
    session: Session, subject: str, act: str, values: Mapping[str, Any] | None = None, *, actor: str | None = None
) -> None:
    """Append one event; `values` are private. Events of one subject wait for each other until the commit."""
    now, by = clock.now(), actor or actor_of(session)
    last = session.execute(
        _chain(session.get_bind().dialect.name), {"subject": subject, "sequence": 0, "head": START}
    ).one()
    place = {"subject": subject, "sequence": last.sequence + 1}
    said = {"act": act, "actor": by, "at": moment(now), "previous": last.head.hex(), **place}
    body, private = seal(said, values or {})
    leaf = leaf_of(body)
    session.execute(insert(EVENTS), {**place, "at": now, "act": act, "actor": by, "body": body, "leaf": leaf})
    crashpoint("after_history_insert")
    if private:
        session.execute(insert(VALUES), [{**place, **row} for row in private])
    head = {"sequence": place["sequence"], "head": leaf}
    session.execute(update(HISTORIES).where(HISTORIES.c.subject == subject).values(head))


def read(session: Session, subject: str) -> Sequence[HistoryEntry]:
    """Return the history of a person or an organisation, newest first."""
    values: dict[int, dict[str, Any]] = {}
    private = select(VALUES.c.sequence, VALUES.c.name, VALUES.c.value).where(VALUES.c.subject == subject)
    for row in session.execute(private.order_by(VALUES.c.name)):
        values.setdefault(row.sequence, {})[row.name] = json.loads(row.value)
    events = select(EVENTS.c.sequence, EVENTS.c.at, EVENTS.c.act, EVENTS.c.actor).where(EVENTS.c.subject == subject)
    return [
        HistoryEntry(row.sequence, row.at, row.act, row.actor, values.get(row.sequence, {}))
        for row in session.execute(events.order_by(EVENTS.c.sequence.desc()))
    ]


def last(session: Session, subject: str, act: str) -> datetime | None:
    """Return the moment of the last such event; None if there was none."""
    return session.scalar(select(func.max(EVENTS.c.at)).where(EVENTS.c.subject == subject, EVENTS.c.act == act))


@cache
def _chain(dialect: str) -> ReturningInsert[Any]:
    """Lock the chain, which is begun if it is new. One statement, so that no other transaction can begin it too."""
    begun = insert_as(dialect, HISTORIES)
    held = begun.on_conflict_do_update(index_elements=["subject"], set_={"subject": HISTORIES.c.subject})
    return held.returning(HISTORIES.c.sequence, HISTORIES.c.head)
