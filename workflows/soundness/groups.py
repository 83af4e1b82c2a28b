"""Checks of what arranges a definition for its readers: groups of fields, and phases of states."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.definition import Definition
from workflows.soundness.context import Universe, fault
from workflows.soundness.faults import Fault


def fields(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Each field of a group is declared, and stands in one group only."""
    seen: dict[str, str] = {}
    for place, group in enumerate(definition.groups):
        where = f"groups.{place}.fields"
        for name in group.fields:
            if name not in definition.fields:
                remedy = "Declare it under 'fields', or correct the name"
                yield fault(definition, "unknown_field", where, f"there is no field '{name}'", remedy)
            elif name in seen:
                message = f"the field '{name}' stands in the group '{seen[name]}' already"
                yield fault(definition, "grouped_twice", where, message, "Keep it in one of the two")
            seen.setdefault(name, group.key)


def keys(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """No two groups have the same key: it is the address of the section in a page."""
    seen: set[str] = set()
    for place, group in enumerate(definition.groups):
        if group.key in seen:
            message = f"another group is called '{group.key}', too"
            yield fault(definition, "named_twice", f"groups.{place}.key", message, "Give one of them another key")
        seen.add(group.key)


def phases(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Each phase that is named is declared and the other way round; where there are phases, each open state has one."""
    used: set[str] = set()
    for key, state in definition.states.items():
        where = f"states.{key}.phase"
        if state.phase is not None and state.phase not in definition.phases:
            known = f"Write one of: {', '.join(definition.phases)}" if definition.phases else "Declare 'phases'"
            yield fault(definition, "unknown_phase", where, f"there is no phase '{state.phase}'", known)
        elif state.phase is None and state.final is None and definition.phases:
            message = "the state is in no phase, so that a board shows its cases nowhere"
            yield fault(definition, "phase_missing", where, message, f"Write one of: {', '.join(definition.phases)}")
        used.add(state.phase or "")
    for key in definition.phases:
        if key not in used:
            yield fault(definition, "unused_phase", f"phases.{key}", "no state is in this phase", "Remove it")


RULES = (fields, keys, phases)
