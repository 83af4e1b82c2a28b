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
            found[source] |= {target for target in definition.targets_of(step, source) if target in found}
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


def way_ahead(definition: Definition, state: str) -> list[str]:
    """Return the states to which a case usually goes from here, in order, to an end or as far as they lead.

    It goes by main steps, where none leaves the state by a step that a part carries, else by the clock; and by none of
    them to an end while another one leads on.
    """
    way: list[str] = []
    here: str | None = state
    while here is not None and here in definition.states:
        here = _next_on(definition, here, {state, *way})
        way += [here] if here is not None else []
    return way


def main_way(definition: Definition) -> list[str]:
    """Return the states of a case that meets no obstacle, from the first to an end, in order."""
    return [definition.initial, *way_ahead(definition, definition.initial)]


def _next_on(definition: Definition, state: str, been: set[str]) -> str | None:
    ranks: dict[int, str] = {}
    for step in definition.steps_from[state]:
        kinds = (step.weight == "main", "part" in step.by, "clock" in step.by)
        for target in reversed(definition.targets_of(step, state)):  # where facts choose, the usual one stands last
            if target in definition.states and target not in been and any(kinds):
                ends = definition.states[target].final is not None
                ranks.setdefault(kinds.index(True) + len(kinds) * ends, target)
    return ranks[min(ranks)] if ranks else None


def leads_on(definition: Definition, step: Transition, state: str) -> bool:
    """Return whether a main step is the main one here: it ends no case that another main step would lead on."""
    mains = [each for each in definition.steps_from[state] if each.weight == "main"]
    going_on = [
        each
        for each in mains
        if any(definition.states[target].final is None for target in definition.targets_of(each, state))
    ]
    return step in (going_on or mains)


def clock_moves(definition: Definition) -> Mapping[str, str]:
    """Return state → next state for a case that nobody touches: moves by the clock alone.

    Where facts choose between several targets, the one without a fact counts.
    """
    moves: dict[str, str] = {}
    for key in definition.states:
        step = definition.lapse_of(key)
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
