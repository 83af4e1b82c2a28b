"""Write something about a case into its trail that changes no field and no state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expertise.audit.act import act_of
from expertise.cases.actions.change import Change
from expertise.cases.actions.decide import own_first
from expertise.cases.actions.outcome import Outcome
from expertise.cases.queries import CaseRow
from expertise.cases.services import Unit
from expertise.people.access import Actor
from workflows.refusals import Refusal, WrongRole


def note(
    unit: Unit, actor: Actor, case: CaseRow, about: str, values: Mapping[str, Any], roles: tuple[str, ...]
) -> Outcome | Refusal:
    """An event `about` (subject:action) with private `values`, in one of `roles`. It makes nobody's page stale."""
    mine = own_first(case, actor, roles)
    if not mine:
        return WrongRole(roles)
    definition = unit.services.definitions.pinned(case.digest)
    return Outcome(
        Change(
            case=case,
            definition=definition,
            actor=actor,
            role=mine[0],
            act=act_of(f"{actor.source}:{about}"),
            rule=f"{definition.key}@{definition.version}/{about.partition(':')[0]}",
            now=unit.now,
            target=case.state,
            private=values,
            moves=False,
        )
    )
