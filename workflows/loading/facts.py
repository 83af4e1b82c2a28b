"""Reads the facts of a definition: one word of the vocabulary, its arguments, and a label."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from workflows.amounts import CURRENCIES, DURATIONS, in_unit
from workflows.facts import COMPARISONS, OVER_FACTS, Declared, Fact, Operand
from workflows.field import Text
from workflows.fields.units import UNITS
from workflows.loading import schema
from workflows.loading.schema import LARGEST_NUMBER, Shape, flaw

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
_PATH = re.compile(r"[a-z][a-z0-9_]{0,59}(\.[a-z][a-z0-9_]{0,59}){0,2}")

#: Word → the arguments that it takes, of which the first group is required.
_ARGUMENTS = {
    **{word: ({word}, {"alike"}) for word in COMPARISONS},
    "person": ({"person"}, {"not_employed_by", "not_acted_as", "not_declared"}),
    "link": ({"link"}, {"state", "within"}),
    "field": ({"field", "within"}, set()),
    "party": ({"party", "can"}, set()),
    **{word: ({word}, set()) for word in OVER_FACTS},
}


class OperandsValue(schema.Value):
    """The two sides of a comparison, `[loan_amount, total_cost]`; beside `field: total_cost` the other side alone."""

    def kind(self) -> str:
        """Return the type of the value, as the reference says it."""
        return "two of: field, `table.column`, `parts.PART.field`, `parent.field`, `parent.PART.field`, number"

    def json_schema(self) -> dict[str, Any]:
        """Return an array of two."""
        bound = schema.LARGEST_NUMBER
        path = {"type": "string", "pattern": f"^({_PATH.pattern})$"}
        integer = {"type": "integer", "minimum": -bound, "maximum": bound}
        amount = {
            "type": "object",
            "properties": {"amount": integer},
            "required": ["amount"],
            "additionalProperties": True,
        }
        side = {"anyOf": [path, integer, amount]}
        both = {"type": "array", "items": side, "minItems": 2, "maxItems": 2}
        return {"anyOf": [both, *side["anyOf"]]}

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> tuple[Operand, ...]:
        if not isinstance(value, list):
            return (_operand(value),)
        if len(value) != 2:
            flaw("not_two_sides", "two things to compare must stand here", "Write [first, second]")
        return tuple(map(_operand, value))


def _operand(value: object) -> Operand:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER:
        return Operand(number=value)
    if isinstance(value, dict):
        return Operand(amount=_amount(value))
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        remedy = "Write a field, table.column, parts.PART.field, parent.field, parent.PART.field, or a number"
        flaw("not_an_operand", f"'{value}' cannot be compared", remedy)
    path = tuple(value.split("."))
    complete = {1: True, 2: path[0] != "parts", 3: path[0] in ("parts", "parent")}
    if not complete[len(path)]:
        flaw("not_an_operand", f"'{value}' cannot be compared", "Write parts.PART.field or parent.PART.field")
    return Operand(path=path)


def _amount(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an amount with its currency or unit as it is stored."""
    number, currency, unit = value.get("amount"), value.get("currency"), value.get("unit")
    integer = isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= LARGEST_NUMBER
    known = currency in CURRENCIES if unit is None else currency is None and unit in {*UNITS, *DURATIONS}
    if not integer or not known or not value.keys() <= {"amount", "currency", "unit"}:
        remedy = "Write {amount: 5000000, currency: EUR}, or {amount: 5, unit: km}"
        flaw("not_an_operand", "this amount cannot be compared", remedy)
    return cast("Mapping[str, Any]", in_unit(currency or unit, Decimal(cast("int", number))))


class KeysValue(schema.Value):
    """Some of the keys that a choice or a state can be: `[high, very_high]`, `[KZ-43, KZ-47]`."""

    def kind(self) -> str:
        """Return that it is a list of keys."""
        return "list of keys"

    def json_schema(self) -> dict[str, Any]:
        """Return an array of different keys."""
        item = {"type": "string", "pattern": f"^({_KEY.pattern})$"}
        return {"type": "array", "items": item, "minItems": 1, "uniqueItems": True}

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> tuple[str, ...]:
        keys = value if isinstance(value, list) else None
        if not keys or not all(isinstance(each, str) and _KEY.fullmatch(each) for each in keys):
            flaw("not_keys", "a list of keys must stand here", "Write [one, another]; 'yes' and 'no' in quotes")
        if len(set(keys)) < len(keys):
            flaw("named_twice", "a key stands here twice", "Keep one of the two")
        return tuple(keys)


class PathValue(schema.Value):
    """A field, or `table.column`, or what else a comparison can add up."""

    def kind(self) -> str:
        """Return that it is a name or a path."""
        return "name or path"

    def json_schema(self) -> dict[str, Any]:
        """Return the pattern of a path."""
        return {"type": "string", "pattern": f"^({_PATH.pattern})$"}

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> str:
        operand = _operand(value)
        if not operand.path:
            flaw("not_an_operand", f"'{value}' is no field", "Write the name of a field")
        return ".".join(operand.path)


class DeclaredShape(Shape):
    """Declarations that parts of one kind may have made."""

    part = schema.NameValue(required=True)
    field = schema.NameValue(required=True)
    value = schema.NameValue(required=True)


class MatchesShape(Shape):
    """The fields by which experts are ranked: what the case wants of one."""

    languages = schema.NameValue()
    days = schema.NameValue()
    since = schema.NameValue()
    until = schema.NameValue()


class FactShape(Shape):
    """One fact."""

    label = schema.TextsValue(required=True)
    same = OperandsValue()
    at_most = OperandsValue()
    at_least = OperandsValue()
    alike = schema.NameValue()
    person = schema.NameValue()
    not_employed_by = schema.OneOfValue({"owner": "owner"})
    not_acted_as = schema.NamesValue()
    not_declared = schema.ObjectValue(DeclaredShape(), Declared)
    link = schema.NameValue()
    state = schema.OneOfValue({"live": "live"}, data_key="is")
    within = KeysValue(data_key="in")
    named_field = PathValue(data_key="field", attribute="field")
    every = schema.NamesValue(data_key="all", attribute="all")
    some = schema.NamesValue(data_key="any", attribute="any")
    nothing = schema.NamesValue(data_key="none", attribute="none")
    party = schema.NameValue()
    can = schema.OneOfValue({"answer": "answer"})

    def json_rules(self) -> list[dict[str, Any]]:
        """Return that exactly one word stands here, with its arguments."""
        return [{"oneOf": [_said_so(word) for word in _ARGUMENTS]}]


def _said_so(word: str) -> dict[str, Any]:
    needed, more = ({"is" if name == "state" else name for name in names} for names in _ARGUMENTS[word])
    fewest = 3 if word == "person" else 2  # with the label, and something that is said about the person
    return {
        "required": sorted(needed),
        "propertyNames": {"enum": ["label", *sorted(needed | more)]},
        "minProperties": fewest,
    }


def build_fact(key: str, label: Text, **data: Any) -> Fact:
    """Return the fact. Raises ValidationError unless it says one word of the vocabulary, with its arguments."""
    said = [word for word in _ARGUMENTS if word in data]
    compared = [word for word in said if word in COMPARISONS]
    if len(said) == 2 and compared and "field" in said:
        return _against(key, label, compared[0], **data)
    words = ", ".join(_ARGUMENTS)
    if len(said) != 1:
        flaw("not_one_word", "a fact says one word of the vocabulary", f"Write one of {words}")
    word = said[0]
    needed, more = _ARGUMENTS[word]
    alone = word in ("person", "link") and len(data) == 1
    twice = word == "link" and len(data) > 2
    half = word in COMPARISONS and len(data[word]) == 1
    if not needed <= data.keys() or data.keys() - needed - more or alone or twice or half:
        named = ", ".join(sorted({"state": "is", "within": "in"}.get(name, name) for name in needed | more))
        flaw("wrong_arguments", f"'{word}' is not said so", f"Its arguments are {named}")
    taken = {name: data[name] for name in ("alike", "not_employed_by", "not_acted_as", "not_declared") if name in data}
    if word in COMPARISONS:
        return Fact(key, label, word, operands=data[word], **taken)
    if word in OVER_FACTS:
        return Fact(key, label, word, facts=data[word])
    return Fact(key, label, word, field=data[word], within=data.get("within", ()), **taken)


def _against(key: str, label: Text, word: str, *, field: str, alike: str | None = None, **data: Any) -> Fact:
    """Return the comparison of a field with the one other side that stands there."""
    if data.keys() != {word} or len(data[word]) != 1:
        flaw("wrong_arguments", f"'{word}' is not said so", f"Write 'field: NAME' and one side under '{word}'")
    return Fact(key, label, word, operands=(Operand(path=tuple(field.split("."))), *data[word]), alike=alike)
