"""Checks that parent and part fit together, from both sides, whichever is published."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.definition import Definition, Field, Part, Transition
from workflows.soundness.context import Universe, fault
from workflows.soundness.faults import Fault


def opened(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Each part is of a known workflow and opened by a step; each step opens a part that is declared."""
    for key, part in definition.parts.items():
        if part.workflow != definition.key and part.workflow not in universe.workflows:
            message = f"there is no workflow '{part.workflow}'"
            remedy = "Add its definition, or correct the name"
            yield fault(definition, "unknown_workflow", f"parts.{key}.workflow", message, remedy)
        if all(step.opens != key for step in definition.transitions.values()):
            remedy = f"Write 'opens: {key}' in a step, or remove the part"
            yield fault(definition, "part_never_opened", f"parts.{key}", "no step opens this part", remedy)
    for key, step in definition.transitions.items():
        if step.opens is not None and step.opens not in definition.parts:
            message, where = f"there is no part '{step.opens}'", f"transitions.{key}.opens"
            yield fault(definition, "unknown_part", where, message, "Declare it under 'parts', or correct the name")


def nested(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Parts have no parts."""
    remedy = "Make it a part of the outermost workflow"
    for part, inner in universe.parts_of(definition):
        if inner.parts:
            message = f"'{inner.key}' has parts itself"
            yield fault(definition, "part_of_part", f"parts.{part.key}.workflow", message, remedy)
    for outer, part in universe.parents_of(definition):
        if definition.parts:
            message = f"this workflow is the part '{part.key}' of '{outer.key}'"
            yield fault(definition, "part_of_part", "parts", message, remedy)


def taken(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Each field that a part takes is declared on both sides, in the same way."""
    for part, inner in universe.parts_of(definition):
        yield from _taken(definition, definition, part, inner)
    for outer, part in universe.parents_of(definition):
        yield from _taken(definition, outer, part, definition)


def _taken(judged: Definition, outer: Definition, part: Part, inner: Definition) -> Iterator[Fault]:
    where = f"parts.{part.key}.takes" if judged is outer else "fields"
    for name in part.takes:
        mine, theirs = outer.fields.get(name), inner.fields.get(name)
        if theirs is None:
            message = f"the part '{part.key}' takes '{name}', which '{inner.key}' does not declare"
            yield fault(judged, "take_unknown", where, message, f"Declare it in '{inner.key}', or take it out")
        elif mine is not None and _differ(mine, theirs):
            message = f"'{name}' is declared differently in '{outer.key}' and '{inner.key}'"
            yield fault(judged, "take_differs", where, message, "Give both the same type and options")


def _differ(mine: Field, theirs: Field) -> bool:
    # A choice of the parent must be one of the part's, or the part would keep a value it cannot show.
    return not theirs.accepts(mine)


def carried(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Each carried step exists in the parent, is `by: part`, and finds its answers among the part's fields."""
    for part, inner in universe.parts_of(definition):
        for step in inner.transitions.values():
            if step.carries is not None:
                yield from _carried(definition, definition, inner, step, f"parts.{part.key}")
    outers = {outer.key: outer for outer, _ in universe.parents_of(definition)}
    for step in definition.transitions.values():
        if step.carries is None:
            continue
        where = f"transitions.{step.key}.carries"
        if not outers:
            message = "this workflow is no part of another, so there is nothing to carry"
            yield fault(definition, "unknown_carried_step", where, message, "Remove 'carries'")
        for outer in outers.values():
            yield from _carried(definition, outer, definition, step, where)


def _carried(judged: Definition, outer: Definition, inner: Definition, step: Transition, where: str) -> Iterator[Fault]:
    target = outer.transitions.get(step.carries or "")
    if target is None:
        message = f"'{inner.key}' carries '{step.carries}', which '{outer.key}' does not have"
        yield fault(judged, "unknown_carried_step", where, message, "Add the step there, or correct the name")
        return
    if "part" not in target.by:
        message = f"'{inner.key}' carries '{target.key}' of '{outer.key}', which is not for a part"
        yield fault(judged, "carried_not_by_part", where, message, f"Write 'by: part' in '{target.key}'")
    for name in (name for name, needed in target.asks.items() if needed):
        mine, theirs = outer.fields.get(name), inner.fields.get(name)
        if theirs is None or (mine is not None and not mine.is_like(theirs)):
            message = f"'{target.key}' of '{outer.key}' asks for '{name}', which '{inner.key}' cannot answer"
            remedy = f"Declare '{name}' in '{inner.key}' with the same type, or make it optional"
            yield fault(judged, "carried_answer_missing", where, message, remedy)


RULES = (opened, nested, taken, carried)
