"""Reading one case. Every read goes through `condition`: what a person may not see does not exist for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, false, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from expertise.audit.model import Event
from expertise.base.database import table_of
from expertise.base.driver import Prepared
from expertise.calendars.cache import newest, remember_version
from expertise.cases.model import Case
from expertise.cases.parties import PARTIES_OF
from expertise.cases.reach import condition, roles_of
from expertise.files.model import StoredFile
from expertise.people.access import Actor
from expertise.people.scope import STAFF
from workflows.refusals import Stale

#: A case read without the ORM: attributes are the columns of `READ`, or of the list it stands in.
CaseRow = Row[Any]

CASES = table_of(Case)


#: The columns of a case as one reads it whole: those of its row, and the parties that it has now.
READ: tuple[ColumnElement[Any], ...] = (*CASES.c, PARTIES_OF)


def seen_by(actor: Actor) -> Select[Any]:
    """All cases that `actor` reaches, to be narrowed to one or to a few; a list takes `reach.listed`."""
    return select(*READ).where(condition(actor))


def find(session: Session, actor: Actor, reference: str) -> CaseRow | None:
    """The case, when this actor may see it; None otherwise."""
    return session.execute(seen_by(actor).where(equal(CASES.c.reference, reference))).first()


def find_file(session: Session, actor: Actor, key: str) -> Row[Any] | None:
    """The stored file with that key, when this actor may see its case; that of an internal note for the team alone."""
    files = table_of(StoredFile)
    found = session.execute(
        select(files).join(CASES, CASES.c.id == files.c.case_id).where(equal(files.c.key, key), condition(actor))
    ).first()
    if found is not None and found.internal and not sees_notes(roles_of(of_id(session, found.case_id), actor)):
        return None
    return found


def sees_notes(roles: frozenset[str]) -> bool:
    """Return whether somebody with these roles in a case sees its internal notes: the team there, and nobody else."""
    return not roles.isdisjoint(STAFF)


def of_id(session: Session, case_id: int) -> CaseRow:
    """The case with that id, for an actor who has been let to something of it already."""
    return session.execute(select(*READ).where(CASES.c.id == case_id)).one()


def reference_of(session: Session, case_id: int) -> str:
    """The reference of the case with that id; see `of_id`."""
    return session.execute(select(CASES.c.reference).where(CASES.c.id == case_id)).scalar_one()


def lock(session: Session, actor: Actor, reference: str) -> CaseRow | None:
    """The case, held until the transaction ends; the parent of a part is held before it, always in that order.

    None when there is no such case that the actor may see.
    """
    if "\0" in reference:
        return None
    asked, lockable = {"reference": reference}, _lockable(actor)
    alone = _held(session, lockable.alone, asked)
    if alone is not None:
        remember_version(session, alone.calendars)
        return alone
    parent = _parent(session, _PARENT.first(session, asked))
    if parent is None:
        return None
    lock_by_id(session, parent)
    return _held(session, lockable.part, asked)


#: The parent of a case, and on the way which version of the calendars this transaction counts by.
_BEFORE = select(CASES.c.parent_id, newest().label("calendars"))
_PARENT = Prepared(_BEFORE.where(CASES.c.reference == bindparam("reference")))
_PARENT_BY_ID = Prepared(_BEFORE.where(CASES.c.id == bindparam("case_id")))

#: The version of a case as the statement that waits for its lock has seen it before.
_COPY = CASES.alias()
_VERSION_BEFORE = select(_COPY.c.version).where(_COPY.c.id == CASES.c.id).correlate(CASES).scalar_subquery()
_LOCKED = (*READ, _VERSION_BEFORE.label("version_before"))


class _Lockable:
    """The statements that hold a case for one person: one that has no parent, with the calendars, and a part."""

    def __init__(self, actor: Actor) -> None:
        mine = (condition(actor), CASES.c.reference == bindparam("reference"))
        alone = select(*_LOCKED, newest().label("calendars")).where(*mine, CASES.c.parent_id.is_(None))
        part = select(*_LOCKED).where(*mine, CASES.c.parent_id.is_not(None))
        self.alone = Prepared(alone.with_for_update(key_share=True, of=CASES))
        self.part = Prepared(part.with_for_update(key_share=True, of=CASES))


#: Built once per person: making them costs as much as sending them.
_lockable = lru_cache(maxsize=1024)(_Lockable)

_BY_ID = select(*_LOCKED).where(CASES.c.id == bindparam("case_id"))
_HELD = Prepared(_BY_ID.with_for_update(key_share=True, of=CASES))
_HELD_OR_SKIPPED = Prepared(_BY_ID.with_for_update(key_share=True, of=CASES, skip_locked=True))


def lock_by_id(session: Session, case_id: int, *, or_skip: bool = False) -> CaseRow | None:
    """The case with that id, held. `or_skip`: None when somebody else holds it just now (PostgreSQL)."""
    return _held(session, _HELD_OR_SKIPPED if or_skip else _HELD, {"case_id": case_id})


def _held(session: Session, wanted: Prepared, given: Mapping[str, Any]) -> CaseRow | None:
    """The row under its lock, with the parties of that moment.

    PostgreSQL reads the row anew after it has waited for the lock, and nothing else: parties, and whether the actor
    is one, are those of the moment before. Whoever was waited for has raised the version if parties changed; then
    the same statement is sent again, and sees what was written.
    """
    row = wanted.first(session, given)
    if row is not None and row.version != row.version_before:
        row = wanted.first(session, given)
    return row


def moved_only_by(session: Session, case: CaseRow, seen: int, actor: str) -> bool:
    """Whether every change of the case since version `seen` is of this actor, by pseudonym."""
    since = select(Event.actor).where(Event.case_id == case.id).order_by(Event.sequence.desc())
    found = session.scalars(since.limit(max(0, case.version - seen))).all()
    return bool(found) and all(each == actor for each in found)


def stale(session: Session, case: CaseRow, seen: int, actor: str, fields: tuple[str, ...] = ()) -> Stale:
    """Return the refusal of a request that was made looking at version `seen`, which is not that of the case."""
    return Stale(seen, case.version, case.changed_at, moved_only_by(session, case, seen, actor), fields)


def claim(session: Session, case_id: int) -> CaseRow | None:
    """The case and its parent, held for the clock; None when somebody else holds one of them just now."""
    parent = _parent(session, _PARENT_BY_ID.first(session, {"case_id": case_id}))
    if parent is not None and lock_by_id(session, parent, or_skip=True) is None:
        return None
    return lock_by_id(session, case_id, or_skip=True)


def _parent(session: Session, row: Row[Any] | None) -> int | None:
    if row is None:
        return None
    remember_version(session, row.calendars)
    return row.parent_id


def equal(column: InstrumentedAttribute[Any] | ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """`column == text` for text from outside: no row holds a NUL, and PostgreSQL refuses to look for one."""
    return false() if "\0" in text else column == text


def is_late(row: CaseRow, now: datetime) -> bool:
    """Past its deadline and still alive."""
    return row.final is None and row.due_at is not None and row.due_at < now


def late(now: datetime) -> ColumnElement[bool]:
    """The condition under which `is_late` holds."""
    return and_(CASES.c.final.is_(None), CASES.c.due_at < now)
