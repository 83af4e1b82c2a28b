"""Every way a case can go while one thing about it is watched: a field, a role, the parts of one kind.

A definition can name everything rightly and still hold a case for ever: a field is asked on one of two paths, an expert
is named after the step that only an expert takes. So the states are walked together with a small value, and the steps
that the value bars are left out. A state that then no longer leads to an end is a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from workflows.definition import Definition, Final, Transition
from workflows.graph import edges, reach, reversed_edges


@dataclass(frozen=True, slots=True)
class Position:
    """A state, with the value that is watched.

    `opener` is the role that opened a case that never left its first state: of the team only that person sees it.
    """

    state: str
    opener: str | None
    value: object


#: The values after a step from a place; none when the step cannot be taken there.
Taken = Callable[[Transition, Position], Iterable[object]]
#: The values that a place can get without a step.
Idle = Callable[[Position], Iterable[object]]


@dataclass(frozen=True)
class Walk:
    """The places that cases reach, and where each leads."""

    definition: Definition
    onward: Mapping[Position, frozenset[Position]]

    @cached_property
    def states(self) -> frozenset[str]:
        """Return the states that cases reach."""
        return frozenset(place.state for place in self.onward)

    def at(self, state: str) -> list[Position]:
        """Return the places in this state, in a fixed order."""
        return sorted((place for place in self.onward if place.state == state), key=repr)

    def dead_ends(self, ends: Iterable[Final]) -> frozenset[Position]:
        """Return the places from which none of these ends is reached, although the steps alone would lead there."""
        wanted = set(ends)
        finals = [key for key, state in self.definition.states.items() if state.final in wanted]
        led = reach(reversed_edges(edges(self.definition)), finals)
        back: dict[Position, set[Position]] = {place: set() for place in self.onward}
        for place, following in self.onward.items():
            for each in following:
                back[each].add(place)
        alive: set[Position] = set()
        waiting = [place for place in self.onward if place.state in set(finals)]
        while waiting:
            place = waiting.pop()
            if place not in alive:
                alive.add(place)
                waiting.extend(back[place] - alive)
        return frozenset(place for place in self.onward if place.state in led and place not in alive)


def walk(definition: Definition, starts: Iterable[Position], taken: Taken, idle: Idle = lambda _place: ()) -> Walk:
    """Walk from the starts through every step that can be taken."""
    onward: dict[Position, frozenset[Position]] = {}
    waiting = list(starts)
    while waiting:
        place = waiting.pop()
        if place in onward:
            continue
        found = {Position(place.state, place.opener, value) for value in idle(place)}
        for step in definition.steps_from.get(place.state, ()):
            targets = [each for each in definition.targets_of(step, place.state) if each in definition.states]
            values = list(taken(step, place)) if targets else []
            for target in targets:
                opener = place.opener if target == place.state else None
                found |= {Position(target, opener, value) for value in values}
        onward[place] = frozenset(found)
        waiting.extend(found)
    return Walk(definition, onward)
