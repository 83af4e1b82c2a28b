"""Checks that every case can come from its beginning to an end, with somebody to act in every state."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.definition import Definition
from workflows.graph import edges, reach, reversed_edges, sources
from workflows.soundness.case_clocks import clock_walk
from workflows.soundness.context import Universe, fault
from workflows.soundness.faults import Fault


def is_complete(definition: Definition) -> bool:
    """Return whether both ends of every step exist. Otherwise questions about paths have no answer."""
    named = {definition.initial}
    for step in definition.transitions.values():
        named.update(step.sources)
        named.update(() if step.target is None else definition.targets_of(step, step.target))
    return named <= definition.states.keys()


def is_judgeable(definition: Definition) -> bool:
    """Return whether cases have a beginning and an end, so that ways between them can be walked."""
    finals = any(state.final for state in definition.states.values())
    return is_complete(definition) and finals and not definition.states[definition.initial].final


def beginnings(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """One beginning, from which every state can be reached.

    The file names the initial state. A second state without any way in is a second beginning; what can
    be reached only from it is not reported again. Retired states are exempt: no step may lead there.
    """
    if not is_complete(definition):
        return
    forward = edges(definition)
    back = reversed_edges(forward)
    lost = [
        key for key in definition.states.keys() - reach(forward, [definition.initial]) if not _retired(definition, key)
    ]
    roots = [key for key in lost if back[key] <= {key}]
    for key in roots:
        message = "no step leads here, so it is a second beginning"
        remedy = f"Let a step lead here, or remove it; cases begin in '{definition.initial}'"
        yield fault(definition, "second_initial", f"states.{key}", message, remedy)
    for key in set(lost) - reach(forward, roots):
        message = f"no path leads here from '{definition.initial}'"
        yield fault(definition, "unreachable", f"states.{key}", message, "Let a step lead here, or remove it")


def _retired(definition: Definition, key: str) -> bool:
    return definition.states[key].retired


def ends(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """From every state an end can be reached."""
    if not is_complete(definition):
        return
    finals = [key for key, state in definition.states.items() if state.final]
    for key in definition.states.keys() - reach(reversed_edges(edges(definition)), finals):
        remedy = "Add a step towards a final state"
        yield fault(definition, "no_way_out", f"states.{key}", "no final state can be reached from here", remedy)


def desks(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """A state that is no end has an owner and a deadline.

    A draft has no deadline: the initial state with the requester.
    """
    known = definition.initial in definition.states
    for key, state in definition.states.items():
        if state.final:
            continue
        if state.owner is None:
            message = "nobody owns a case in this state"
            yield fault(definition, "no_owner", f"states.{key}", message, "Add 'with' and a role")
        elif state.deadline is None and (state.owner != "requester" or (known and key != definition.initial)):
            if definition.clocks and clock_walk(definition).always_ends(key):
                continue  # a clock over several states takes its step here
            message = "a case may stay here for ever"
            yield fault(definition, "no_deadline", f"states.{key}", message, "Add a 'deadline'")


def finals(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """A final state has no deadline and lets nobody edit."""
    for key, state in definition.states.items():
        if not state.final:
            continue
        if key == definition.initial:
            message = "a case would end where it begins"
            yield fault(definition, "initial_is_final", f"states.{key}.final", message, "Begin in another state")
        if state.deadline is not None:
            message = "a case that has ended has no deadline"
            yield fault(definition, "deadline_on_final", f"states.{key}.deadline", message, "Remove it")
        if state.edit:
            message = "a case that has ended is not edited"
            yield fault(definition, "edit_on_final", f"states.{key}.edit", message, "Remove it")


def afterwards(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """No step leads out of a final state."""
    for key, step in definition.transitions.items():
        for source in sources(definition, step):
            if definition.states[source].final:
                message = f"'{source}' is an end, nothing leads on from it"
                remedy = f"Remove '{source}' from 'from', or 'final' from the state"
                yield fault(definition, "step_from_final", f"transitions.{key}.from", message, remedy)


def retired(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """No step leads into a retired state."""
    gone = {key for key, state in definition.states.items() if state.retired}
    if definition.initial in gone:
        message = f"'{definition.initial}' is retired"
        yield fault(definition, "leads_to_retired", "initial", message, "Begin in another state")
    for key, step in definition.transitions.items():
        for target in sorted(gone & set(definition.targets_of(step, step.target or ""))):
            message = f"'{target}' is retired"
            yield fault(definition, "leads_to_retired", f"transitions.{key}.to", message, "Lead to another state")


def thens(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """The step that the clock takes at the end of a deadline starts from that state."""
    for key in definition.states:
        step = definition.lapse_of(key)
        where = f"states.{key}.deadline.then"
        if step is not None and "clock" not in step.by:
            message = f"the step '{step.key}' is not for the clock"
            yield fault(definition, "then_not_by_clock", where, message, f"Write 'by: clock' in '{step.key}'")
        if step is not None and key not in step.sources:
            message = f"the step '{step.key}' is not offered in this state"
            yield fault(definition, "then_not_offered", where, message, f"Add '{key}' to its 'from'")


RULES = (beginnings, ends, desks, finals, afterwards, retired, thens)
