"""The readings that are written down: by people who only watch, and by everybody who opens a sealed part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.audit import access_log
from expertise.audit.access_log import ReadAccess
from expertise.cases.parties import in_role
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.reach import roles_of
from expertise.cases.services import Services
from expertise.people.access import Actor
from expertise.people.names import names_of
from expertise.people.scope import EVERYWHERE


@dataclass(frozen=True, slots=True)
class WasRead:
    """A reading as it is shown. `file` is the key of a file, "" for the case itself. `id` is its place in the log."""

    id: int
    at: datetime
    name: str
    role: str
    file: str


def to_be_noted(
    session: Session, services: Services, case: CaseRow, actor: Actor, file: str | None = None
) -> ReadAccess | None:
    """The reading that this look at a case, or at a file of it, is; None where it goes without saying.

    A party of a case reads it as a matter of course; of a sealed part only its own expert does.
    """
    roles, expert = roles_of(case, actor), in_role(case.parties, "expert")
    is_theirs = expert is not None and expert.person_id == actor.person_id
    if roles <= EVERYWHERE or (_sealed(session, services, case) and not is_theirs):
        return ReadAccess(case.id, actor.key, min(roles, default="anyone"), file)
    return None


def readings(session: Session, case: CaseRow, before: int | None = None, most: int = 50) -> Sequence[WasRead]:
    """Return readings of the case, the latest first. `before` is the id of the last one of the page before."""
    rows = access_log.of_case(session, case.id, most, before)
    names = names_of(session, {row.person for row in rows})
    return [WasRead(row.id, row.at, names.get(row.person, row.person), row.role, row.file or "") for row in rows]


def _sealed(session: Session, services: Services, case: CaseRow) -> bool:
    if case.parent_id is None:
        return False
    digest = session.execute(select(CASES.c.digest).where(CASES.c.id == case.parent_id)).scalar_one()
    return services.definitions.pinned(digest).parts[case.part].sealed
