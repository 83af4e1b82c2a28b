"""Reads the facts of a definition: one word of the vocabulary, its arguments, and a label."""

from __future__ import annotations

import re
from typing import Any

from workflows.facts import COMPARISONS, Declared, Fact, Operand
from workflows.field import Text
from workflows.loading import schema
from workflows.loading.schema import LARGEST_NUMBER, Shape, flaw

_PATH = re.compile(r"[a-z][a-z0-9_]{0,59}(\.[a-z][a-z0-9_]{0,59}){0,2}")

#: Word → the arguments that it takes, of which the first group is required.
_ARGUMENTS = {
    **{word: ({word}, {"alike"}) for word in COMPARISONS},
    "person": ({"person"}, {"not_employed_by", "not_acted_as", "not_declared"}),
    "link": ({"link", "state"}, set()),
    "party": ({"party", "can"}, set()),
}


class OperandsValue(schema.Value):
    """The two sides of a comparison: `[loan_amount, total_cost]`, `[financing_plan.amount, total_cost]`."""

    def kind(self) -> str:
        """Return the type of the value, as the reference says it."""
        return "two of: field, `table.column`, `parts.PART.field`, `parent.field`, `parent.PART.field`, number"

    def json_schema(self) -> dict[str, Any]:
        """Return an array of two."""
        bound = schema.LARGEST_NUMBER
        path = {"type": "string", "pattern": f"^({_PATH.pattern})$"}
        side = {"anyOf": [path, {"type": "integer", "minimum": -bound, "maximum": bound}]}
        return {"type": "array", "items": side, "minItems": 2, "maxItems": 2}

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> tuple[Operand, ...]:
        if not isinstance(value, list) or len(value) != 2:
            flaw("not_two_sides", "two things to compare must stand here", "Write [first, second]")
        return tuple(map(_operand, value))


def _operand(value: object) -> Operand:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER:
        return Operand(number=value)
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        remedy = "Write a field, table.column, parts.PART.field, parent.field, parent.PART.field, or a number"
        flaw("not_an_operand", f"'{value}' cannot be compared", remedy)
    path = tuple(value.split("."))
    complete = {1: True, 2: path[0] != "parts", 3: path[0] in ("parts", "parent")}
    if not complete[len(path)]:
        flaw("not_an_operand", f"'{value}' cannot be compared", "Write parts.PART.field or parent.PART.field")
    return Operand(path=path)


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
    words = ", ".join(_ARGUMENTS)
    if len(said) != 1:
        flaw("not_one_word", "a fact says one word of the vocabulary", f"Write one of {words}")
    word = said[0]
    needed, more = _ARGUMENTS[word]
    if not needed <= data.keys() or data.keys() - needed - more or (word == "person" and len(data) == 1):
        named = ", ".join(sorted("is" if name == "state" else name for name in needed | more))
        flaw("wrong_arguments", f"'{word}' is not said so", f"Its arguments are {named}")
    taken = {name: data[name] for name in ("alike", "not_employed_by", "not_acted_as", "not_declared") if name in data}
    if word in COMPARISONS:
        return Fact(key, label, word, operands=data[word], **taken)
    return Fact(key, label, word, field=data[word], **taken)
