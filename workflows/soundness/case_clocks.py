"""Checks of budgets over several states: each runs somewhere, and its step is offered wherever it can run out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from workflows.definition import CaseClock, Definition, Keyed, Transition
from workflows.graph import sources
from workflows.soundness.context import Universe, fault
from workflows.soundness.faults import Fault

#: The clocks of one definition.
MOST = 4

_IDLE, _RUNNING, _WAITING, _STOPPED, _LAPSED = "idle", "running", "waiting", "stopped", "lapsed"


@dataclass(frozen=True, slots=True)
class _Place:
    """A state, with what each clock does there, in the order of the definition."""

    state: str
    clocks: tuple[str, ...]


@dataclass(frozen=True)
class ClockWalk:
    """Every way a case can go, with what its clocks do. `alone` are the moves that only clocks make."""

    definition: Definition
    onward: Mapping[_Place, frozenset[_Place]]
    alone: Mapping[_Place, frozenset[_Place]]
    fired: frozenset[tuple[_Place, str, _Place]]  # the step of a clock: from where, of which clock, where to

    def runs_in(self, key: str) -> frozenset[str]:
        """Return the states in which the clock can run out."""
        return self._states(key, _RUNNING)

    def waits_in(self, key: str) -> frozenset[str]:
        """Return the states in which the clock waits."""
        return self._states(key, _WAITING)

    def stops_in(self, key: str) -> frozenset[str]:
        """Return the states that stop the clock."""
        place = list(self.definition.clocks).index(key)
        before = {each.clocks[place] for each in self.onward} - {_IDLE, _STOPPED}
        return frozenset(
            following.state
            for each, all_following in self.onward.items()
            for following in all_following
            if each.clocks[place] in before and following.clocks[place] == _STOPPED
        )

    def always_ends(self, state: str) -> bool:
        """Return whether every case in this state has a clock that runs and takes a step at its end."""
        ending = [place for place, rule in enumerate(self.definition.clocks.values()) if rule.then]
        there = [each for each in self.onward if each.state == state]
        return bool(there) and all(any(each.clocks[place] == _RUNNING for place in ending) for each in there)

    def _states(self, key: str, what: str) -> frozenset[str]:
        place = list(self.definition.clocks).index(key)
        return frozenset(each.state for each in self.onward if each.clocks[place] == what)


def clock_walk(definition: Definition) -> ClockWalk:
    """Walk through every step of the definition with its clocks."""
    return _walk(Keyed(definition))


@lru_cache(maxsize=64)
def _walk(key: Keyed) -> ClockWalk:
    definition = key.definition
    rules = tuple(definition.clocks.values())
    steps_from: dict[str, list[Transition]] = {key: [] for key in definition.states}
    for step in definition.transitions.values():
        for source in sources(definition, step):
            steps_from[source].append(step)
    onward: dict[_Place, frozenset[_Place]] = {}
    alone: dict[_Place, frozenset[_Place]] = {}
    fired: set[tuple[_Place, str, _Place]] = set()
    idle = _Place(definition.initial, tuple(_IDLE for _ in rules))
    waiting = [_arrived(definition, idle, definition.initial)] if definition.initial in definition.states else []
    while waiting:
        place = waiting.pop()
        if place in onward:
            continue
        persons, machines = set(), set()
        for step in steps_from[place.state]:
            persons |= set(_by_people(definition, step, place))
            machines |= set(_by_stay(definition, step, place))
            ended = set(_by_clocks(definition, step, place))
            fired |= {(place, clock, following) for clock, following in ended}
            machines |= {following for _clock, following in ended}
        onward[place], alone[place] = frozenset(persons | machines), frozenset(machines)
        waiting.extend(onward[place])
    return ClockWalk(definition, onward, alone, frozenset(fired))


def _by_people(definition: Definition, step: Transition, place: _Place) -> Iterator[_Place]:
    if set(step.by) != {"clock"}:
        yield from (_arrived(definition, place, target) for target in _targets(definition, step, place))


def _targets(definition: Definition, step: Transition, place: _Place) -> list[str]:
    """Return every state to which the step can lead; where facts choose, each of them."""
    return [target for target in definition.targets_of(step, place.state) if target in definition.states]


def _by_stay(definition: Definition, step: Transition, place: _Place) -> Iterator[_Place]:
    if definition.lapse_of(place.state) is step and "clock" in step.by:
        yield from (_arrived(definition, place, target) for target in _targets(definition, step, place))


def _by_clocks(definition: Definition, step: Transition, place: _Place) -> Iterator[tuple[str, _Place]]:
    for number, rule in enumerate(definition.clocks.values()):
        if rule.then == step.key and place.clocks[number] == _RUNNING:
            over = _Place(place.state, (*place.clocks[:number], _LAPSED, *place.clocks[number + 1 :]))
            yield from ((rule.key, _arrived(definition, over, target)) for target in _targets(definition, step, place))


def _arrived(definition: Definition, place: _Place, target: str) -> _Place:
    """The place after a move; whoever stays where they are does not arrive, except at the begin."""
    if target == place.state and set(place.clocks) != {_IDLE}:
        return place
    rules = definition.clocks.values()
    after = (_after(rule, definition, target, now) for rule, now in zip(rules, place.clocks, strict=True))
    return _Place(target, tuple(after))


def _after(rule: CaseClock, definition: Definition, target: str, now: str) -> str:
    """A clock after its case has come to a state; `workflows.clocks.arrive` carries it out."""
    ends = target in rule.stops or definition.states[target].final is not None
    if now in (_IDLE, _STOPPED):
        if ends or target not in rule.starts:
            return now
        return _WAITING if target in rule.pauses_in else _RUNNING
    if ends:
        return _STOPPED
    if now == _LAPSED:
        return _LAPSED
    return _WAITING if target in rule.pauses_in else _RUNNING


# --- rules -------------------------------------------------------------------------------------


def named(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """A clock has a name that no state has, and names states and a step that are there."""
    for key, rule in definition.clocks.items():
        if key in definition.states:
            message = f"there is a state '{key}', too"
            yield fault(definition, "clock_named_as_state", f"clocks.{key}", message, "Choose another name")
        for side, names in (("starts", rule.starts), ("stops", rule.stops), ("pauses_in", rule.pauses_in)):
            for name in names:
                if name not in definition.states:
                    message, remedy = f"there is no state '{name}'", "Add the state, or correct the name"
                    yield fault(definition, "unknown_state", f"clocks.{key}.{side}", message, remedy)
        if rule.then is not None and rule.then not in definition.transitions:
            message, remedy = f"there is no step '{rule.then}'", "Add it, or correct the name"
            yield fault(definition, "unknown_step", f"clocks.{key}.then", message, remedy)


def number(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Nobody can follow more than a few times that run side by side."""
    if len(definition.clocks) > MOST:
        message = f"there are {len(definition.clocks)} clocks"
        yield fault(definition, "too_many_clocks", "clocks", message, f"Keep {MOST} at most")


def contradictions(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """No state both starts a clock and stops it or lets it wait."""
    for key, rule in definition.clocks.items():
        for side, names in (("stops", rule.stops), ("pauses_in", rule.pauses_in)):
            for name in sorted({*rule.starts} & {*names}):
                message = f"'{name}' starts this clock as well"
                yield fault(definition, "clock_contradicts", f"clocks.{key}.{side}", message, "Remove it from one")
        for name in sorted({*rule.stops} & {*rule.pauses_in}):
            message = f"'{name}' stops this clock as well"
            yield fault(definition, "clock_contradicts", f"clocks.{key}.pauses_in", message, "Remove it from one")


def running(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Each clock can run; each state that stops it or lets it wait is reached while it runs."""
    if any(True for rule in (named, contradictions) for _ in rule(definition, universe)):
        return
    walk = clock_walk(definition)
    for key, rule in definition.clocks.items():
        if not walk.runs_in(key):
            message = f"no case comes to {', '.join(rule.starts)} in such a way that this clock runs"
            yield fault(definition, "clock_never_runs", f"clocks.{key}.starts", message, "Name another state")
            continue
        for side, names, found in (
            ("stops", rule.stops, walk.stops_in(key)),
            ("pauses_in", rule.pauses_in, walk.waits_in(key)),
        ):
            for name in sorted({*names} - found):
                message = f"no case comes to '{name}' while this clock runs"
                yield fault(definition, "clock_not_there", f"clocks.{key}.{side}", message, "Remove it")


def thens(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """The step at the end of a clock is the clock's, and starts from each state in which it can run out."""
    if any(True for _ in named(definition, universe)):
        return
    for key, rule in definition.clocks.items():
        step = definition.transitions.get(rule.then or "")
        if step is None:
            continue
        where = f"clocks.{key}.then"
        if "clock" not in step.by:
            message = f"the step '{step.key}' is not for the clock"
            yield fault(definition, "then_not_by_clock", where, message, f"Write 'by: clock' in '{step.key}'")
            continue
        for state in sorted(clock_walk(definition).runs_in(key) - {*step.sources}):
            message = f"this clock can run out in '{state}', where the step '{step.key}' is not offered"
            remedy = f"Add '{state}' to its 'from', or stop the clock there"
            yield fault(definition, "then_not_offered", where, message, remedy)


def circles(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """No clock takes part in a circle that nobody but clocks goes round."""
    if any(True for _ in named(definition, universe)):
        return
    walk = clock_walk(definition)
    round_ = {clock for place, clock, following in walk.fired if place in _reached(walk.alone, [following])}
    for key in sorted(round_):
        message = "the clocks alone move a case round for ever, and this one with them"
        yield fault(definition, "clock_cycle", f"clocks.{key}.then", message, "Let one of them end without 'then'")


def _reached(alone: Mapping[_Place, frozenset[_Place]], starts: Iterable[_Place]) -> set[_Place]:
    seen: set[_Place] = set()
    waiting = list(starts)
    while waiting:
        place = waiting.pop()
        if place not in seen:
            seen.add(place)
            waiting.extend(alone.get(place, frozenset()) - seen)
    return seen


RULES = (named, number, contradictions, running, thens, circles)
