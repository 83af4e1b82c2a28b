"""YAML → definition, with all errors at once. `soundness` proves that the names in it are defined."""

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
    OTHER,
    Budget,
    CaseClock,
    Deadline,
    Definition,
    Extension,
    Field,
    Final,
    Group,
    Part,
    Rung,
    State,
    Tab,
    TargetBranch,
    Transition,
)
from workflows.field import Source
from workflows.fields.types import COMMENT, TYPES
from workflows.loading import budgets, schema
from workflows.loading.arguments import ArgumentsShape, check_arguments, check_options
from workflows.loading.branches import TargetValue
from workflows.loading.facts import FactShape, MatchesShape, build_fact
from workflows.loading.roles import RoleShape, build_role
from workflows.loading.schema import Flaw, Shape, flaw
from workflows.loading.yaml_tree import ParsedFile, Tree, parse
from workflows.soundness.faults import DefinitionsBroken, Fault

_LIMIT = 10**13
_YES = {True: True, False: False}


@dataclass(frozen=True, slots=True)
class ParsedDefinition:
    """The result of reading a file. There is a definition exactly when there are no errors."""

    definition: Definition | None
    errors: tuple[Fault, ...] = ()


def read(text: str, path: str) -> ParsedDefinition:
    """Read one definition; `path` is only used in faults."""
    return build(parse(text, path), path)


def build(source: ParsedFile, path: str) -> ParsedDefinition:
    """Return the definition of a file as a tree, or its faults."""
    try:
        loaded = cast("dict[str, Any]", FILE.load(cast("Mapping[str, Any]", source.tree)))
    except marshmallow.ValidationError as error:
        # A file that stopped the parser has no tree: its own fault says enough.
        found = () if source.tree is None and source.faults else faults_of(error, source, path)
        return ParsedDefinition(None, _by_line((*source.faults, *found)))
    if source.faults:
        return ParsedDefinition(None, _by_line(source.faults))
    lines = {".".join(map(str, path)): line for path, line in source.lines.items()}
    return ParsedDefinition(Definition(digest=digest(source.tree), lines=lines, **loaded))


def faults_of(error: marshmallow.ValidationError, source: ParsedFile, path: str) -> tuple[Fault, ...]:
    """Return the flaws that a shape has found in a file, each with its line."""
    return _by_line([_fault(path, source, where, one) for where, one in _flaws(error.messages, ())])


def load_directory(path: Path) -> dict[str, Definition]:
    """Every `*.yaml` of a folder, by key. Raises DefinitionsBroken with the faults of all files."""
    definitions, broken = read_directory(path)
    if broken:
        raise DefinitionsBroken(tuple(fault for faults in broken.values() for fault in faults))
    return definitions


def read_directory(path: Path) -> tuple[dict[str, Definition], dict[str, tuple[Fault, ...]]]:
    """Every `*.yaml` of a folder: the definitions by key, and the faults of the files that cannot be read, by name."""
    definitions: dict[str, Definition] = {}
    broken: dict[str, tuple[Fault, ...]] = {}
    for file in sorted(path.glob("*.yaml")):
        reading = read_file(file)
        if reading.definition is None:
            broken[file.stem] = reading.errors
        elif reading.definition.key != file.stem:
            message = f"the workflow is called '{reading.definition.key}', its file is not"
            broken[file.stem] = (Fault(file.name, "workflow", message, "Give both the same name", "name_differs"),)
        else:
            definitions[reading.definition.key] = reading.definition
    return definitions, broken


def read_file(file: Path, path: str = "") -> ParsedDefinition:
    """Read the definition in a file, whatever it holds. `path` stands in faults; its name unless given."""
    shown = path or file.name
    try:
        return read(file.read_text(encoding="utf-8"), shown)
    except UnicodeDecodeError as error:
        fault = Fault(shown, "", f"byte {error.start} is not UTF-8", "Save the file as UTF-8", "not_utf8")
    except OSError as error:
        fault = Fault(shown, "", f"the file cannot be read ({error.strerror})", "Let Komek read it", "unreadable")
    return ParsedDefinition(None, (fault,))


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


def _fault(path: str, source: ParsedFile, where: tuple[str | int, ...], one: Flaw) -> Fault:
    known = where
    while known and known not in source.lines:
        known = known[:-1]
    name = ".".join(map(str, where))
    return Fault(path, name, one.message, one.remedy, one.code, source.lines.get(known, 1))


def _by_line(faults: tuple[Fault, ...] | list[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(faults, key=lambda fault: (fault.line or 0, fault.where)))


#: Words of `as` in definitions that were published under them, and that their cases go on by → the word of today.
_RENAMED_COLUMNS = {"assignee": "expert"}


def _field(key: str, **data: Any) -> Field:
    if key == COMMENT.key:
        flaw("reserved_name", "every step may ask for a comment without a field", "Choose another name")
    column = data.pop("column", None)
    declared = Field(key, column=_RENAMED_COLUMNS.get(column, column), **data)
    check_options(declared)
    if declared.type.has_columns != bool(declared.columns):
        flaw("columns_misplaced", "a table has columns, and nothing else has", "Add columns or change the type")
    if declared.type.names_case != bool(declared.of):
        flaw(
            "workflow_misplaced",
            "a case says of which workflow, and nothing else does",
            "Write 'of: WORKFLOW', or remove it",
        )
    check_arguments(declared)
    _check_bounds(declared)
    _check_days(declared)
    return declared


def _check_bounds(declared: Field) -> None:
    smallest, largest = declared.min, declared.max
    if not declared.type.has_bounds and (smallest, largest) != (None, None):
        flaw("bounds_misplaced", f"a {declared.type} has no min or max", "Remove them")
    if declared.positive and not declared.type.is_amount:
        flaw("bounds_misplaced", f"a {declared.type} is no amount", "Remove 'positive'")
    if smallest is not None and largest is not None and smallest > largest:
        flaw("bounds_crossed", "min is greater than max", "Exchange the two")


def _check_days(declared: Field) -> None:
    if not declared.type.is_date and (declared.not_before, declared.not_after) != (None, None):
        flaw("bounds_misplaced", f"a {declared.type} is no day before or after another", "Remove the bound")
    if declared.filled_from is not None and declared.filled_from not in declared.type.sources:
        flaw("source_misplaced", f"'{declared.filled_from}' fills no {declared.type}", "Change the type, or remove it")


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


def _deadline(**data: Any) -> Deadline:
    made = Deadline(**data)
    if (made.within is None) is (made.on is None):
        flaw("deadline_needs_one", "a deadline has a length or a day", "Write 'within' or 'on', one of the two")
    if made.on is not None and (made.extend is not None or made.not_after is not None):
        remedy = "Remove 'extend' and 'not_after', or write 'within'"
        flaw("deadline_on_a_day", "a deadline on a day moves with the field of that day alone", remedy)
    return made


def _group(key: str, **data: Any) -> Group:
    if key == OTHER:
        flaw("reserved_name", "the fields of no group stand in 'other'", "Choose another name")
    return Group(key, **data)


def _transition(key: str, *, target: str | tuple[TargetBranch, ...], **data: Any) -> Transition:
    if isinstance(target, tuple):
        return Transition(key, target=target[-1].state, branches=target, **data)
    return Transition(key, target=None if target == "same" else target, **data)


def _escalation(offset: Budget, to: str) -> Rung:
    return Rung("after", offset, to)


def _only_with(name: str, types: list[str]) -> dict[str, Any]:
    """Return the JSON Schema by which a key stands, and holds something, exactly in fields of these types."""
    there: dict[str, Any] = {"required": [name], "properties": {name: {"minLength": 1, "minProperties": 1}}}
    return {"if": _of_type(types), "then": there, "else": {"not": {"required": [name]}}}


def _of_type(types: list[str]) -> dict[str, Any]:
    return {"properties": {"type": {"enum": types}}, "required": ["type"]}


def _arguments(name: str) -> dict[str, Any]:
    """Return the JSON Schema by which a key stands in fields of types that know it, and in those that need it."""
    knowing = [key for key, each in TYPES.items() if name in each.arguments]
    needing = [key for key, each in TYPES.items() if name in each.demands]
    there = {"if": _of_type(needing), "then": {"required": [name]}}
    return {"if": {"required": [name]}, "then": _of_type(knowing), "else": there}


class _Column(ArgumentsShape):
    type = schema.OneOfValue(TYPES, "unknown_type", required=True)
    label = schema.TextsValue(required=True)
    hint = schema.TextsValue()
    min = schema.IntegerValue(-_LIMIT, _LIMIT)
    max = schema.IntegerValue(1, _LIMIT)
    options = schema.OptionsValue(schema.TextsValue())
    positive = schema.OneOfValue(_YES)

    def json_rules(self) -> list[dict[str, Any]]:
        """Return that a choice has options, several choices have options or a list, and nothing else has."""
        one = [key for key, each in TYPES.items() if each.has_options and "list" not in each.arguments]
        many = [key for key, each in TYPES.items() if each.has_options and "list" in each.arguments]
        either = {"oneOf": [{"required": ["options"]}, {"required": ["list"]}]}
        options = {"if": _of_type(many), "then": either, "else": _only_with("options", one)}
        return [options, *(_arguments(name) for name in ("unit", "digits", "list", "role"))]


class _Field(_Column):
    columns = schema.MapValue(schema.ObjectValue(_Column(), dict), _column)
    of = schema.NameValue()
    matches = schema.ObjectValue(MatchesShape(), dict)
    column = schema.NameValue(data_key="as")
    personal = schema.OneOfValue(_YES)
    example = schema.TextsValue()
    filled_from = schema.OneOfValue({source.value: source for source in Source})
    not_before = schema.NameValue()
    not_after = schema.NameValue()

    def json_rules(self) -> list[dict[str, Any]]:
        """Return the same for options, for the columns of a table, and for the workflow of a case."""
        tables = _only_with("columns", [key for key, each in TYPES.items() if each.has_columns])
        cases = _only_with("of", [key for key, each in TYPES.items() if each.names_case])
        return [*super().json_rules(), tables, cases]


class _Escalation(Shape):
    offset = budgets.BudgetValue(data_key="after", required=True)
    to = schema.NameValue(required=True)


class _Extension(Shape):
    by = schema.NamesValue(required=True)
    times = schema.IntegerValue(1, 9, required=True)
    at_most = budgets.BudgetValue(required=True)
    not_by = schema.NamesValue()


class _Deadline(Shape):
    within = budgets.BudgetValue()
    on = schema.NameValue()
    remind = budgets.RemindersValue()
    escalate = schema.ListValue(schema.ObjectValue(_Escalation(), _escalation))
    then = schema.NameValue()
    extend = schema.ObjectValue(_Extension(), Extension)
    not_after = schema.NameValue()


class _Clock(Shape):
    label = schema.TextsValue(required=True)
    starts = schema.NamesValue(required=True)
    stops = schema.NamesValue()
    pauses_in = schema.NamesValue()
    within = budgets.BudgetValue(required=True)
    remind = budgets.RemindersValue()
    escalate = schema.ListValue(schema.ObjectValue(_Escalation(), _escalation))
    then = schema.NameValue()


class _State(Shape):
    label = schema.TextsValue(required=True)
    owner = schema.NameValue(data_key="with")
    edit = schema.MapValue(schema.NamesValue())
    deadline = schema.ObjectValue(_Deadline(), _deadline)
    paused = schema.OneOfValue({"paused": True, "running": False}, data_key="clock")
    final = schema.OneOfValue({final.value: final for final in Final})
    public = schema.NamesValue()
    iati = schema.IntegerValue(1, 6)
    retired = schema.OneOfValue(_YES)
    phase = schema.NameValue()


class _Transition(Shape):
    label = schema.TextsValue(required=True)
    done = schema.TextsValue()
    sources = schema.NamesValue(data_key="from", required=True)
    target = TargetValue(data_key="to", required=True)
    by = schema.NamesValue(required=True)
    requires = schema.NamesValue()
    needs = schema.NamesValue(dotted=True)
    asks = schema.MapValue(schema.OneOfValue({"required": True, "optional": False}))
    tells = schema.MapValue(schema.NameValue())
    not_by = schema.NamesValue()
    quorum = schema.IntegerValue(1, 9)
    opens = schema.NameValue()
    carries = schema.NameValue()
    clears = schema.NamesValue()
    corrected_by = schema.NamesValue()
    risk = schema.OneOfValue({"low": "low", "high": "high"})
    mail = schema.OneOfValue({word: word for word in MAIL_WORDS})
    weight = schema.OneOfValue({"main": "main", "normal": "normal", "grave": "grave"})
    hint = schema.TextsValue()


class _Part(Shape):
    workflow = schema.NameValue(required=True)
    label = schema.TextsValue(required=True)
    takes = schema.NamesValue()
    sealed = schema.OneOfValue(_YES)


class _Group(Shape):
    key = schema.NameValue(required=True)
    label = schema.TextsValue(required=True)
    hint = schema.TextsValue()
    named = schema.NamesValue(data_key="fields", attribute="fields", required=True)
    tab = schema.OneOfValue({tab.value: tab for tab in Tab})


class _Workflow(Shape):
    key = schema.NameValue(data_key="workflow", required=True)
    version = schema.IntegerValue(1, 1_000_000, required=True)
    # Only these two placeholders: a free format string could reach into Python's objects.
    reference = schema.PatternValue(
        r"[A-Z]{1,8}-\{year\}-\{number(:0[1-9]d)?\}", "ER-{year}-{number:04d}", required=True
    )
    title = schema.TextsValue(required=True)
    calendar = schema.PatternValue(r"[A-Z]{2}", "KZ", required=True)
    initial = schema.NameValue(required=True)
    uses = schema.NamesValue()
    opened_by = schema.NamesValue()
    parts = schema.MapValue(schema.ObjectValue(_Part(), dict), Part)
    groups = schema.ListValue(schema.ObjectValue(_Group(), _group))
    phases = schema.MapValue(schema.TextsValue())
    clocks = schema.MapValue(schema.ObjectValue(_Clock(), dict), CaseClock)
    roles = schema.MapValue(schema.ObjectValue(RoleShape(), dict), build_role)
    facts = schema.MapValue(schema.ObjectValue(FactShape(), dict), build_fact)
    declared = schema.MapValue(
        schema.ObjectValue(_Field(), dict), _field, data_key="fields", attribute="fields", required=True
    )
    states = schema.MapValue(schema.ObjectValue(_State(), dict), _state, required=True)
    transitions = schema.MapValue(schema.ObjectValue(_Transition(), dict), _transition, required=True)


#: The shape of a file as a whole.
FILE = _Workflow()
