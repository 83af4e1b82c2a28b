"""Every read of a case goes through `visible`: what a person may not see does not exist for them."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from expertise.base.database import table_of
from expertise.calendars.cache import newest, remember_version
from expertise.cases.model import Case
from expertise.files.model import StoredFile
from expertise.people.access import Actor
from expertise.people.scope import EVERYWHERE, STAFF

#: A row of the cases table, read without the ORM: attributes are the columns.
CaseRow = Row[Any]

CASES = table_of(Case)


def visible(actor: Actor) -> ColumnElement[bool]:
    """The condition under which `actor` may see a case.

    A request that was never sent is its author's and their organisation's own; staff sees it once it is sent,
    or when no person began it (an import). A lender sees what was laid on its desk, from then on.
    """
    if actor.machine is not None or any(actor.has(role) for role in EVERYWHERE):
        return true()
    reach: list[ColumnElement[bool]] = [false()]
    team = {(grant.region, grant.workflow) for grant in actor.grants if grant.role in STAFF}
    if team:
        reach.append(and_(_sent(), or_(*(within(region, workflow) for region, workflow in sorted(team, key=str)))))
        reach.append(CASES.c.opened_by_id == actor.person_id)
    if actor.has("requester") and actor.organisation_id is not None:
        reach.append(CASES.c.organisation_id == actor.organisation_id)
    if actor.has("lender") and actor.organisation_id is not None:
        reach.append(CASES.c.lender_id == actor.organisation_id)
    if actor.has("expert"):
        reach.append(CASES.c.expert_id == actor.person_id)
    return or_(*reach)


def within(region: str | None, workflow: str | None) -> ColumnElement[bool]:
    """The reach of a role of the team; None leaves that side open."""
    sides = {CASES.c.region: region, CASES.c.workflow: workflow}
    return and_(true(), *(column == wanted for column, wanted in sides.items() if wanted is not None))


def sent_or_own(actor: Actor) -> ColumnElement[bool]:
    """All but the drafts of others, which wait for nobody else yet."""
    return or_(_sent(), CASES.c.opened_by_id == actor.person_id)


def _sent() -> ColumnElement[bool]:
    return or_(CASES.c.visit > 1, CASES.c.parent_id.is_not(None), CASES.c.opened_by_id.is_(None))


def seen_by(actor: Actor) -> Select[Any]:
    """All cases that `actor` may see, to be narrowed further."""
    return select(CASES).where(visible(actor))


def find(session: Session, actor: Actor, reference: str) -> CaseRow | None:
    """The case, when this actor may see it."""
    return session.execute(seen_by(actor).where(equal(CASES.c.reference, reference))).first()


def find_file(session: Session, actor: Actor, key: str) -> Row[Any] | None:
    """The stored file with that key, when this actor may see its case."""
    files = table_of(StoredFile)
    return session.execute(
        select(files).join(CASES, CASES.c.id == files.c.case_id).where(equal(files.c.key, key), visible(actor))
    ).first()


def of_id(session: Session, case_id: int) -> CaseRow:
    """The case with that id, for who has been let to something of it already."""
    return session.execute(select(CASES).where(CASES.c.id == case_id)).one()


def reference_of(session: Session, case_id: int) -> str:
    """What people call the case with that id; see `of_id`."""
    return session.execute(select(CASES.c.reference).where(CASES.c.id == case_id)).scalar_one()


def lock(session: Session, actor: Actor, reference: str) -> CaseRow | None:
    """The case, held until the transaction ends; a part's whole is held before it, always in that order."""
    if "\0" in reference:
        return None
    whole = _whole(session, session.execute(_WHOLE, {"reference": reference}).first())
    if whole is not None:
        lock_by_id(session, whole)
    return session.execute(_lockable(actor), {"reference": reference}).first()


#: The whole of a case, and on the way which version of the calendars this transaction counts by.
_BEFORE = select(CASES.c.parent_id, newest().label("calendars"))
_WHOLE = _BEFORE.where(CASES.c.reference == bindparam("reference"))
_WHOLE_BY_ID = _BEFORE.where(CASES.c.id == bindparam("case_id"))


@lru_cache(maxsize=1024)
def _lockable(actor: Actor) -> Select[Any]:
    """Built once per person: making it costs as much as sending it."""
    return seen_by(actor).where(CASES.c.reference == bindparam("reference")).with_for_update(key_share=True)


def lock_by_id(session: Session, case_id: int, *, or_skip: bool = False) -> CaseRow | None:
    """The case with that id, held. `or_skip`: None when somebody else holds it just now (PostgreSQL)."""
    wanted = select(CASES).where(CASES.c.id == case_id).with_for_update(key_share=True, skip_locked=or_skip)
    return session.execute(wanted).first()


def claim(session: Session, case_id: int) -> CaseRow | None:
    """The case and its whole, held for the clock; None when somebody else holds one of them just now."""
    whole = _whole(session, session.execute(_WHOLE_BY_ID, {"case_id": case_id}).first())
    if whole is not None and lock_by_id(session, whole, or_skip=True) is None:
        return None
    return lock_by_id(session, case_id, or_skip=True)


def _whole(session: Session, row: Row[Any] | None) -> int | None:
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
