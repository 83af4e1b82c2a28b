"""Whose affair absences are: who may note them, and who is warned of roles for which nobody is there."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from expertise.people.access import Actor
from expertise.people.deputies import Unattended, without_deputy
from expertise.people.scope import STAFF, Scope
from expertise.web.people.form_fields import scope_text


def away_unattended(db: Session, actor: Actor, today: date) -> list[tuple[Unattended, str]]:
    """What concerns this coordinator: roles of absent people, in the own regions, for which nobody is there."""
    reach = [Scope(None, grant.region, grant.workflow) for grant in actor.grants if grant.role == "coordinator"]
    if not reach:
        return []
    return [
        (each, scope_text(db, Scope(each.role, each.region, each.workflow)))
        for each in without_deputy(db, today)
        if any(own.meets(Scope(None, each.region, each.workflow)) for own in reach)
    ]


def takes_part(actor: Actor) -> bool:
    """Whether the page of absences is open: to the team, in its own right, and to the administrator."""
    return actor.has("administrator") or any(grant.role in STAFF and grant.absent is None for grant in actor.grants)
