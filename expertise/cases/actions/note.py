"""The desk's verb `note`: something about a case that changes no field and no state is written into its trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.cases import queries
from expertise.cases.actions import change as records
from expertise.cases.actions.change import Change
from expertise.cases.actions.decide import own_first
from expertise.cases.queries import CaseRow
from expertise.cases.services import Services
from expertise.people.access import Actor
from workflows.refusals import NotFound, Refusal, WrongRole


def note(
    session: Session,
    services: Services,
    actor: Actor,
    reference: str,
    about: str,
    values: Mapping[str, Any],
    roles: tuple[str, ...],
) -> CaseRow | Refusal:
    """Write an event `about` (subject:action) with private `values`, in one of `roles`; gives the case, held.

    It makes nobody's page stale, like a comment.
    """
    case = queries.lock(session, actor, reference)
    if case is None:
        return NotFound()
    mine = own_first(case, actor, roles)
    if not mine:
        return WrongRole(roles)
    definition = services.definitions.pinned(case.digest)
    change = Change(
        case=case,
        definition=definition,
        actor=actor,
        role=mine[0],
        act=f"{actor.source}:{about}",
        rule=f"{definition.key}@{definition.version}/{about.partition(':')[0]}",
        now=clock.now(),
        target=case.state,
        private=values,
        moves=False,
    )
    records.moved(session, services, change)
    return case
