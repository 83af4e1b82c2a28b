"""Checks that a value can satisfy what a field demands, that days can be counted, and that nothing asked is lost."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.calendar import COUNTRIES
from workflows.definition import Definition, Field
from workflows.field import TODAY
from workflows.soundness.context import Universe, fault
from workflows.soundness.faults import Fault


def bounds(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Some value lies within the bounds of a field, and its type can keep what they promise."""
    for where, declared in _fields(definition):
        kind = declared.type
        if not kind.has_bounds:
            continue
        if declared.max is not None and declared.max > kind.ceiling:
            message = f"a {kind} never holds more than {kind.ceiling}"
            yield fault(definition, "max_too_great", f"{where}.max", message, f"Write {kind.ceiling} or less")
        elif declared.min is not None and declared.min > declared.most:
            limit = "its 'max'" if declared.max is not None else "the limit of its type, which has no 'max' here"
            message = f"no value can be given: 'min' is {declared.min}, and {limit} is {declared.most}"
            yield fault(
                definition, "min_out_of_reach", f"{where}.min", message, "Write a smaller 'min' or a greater 'max'"
            )
        elif declared.max is not None and declared.max < kind.floor:
            message = f"no {kind} is as short as that: the shortest has {kind.floor} characters"
            yield fault(definition, "max_too_small", f"{where}.max", message, "Write a greater 'max'")


def _fields(definition: Definition) -> Iterator[tuple[str, Field]]:
    for key, declared in definition.fields.items():
        yield f"fields.{key}", declared
        for name, column in (declared.columns or {}).items():
            yield f"fields.{key}.columns.{name}", column


def days(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Each bound of a day is another day of the case, or today."""
    for key, declared in definition.fields.items():
        for side, name in (("not_before", declared.not_before), ("not_after", declared.not_after)):
            other = definition.fields.get(name or "")
            if name is None or (name == TODAY and other is None):
                continue
            where = f"fields.{key}.{side}"
            if other is None or not other.type.is_date:
                message = f"there is no date '{name}'"
                yield fault(definition, "unknown_day", where, message, "Name a field of type date, or write 'today'")
            elif name == key:
                yield fault(definition, "own_day", where, "a day is bounded by itself", "Name another field")


def calendars(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Komek knows the working days of the country."""
    if definition.calendar not in COUNTRIES:
        message = f"the working days of '{definition.calendar}' are not known"
        remedy = f"Write one of: {', '.join(COUNTRIES)}"
        yield fault(definition, "unknown_calendar", "calendar", message, remedy)


def kept(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """A step does not empty the field that it asks for itself."""
    for key, step in definition.transitions.items():
        for name in step.clears:
            if name in step.asks and name not in definition.handed_on(step):
                message = f"the step asks for '{name}' and empties it"
                yield fault(
                    definition, "asked_and_cleared", f"transitions.{key}.clears", message, "Remove one of the two"
                )


RULES = (bounds, days, calendars, kept)
