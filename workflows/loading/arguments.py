"""Reads the keys of a field that mean something for one type alone: a unit, digits, a list, a role."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from workflows.amounts import DURATIONS
from workflows.definition import Field
from workflows.field import MeasureUnit
from workflows.fields.measures import MOST_DIGITS
from workflows.fields.several import LISTS
from workflows.fields.units import UNITS, own_unit
from workflows.loading import schema
from workflows.loading.schema import Shape, flaw

_KNOWN = {**UNITS, **{key: MeasureUnit(key, label) for key, label in DURATIONS.items()}}


class UnitValue(schema.Value):
    """A unit: a known word (`km`, `ha`, `working_days`), or its own words in every language."""

    def kind(self) -> str:
        """Return the words that may stand here."""
        return "text in kk, ru and en, or one of: " + ", ".join(f"`{each}`" for each in _KNOWN)

    def json_schema(self) -> dict[str, Any]:
        """Return the known words, or texts."""
        return {"anyOf": [{"enum": list(_KNOWN)}, {"$ref": "#/$defs/texts"}]}

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> MeasureUnit:
        if isinstance(value, dict):
            return own_unit(schema.TextsValue().deserialize(value))
        if not isinstance(value, str) or value not in _KNOWN:
            near = difflib.get_close_matches(str(value), _KNOWN, 1)
            remedy = (
                f"Did you mean '{near[0]}'?"
                if near
                else f"Write {{kk: …, ru: …, en: …}}, or one of: {', '.join(_KNOWN)}"
            )
            flaw("unknown_unit", f"'{value}' is no unit", remedy)
        return _KNOWN[value]


class ArgumentsShape(Shape):
    """The keys themselves."""

    unit = UnitValue()
    digits = schema.IntegerValue(0, MOST_DIGITS)
    listed = schema.OneOfValue({each: each for each in LISTS}, "unknown_list", data_key="list")
    role = schema.NameValue()


def check_arguments(declared: Field) -> None:
    """Raise the flaw of a key that the type does not know, or of one that it needs and that is missing."""
    kind, given = declared.type, set(_given(declared))
    for name in sorted(given - kind.arguments):
        flaw("argument_misplaced", f"a {kind} has no '{name}'", "Remove it, or change the type")
    bounded = (declared.min, declared.max) != (None, None)
    for name in sorted((kind.demands | (kind.bounds_demand if bounded else frozenset())) - given):
        flaw("argument_missing", f"a {kind} needs '{name}' here", f"Add '{name}'")
    if declared.unit is not None and (declared.unit.key in DURATIONS) != bool(kind.time_units):
        flaw("unknown_unit", f"a {kind} is not counted in {declared.unit.key}", "Write a unit of its type")


def _given(declared: Field) -> Iterator[str]:
    for name, value in (("unit", declared.unit), ("digits", declared.digits), ("list", declared.listed)):
        if value is not None:
            yield name
    if declared.role is not None:
        yield "role"


def check_options(declared: Field) -> None:
    """Raise the flaw of options where nothing is chosen, and of a choice that has none or too many sources."""
    kind = declared.type
    if kind.has_options != bool(declared.options or declared.listed):
        flaw("options_misplaced", "a choice has options, and nothing else has", "Add options or change the type")
    if declared.options and declared.listed:
        flaw("options_misplaced", "what is chosen stands in a list or in options", "Remove one of the two")
