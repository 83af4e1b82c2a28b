"""YAML → definition, with all errors at once. What the names in it mean is proved by `soundness`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import marshmallow

from workflows.definition import (
    MAIL_WORDS,
    Budget,
    Deadline,
    Definition,
    Extension,
    Field,
    Final,
    Part,
    Rung,
    State,
    Transition,
)
from workflows.fields.types import COMMENT, TYPES
from workflows.loading import schema
from workflows.loading.schema import Flaw, Shape, flaw
from workflows.loading.yaml_tree import Source, Tree, parse
from workflows.soundness.faults import DefinitionsBroken, Fault

_LIMIT = 10**13
_YES = {True: True, False: False}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says. There is a definition exactly when there are no errors."""

    definition: Definition | None
    errors: tuple[Fault, ...] = ()


def read(text: str, path: str) -> Reading:
    """Read one definition; `path` is only told in faults."""
    source = parse(text, path)
    try:
        loaded = cast("dict[str, Any]", _Workflow().load(cast("Mapping[str, Any]", source.tree)))
    except marshmallow.ValidationError as error:
        # A file that stopped the parser has no tree: its own fault says enough.
        flaws = () if source.tree is None and source.faults else _flaws(error.messages, ())
        found = (_fault(path, source, where, one) for where, one in flaws)
        return Reading(None, _by_line((*source.faults, *found)))
    if source.faults:
        return Reading(None, _by_line(source.faults))
    return Reading(Definition(digest=digest(source.tree), **loaded))


def load_directory(path: Path) -> dict[str, Definition]:
    """Every `*.yaml` of a folder, by key. Raises DefinitionsBroken with the faults of all files."""
    definitions: dict[str, Definition] = {}
    faults: list[Fault] = []
    for file in sorted(path.glob("*.yaml")):
        try:
            reading = read(file.read_text(encoding="utf-8"), file.name)
        except UnicodeDecodeError as error:
            message = f"byte {error.start} is not UTF-8"
            faults.append(Fault(file.name, "", message, "Save the file as UTF-8", "not_utf8"))
            continue
        faults += reading.errors
        if reading.definition is None:
            continue
        if reading.definition.key != file.stem:
            message = f"the workflow is called '{reading.definition.key}', its file is not"
            faults.append(Fault(file.name, "workflow", message, "Give both the same name", "name_differs"))
        definitions[reading.definition.key] = reading.definition
    if faults:
        raise DefinitionsBroken(tuple(faults))
    return definitions


def digest(tree: Tree) -> str:
    """SHA-256 of the content as canonical JSON. Layout, comments and the order of keys do not matter."""
    canonical = json.dumps(tree, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _flaws(messages: object, where: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Flaw]]:
    """Each flaw of marshmallow's nested messages with its path; `_schema` is its word for "here"."""
    if isinstance(messages, Flaw):
        yield where, messages
    elif isinstance(messages, list):
        for one in messages:
            yield from _flaws(one, where)
    elif isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _flaws(inner, where if key == "_schema" else (*where, key))


def _fault(path: str, source: Source, where: tuple[str | int, ...], one: Flaw) -> Fault:
    known = where
    while known and known not in source.lines:
        known = known[:-1]
    name = ".".join(map(str, where))
    return Fault(path, name, one.message, one.remedy, one.code, source.lines.get(known, 1))


def _by_line(faults: tuple[Fault, ...] | list[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(faults, key=lambda fault: (fault.line or 0, fault.where)))


def _field(key: str, **data: Any) -> Field:
    if key == COMMENT.key:
        flaw("reserved_name", "every step may ask for a comment without a field", "Choose another name")
    declared = Field(key, **data)
    if declared.type.has_options != bool(declared.options):
        flaw("options_misplaced", "a choice has options, and nothing else has", "Add options or change the type")
    if declared.type.has_columns != bool(declared.columns):
        flaw("columns_misplaced", "a table has columns, and nothing else has", "Add columns or change the type")
    _check_bounds(declared)
    return declared


def _check_bounds(declared: Field) -> None:
    smallest, largest = declared.min, declared.max
    if not declared.type.has_bounds and (smallest, largest) != (None, None):
        flaw("bounds_misplaced", f"a {declared.type} has no min or max", "Remove them")
    if smallest is not None and largest is not None and smallest > largest:
        flaw("bounds_crossed", "min is greater than max", "Exchange the two")


def _column(key: str, **data: Any) -> Field:
    if not data["type"].fits_column:
        flaw("unknown_type", f"a column cannot be a {data['type']}", "Make it a field of its own")
    return _field(key, **data)


def _state(key: str, *, deadline: Deadline | None = None, **data: Any) -> State:
    if key == "same":
        flaw("reserved_name", "'to: same' means that a case stays where it is", "Choose another name")
    owner = data.get("owner")
    if deadline is not None:
        deadline = replace(deadline, remind=tuple(replace(rung, to=owner or "") for rung in deadline.remind))
    return State(key, deadline=deadline, is_public="public" in data, **data)


def _transition(key: str, *, target: str, **data: Any) -> Transition:
    return Transition(key, target=None if target == "same" else target, **data)


def _escalation(offset: Budget, to: str) -> Rung:
    return Rung("after", offset, to)


class _Column(Shape):
    type = schema.OneOf(TYPES, "unknown_type", required=True)
    label = schema.Words(required=True)
    hint = schema.Words()
    min = schema.Whole(-_LIMIT, _LIMIT)
    max = schema.Whole(1, _LIMIT)
    options = schema.MapOf(schema.Words())


class _Field(_Column):
    columns = schema.MapOf(schema.Group(_Column(), dict), _column)
    column = schema.Name(data_key="as")
    personal = schema.OneOf(_YES)


class _Escalation(Shape):
    offset = schema.Days(data_key="after", required=True)
    to = schema.Name(required=True)


class _Extension(Shape):
    by = schema.Names(required=True)
    times = schema.Whole(1, 9, required=True)
    at_most = schema.Days(required=True)
    not_by = schema.Names()


class _Deadline(Shape):
    within = schema.Days(required=True)
    remind = schema.Reminders()
    escalate = schema.ListOf(schema.Group(_Escalation(), _escalation))
    then = schema.Name()
    extend = schema.Group(_Extension(), Extension)
    not_after = schema.Name()


class _State(Shape):
    label = schema.Words(required=True)
    owner = schema.Name(data_key="with")
    edit = schema.MapOf(schema.Names())
    deadline = schema.Group(_Deadline(), Deadline)
    paused = schema.OneOf({"paused": True, "running": False}, data_key="clock")
    final = schema.OneOf({final.value: final for final in Final})
    public = schema.Names()
    iati = schema.Whole(1, 6)
    retired = schema.OneOf(_YES)


class _Transition(Shape):
    label = schema.Words(required=True)
    sources = schema.Names(data_key="from", required=True)
    target = schema.Name(data_key="to", required=True)
    by = schema.Names(required=True)
    requires = schema.Names()
    needs = schema.Names(dotted=True)
    asks = schema.MapOf(schema.OneOf({"required": True, "optional": False}))
    tells = schema.MapOf(schema.Name())
    not_by = schema.Names()
    quorum = schema.Whole(1, 9)
    opens = schema.Name()
    carries = schema.Name()
    clears = schema.Names()
    corrected_by = schema.Names()
    risk = schema.OneOf({"low": "low", "high": "high"})
    mail = schema.OneOf({word: word for word in MAIL_WORDS})
    weight = schema.OneOf({"main": "main", "normal": "normal", "grave": "grave"})
    hint = schema.Words()


class _Part(Shape):
    workflow = schema.Name(required=True)
    label = schema.Words(required=True)
    takes = schema.Names()
    sealed = schema.OneOf(_YES)


class _Workflow(Shape):
    key = schema.Name(data_key="workflow", required=True)
    version = schema.Whole(1, 1_000_000, required=True)
    # Only these two placeholders: a free format string could reach into Python's objects.
    reference = schema.Pattern(r"[A-Z]{1,8}-\{year\}-\{number(:0[1-9]d)?\}", "ER-{year}-{number:04d}", required=True)
    title = schema.Words(required=True)
    calendar = schema.Pattern(r"[A-Z]{2}", "KZ", required=True)
    initial = schema.Name(required=True)
    uses = schema.Names()
    opened_by = schema.Names()
    parts = schema.MapOf(schema.Group(_Part(), dict), Part)
    declared = schema.MapOf(schema.Group(_Field(), dict), _field, data_key="fields", attribute="fields", required=True)
    states = schema.MapOf(schema.Group(_State(), dict), _state, required=True)
    transitions = schema.MapOf(schema.Group(_Transition(), dict), _transition, required=True)
