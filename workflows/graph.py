"""A definition as a graph of states. Undefined names are left out, never followed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workflows.definition import Definition, Transition

Edges = Mapping[str, frozenset[str]]


def edges(definition: Definition) -> Edges:
    """State → the states its steps lead to."""
    found: dict[str, set[str]] = {key: set() for key in definition.states}
    for step in definition.transitions.values():
        for source in sources(definition, step):
            target = definition.target_of(step, source)
            if target in found:
                found[source].add(target)
    return {key: frozenset(targets) for key, targets in found.items()}


def sources(definition: Definition, step: Transition) -> tuple[str, ...]:
    """Return the states from which a step starts, without undefined ones, which are a fault of their own."""
    return tuple(source for source in step.sources if source in definition.states)


def reversed_edges(forward: Edges) -> Edges:
    """State → the states that lead to it."""
    back: dict[str, set[str]] = {key: set() for key in forward}
    for source, targets in forward.items():
        for target in targets:
            back[target].add(source)
    return {key: frozenset(places) for key, places in back.items()}


def reach(forward: Edges, starts: Iterable[str]) -> frozenset[str]:
    """Every state that can be reached from the given ones, these included."""
    seen: set[str] = set()
    waiting = [start for start in starts if start in forward]
    while waiting:
        state = waiting.pop()
        if state not in seen:
            seen.add(state)
            waiting.extend(forward[state] - seen)
    return frozenset(seen)


def clock_moves(definition: Definition) -> Mapping[str, str]:
    """Return state → next state for a case that nobody touches: moves by the clock alone."""
    moves: dict[str, str] = {}
    for key, state in definition.states.items():
        step = definition.transitions.get(state.deadline.then or "") if state.deadline else None
        if step is not None and "clock" in step.by and key in step.sources:
            target = definition.target_of(step, key)
            if target in definition.states:
                moves[key] = target
    return moves


def cycles(moves: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """The circles of a graph with at most one way out of each state, each once, from its first state."""
    found: dict[frozenset[str], tuple[str, ...]] = {}
    for start in moves:
        trail = [start]
        while (following := moves.get(trail[-1])) is not None and following not in trail:
            trail.append(following)
        if following == start:
            found.setdefault(frozenset(trail), tuple(trail))
    return tuple(found.values())
