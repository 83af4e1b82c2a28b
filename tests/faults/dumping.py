"""A database told so that two of them can be compared: no ids, no random keys, no nonces."""

from __future__ import annotations

import json
from collections.abc import Iterable

from expertise.audit.model import Event
from expertise.cases.model import Answered, Case, Word
from expertise.files.model import StoredFile
from expertise.mail.model import OutgoingLetter
from expertise.people.model import Person
from expertise.reminders.model import Timer

#: Random, or a row's number: PostgreSQL leaves gaps where a transaction was undone.
LEFT_OUT = {"id", "head", "leaf", "body", "key", "message_id", "dedupe_key", "answer", "lease_until", "case_id"}
TABLES = (Case, Event, Timer, OutgoingLetter, StoredFile, Word)


def told(env) -> dict[str, list[str]]:
    """Table → its rows as text, sorted; people by name, cases by reference."""
    cases = {row.id: row.reference for row in env.rows(Case.__table__)}
    names = {row.key: row.name for row in env.rows(Person.__table__)}
    names |= {row.key: f"file {row.name}" for row in env.rows(StoredFile.__table__)}
    dump = {
        model.__tablename__: sorted(_row(row, cases, names) for row in env.rows(model.__table__)) for model in TABLES
    }
    dump["answered"] = sorted(
        f"{row.key} {json.dumps(row.answer, sort_keys=True)}" for row in env.rows(Answered.__table__)
    )
    return dump


def _row(row, cases, names) -> str:
    said = {name: value for name, value in row._mapping.items() if name not in LEFT_OUT}
    if "case_id" in row._mapping:
        said["case"] = cases.get(row.case_id)
    if "parent_id" in said:
        said["parent_id"] = cases.get(said["parent_id"])
    return _named(json.dumps(said, sort_keys=True, default=str, ensure_ascii=False), names.items())


def _named(text: str, names: Iterable[tuple[str, str]]) -> str:
    for key, name in names:
        text = text.replace(key, name)
    return text
