"""Change fields of a case that its present state lets one of the actor's roles edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from expertise.audit.act import Act, Subject
from expertise.cases import queries
from expertise.cases.actions.attachments import Upload
from expertise.cases.actions.change import Change
from expertise.cases.actions.decide import own_first
from expertise.cases.actions.idempotency import Done
from expertise.cases.actions.outcome import Outcome, Request
from expertise.cases.lookups import Chooser, Known, read_values
from expertise.cases.queries import CaseRow
from expertise.cases.services import Unit
from expertise.files.model import file_key
from workflows.definition import Definition
from workflows.fields import digests
from workflows.refusals import Invalid, Refusal, WrongRole


@dataclass(frozen=True, slots=True)
class ShownForm:
    """The values that a form had shown: field → digest, in which visit of a state."""

    visit: int
    digests: Mapping[str, str]

    def touched(self, definition: Definition, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of the raw values that differ from what was shown; a field that was not shown is one of them."""
        return {name: value for name, value in raw.items() if not self._is_as_shown(definition, name, value)}

    def _is_as_shown(self, definition: Definition, name: str, value: Any) -> bool:
        declared, shown = definition.fields.get(name), self.digests.get(name)
        return declared is not None and shown is not None and digests.of_typed(declared, value) == shown

    def has_moved(self, name: str, stored: Any) -> bool:
        """Whether a field holds another value now than the form had shown."""
        return name in self.digests and digests.of_stored(stored) != self.digests[name]


def edit(
    unit: Unit,
    request: Request,
    case: CaseRow,
    raw: Mapping[str, Any],
    uploads: Mapping[str, Upload],
    shown: ShownForm | None,
) -> Outcome | Done | Refusal:
    """Take the values that differ from those of the case; without any, nothing is written.

    Stale when the case has entered another state since the form was shown, or when a value was changed here and there.
    """
    definition = unit.services.definitions.pinned(case.digest)
    seen = case.version if request.seen is None else request.seen
    if shown is not None and shown.visit != case.visit:
        return queries.stale(unit.session, case, seen, request.actor.key)
    may = definition.states[case.state].edit
    roles = own_first(case, request.actor, may)
    if not roles:
        return WrongRole(tuple(may))
    names = {name for role in roles for name in may[role]}
    typed = raw if shown is None else _touched(definition, case, raw, shown)
    arrived = {name: file_key() for name in uploads}
    lookups = Known(unit.session, case.id, set(arrived.values()), Chooser(request.actor, (roles[0],), case))
    loaded = read_values(unit, definition, sorted(names), {**typed, **arrived}, lookups, case.fields)
    if loaded.errors:
        return Invalid(loaded.errors)
    changed = {name: value for name, value in loaded.values.items() if case.fields.get(name) != value}
    twice = tuple(name for name in changed if shown is not None and shown.has_moved(name, case.fields.get(name)))
    if twice:
        return queries.stale(unit.session, case, seen, request.actor.key, twice)
    if not changed:
        return Done(case.reference, case.version, case.state, case.sequence)
    return Outcome(
        Change(
            case=case,
            definition=definition,
            actor=request.actor,
            role=roles[0],
            act=Act(request.actor.source, Subject.FIELDS, "edit"),
            rule=f"{definition.key}@{definition.version}/edit",
            now=unit.now,
            target=case.state,
            values=changed,
            private=changed,
        ),
        files={arrived[name]: upload for name, upload in uploads.items()},
    )


def _touched(definition: Definition, case: CaseRow, raw: Mapping[str, Any], shown: ShownForm) -> dict[str, Any]:
    """Return the raw values that were changed on the form, without those that say what the case holds already.

    A value that its type would not take any more says so by its text.
    """
    touched = shown.touched(definition, raw)
    fields = definition.fields
    return {
        name: value
        for name, value in touched.items()
        if name not in fields
        or name not in case.fields
        or fields[name].type.typed(fields[name], case.fields[name]) != value
    }
