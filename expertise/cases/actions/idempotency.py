"""Idempotency: the same key with the same body gets the same answer, and happens once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Insert, select
from sqlalchemy.orm import Session

from expertise.base.crash import crashpoint
from expertise.base.database import insert_as, table_of
from expertise.cases.model import Answered
from workflows.refusals import KeyReused

LONGEST_KEY = 80  # characters of the column


@dataclass(frozen=True, slots=True)
class Done:
    """The answer of the desk to a request that was carried out. `repeated`: it was done before, by the same request."""

    reference: str
    version: int
    state: str
    sequence: int
    opened: tuple[str, ...] = ()  # references of parts
    repeated: bool = False


def fingerprint(*body: Any) -> str:
    """SHA-256 of what was asked, hexadecimal; the same request gives the same text whatever the order of its keys."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def before(session: Session, actor: str, key: str | None, asked: str) -> Done | KeyReused | None:
    """The stored answer to this key, KeyReused for another body, None when the key is new."""
    if key is None:
        return None
    key = _storable(key)
    row = session.execute(
        select(Answered.fingerprint, Answered.answer).where(Answered.actor == actor, Answered.key == key)
    ).first()
    if row is None:
        return None
    if row.fingerprint != asked:
        return KeyReused()
    return Done(**{**row.answer, "opened": tuple(row.answer["opened"]), "repeated": True})


def keep(session: Session, actor: str, key: str | None, asked: str, done: Done, now: datetime) -> bool:
    """Store the answer in the same transaction. False: a twin was faster, and this unit must be undone."""
    if key is None:
        return True
    key = _storable(key)
    answer = {**asdict(done), "opened": list(done.opened)}
    del answer["repeated"]
    row = {"actor": actor, "key": key, "fingerprint": asked, "answer": answer, "at": now}
    written = session.execute(_unless_there(session.get_bind().dialect.name), row).first()
    crashpoint("after_idempotency_insert")
    return written is not None


@cache
def _unless_there(dialect: str) -> Insert:
    """Built once: making it costs more than sending it."""
    return insert_as(dialect, table_of(Answered)).on_conflict_do_nothing().returning(table_of(Answered).c.key)


def _storable(key: str) -> str:
    """The key itself where the column can hold it, else its fingerprint: browsers and programs may send anything."""
    return key if len(key) <= LONGEST_KEY and key.isprintable() else fingerprint(key)
