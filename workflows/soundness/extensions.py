"""Checks of what a deadline says about extensions and about a latest day."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.definition import Deadline, Definition, Extension
from workflows.soundness.cast import Cast
from workflows.soundness.context import Universe, fault
from workflows.soundness.faults import Fault
from workflows.soundness.permissions import acting
from workflows.soundness.reachability import is_judgeable


def units(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """More time is counted as the time itself is."""
    for where, deadline, extend in _extensions(definition):
        if deadline.within is not None and extend.at_most.unit is not deadline.within.unit:
            message = f"the time is counted in {deadline.within.unit}, the extension in {extend.at_most.unit}"
            yield fault(definition, "extension_unit", f"{where}.at_most", message, f"Write {deadline.within.unit}")


def persons(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Four eyes leave somebody who may grant more time, and bind somebody."""
    bound = acting(definition) | {role for parent, _ in universe.parents_of(definition) for role in acting(parent)}
    for where, _deadline, extend in _extensions(definition):
        if set(extend.by) <= set(extend.not_by):
            message = "'not_by' shuts out every role that may grant more time"
            yield fault(definition, "nobody_may_extend", f"{where}.not_by", message, "Remove one of them")
        for role in set(extend.not_by) - bound:
            message = f"'{role}' never acts in this workflow, so it binds nobody"
            yield fault(definition, "void_four_eyes", f"{where}.not_by", message, "Name another role, or remove it")


def latest_days(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """A latest day is the value of a field with a date."""
    for key, state in definition.states.items():
        name = state.deadline.not_after if state.deadline else None
        declared = definition.fields.get(name or "")
        if declared is not None and not declared.type.is_date:
            message = f"the field '{name}' is a {declared.type}, not a date"
            where = f"states.{key}.deadline.not_after"
            yield fault(definition, "not_after_no_date", where, message, "Name a field of type date")


def days(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """The day of a deadline is a field with a day or a moment, filled whenever a case is in that state."""
    cast = Cast(definition, universe)
    for key, state in definition.states.items():
        name = state.deadline.on if state.deadline else None
        declared, where = definition.fields.get(name or ""), f"states.{key}.deadline.on"
        if name is None or declared is None:
            continue
        if not (declared.type.is_date or declared.type.is_moment):
            message = f"the field '{name}' is a {declared.type}, neither a day nor a moment"
            yield fault(definition, "deadline_no_day", where, message, "Name a field of type date or datetime")
        elif is_judgeable(definition) and any(not place.value for place in cast.field_walk(name).at(key)):
            message = f"a case can be in '{key}' while '{name}' is empty, and then it has no deadline"
            remedy = f"Let each step that leads here require or ask for '{name}', and nobody empty it here"
            yield fault(definition, "deadline_day_empty", where, message, remedy)


def own_time(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """The role that must act does not grant itself more time."""
    for where, _deadline, extend in _extensions(definition):
        owner = definition.states[where.split(".")[1]].owner
        if owner in extend.by:
            message = f"'{owner}' must act, and grants itself more time"
            yield fault(definition, "own_extension", f"{where}.by", message, "Let another role decide")


def _extensions(definition: Definition) -> Iterator[tuple[str, Deadline, Extension]]:
    for key, state in definition.states.items():
        if state.deadline is not None and state.deadline.extend is not None:
            yield f"states.{key}.deadline.extend", state.deadline, state.deadline.extend


RULES = (units, persons, latest_days, days)
