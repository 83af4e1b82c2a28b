"""Change fields of a case that its present state lets one of the actor's roles edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from workflows.field import Field
from workflows.fields import digests, row_merge
from workflows.fields.row_merge import Row, RowDigests
from workflows.refusals import Invalid, Refusal, WrongRole


@dataclass(frozen=True, slots=True)
class ShownForm:
    """The values that a form had shown in a visit of a state: field → digest, and table → the digests of its cells."""

    visit: int
    digests: Mapping[str, str]
    rows: Mapping[str, Sequence[RowDigests]] = field(default_factory=dict)

    def touched(self, definition: Definition, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of the raw values that differ from what was shown; a field that was not shown is one of them."""
        return {name: value for name, value in raw.items() if not self._is_as_shown(definition, name, value)}

    def _is_as_shown(self, definition: Definition, name: str, value: Any) -> bool:
        declared, shown = definition.fields.get(name), self.digests.get(name)
        return declared is not None and shown is not None and digests.of_typed(declared, value) == shown

    def has_moved(self, name: str, stored: Any) -> bool:
        """Whether a field holds another value now than the form had shown."""
        return name in self.digests and digests.of_stored(stored) != self.digests[name]

    def merged(self, declared: Field, mine: Any, stored: Any) -> list[Row] | None:
        """Return the rows of a table with what was changed on the form and meanwhile; None when the two disagree.

        None also for a field that is no table. `mine`: the value that the form means.
        """
        shown = self.rows.get(declared.key)
        if shown is None or not declared.columns or any(len(row) != len(declared.columns) for row in shown):
            return None
        return row_merge.merge(declared, shown, mine or [], stored or [])


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
    changed, twice = _with_theirs(definition, case, changed, shown)
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


def _with_theirs(
    definition: Definition, case: CaseRow, changed: Mapping[str, Any], shown: ShownForm | None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the changed values, tables with the rows that others have changed, and the fields changed twice."""
    values, twice = dict(changed), []
    for name, value in changed.items():
        stored = case.fields.get(name)
        if shown is None or not shown.has_moved(name, stored):
            continue
        rows = shown.merged(definition.fields[name], value, stored)
        if rows is None:
            twice.append(name)
        elif (rows or None) == stored:  # both have done the same
            del values[name]
        else:
            values[name] = rows or None
    return values, tuple(twice)


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
