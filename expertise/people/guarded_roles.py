"""Roles that need two administrators: those that decide about cases or see all of them, and that which gives roles."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.people.model import Grant
from workflows.roles import Kind, RoleSet

#: Roles that return, endorse, approve and extend what others file, that read everything, and that give roles.
GUARDED: AbstractSet[str] = RoleSet(
    lambda role: role.kind in (Kind.GRANT, Kind.EVERYONE)  # those that definitions declare included
)


def holds_guarded(session: Session, person_id: int) -> bool:
    """Return whether the person has been given a guarded role, on whatever days."""
    held = select(Grant.id).where(Grant.person_id == person_id, Grant.role.in_(GUARDED)).limit(1)
    return session.scalar(held) is not None
