"""Idempotency: the same key with the same body gets the same answer, and happens once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.base.write_set import WriteSet
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


def keep(writes: WriteSet, actor: str, key: str | None, asked: str, done: Done, now: datetime) -> None:
    """Add the answer. When a twin was faster, `flush` answers False, and the unit must be undone."""
    if key is None:
        return
    answer = {
        "reference": done.reference,
        "version": done.version,
        "state": done.state,
        "sequence": done.sequence,
        "opened": list(done.opened),
    }
    row = {"actor": actor, "key": _storable(key), "fingerprint": asked, "answer": answer, "at": now}
    writes.claim(table_of(Answered), row)


def _storable(key: str) -> str:
    """The key itself where the column can hold it, else its fingerprint: browsers and programs may send anything."""
    return key if len(key) <= LONGEST_KEY and key.isprintable() else fingerprint(key)
