"""Access to the page of absences, and the warnings about roles that nobody stands in for."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from expertise.people.access import Actor
from expertise.people.deputies import Unattended, without_deputy
from expertise.people.scope import STAFF, Scope
from expertise.web.people.form_fields import scope_text


def away_unattended(db: Session, actor: Actor, today: date) -> list[tuple[Unattended, str]]:
    """Return the roles of absent people, in this coordinator's regions, for which nobody stands in."""
    reach = [Scope(None, grant.region, grant.workflow) for grant in actor.grants if grant.role == "coordinator"]
    if not reach:
        return []
    return [
        (each, scope_text(db, Scope(each.role, each.region, each.workflow)))
        for each in without_deputy(db, today)
        if any(own.meets(Scope(None, each.region, each.workflow)) for own in reach)
    ]


def takes_part(actor: Actor) -> bool:
    """Return whether the person may open the page of absences: the team by its own roles, and administrators."""
    return actor.has("administrator") or any(grant.role in STAFF and grant.absent is None for grant in actor.grants)
