"""Change fields of a case that its present state lets one of the actor's roles edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expertise.audit.act import Act, Subject
from expertise.cases.actions.attachments import Upload
from expertise.cases.actions.change import Change
from expertise.cases.actions.decide import own_first
from expertise.cases.actions.idempotency import Done
from expertise.cases.actions.outcome import Outcome
from expertise.cases.lookups import Chooser, Known
from expertise.cases.queries import CaseRow
from expertise.cases.services import Unit
from expertise.files.model import file_key
from expertise.people.access import Actor
from workflows.fields import types
from workflows.refusals import Invalid, Refusal, WrongRole


def edit(
    unit: Unit, actor: Actor, case: CaseRow, raw: Mapping[str, Any], uploads: Mapping[str, Upload]
) -> Outcome | Done | Refusal:
    """Take the values that differ from those of the case; without any, nothing is written."""
    definition = unit.services.definitions.pinned(case.digest)
    may = definition.states[case.state].edit
    roles = own_first(case, actor, may)
    if not roles:
        return WrongRole(tuple(may))
    names = {name for role in roles for name in may[role]}
    arrived = {name: file_key() for name in uploads}
    lookups = Known(unit.session, case.id, set(arrived.values()), Chooser(actor, (roles[0],), case))
    loaded = types.load(definition, sorted(names), {**raw, **arrived}, lookups)
    if loaded.errors:
        return Invalid(loaded.errors)
    changed = {name: value for name, value in loaded.values.items() if case.fields.get(name) != value}
    if not changed:
        return Done(case.reference, case.version, case.state, case.sequence)
    return Outcome(
        Change(
            case=case,
            definition=definition,
            actor=actor,
            role=roles[0],
            act=Act(actor.source, Subject.FIELDS, "edit"),
            rule=f"{definition.key}@{definition.version}/edit",
            now=unit.now,
            target=case.state,
            values=changed,
            private=changed,
        ),
        files={arrived[name]: upload for name, upload in uploads.items()},
    )
