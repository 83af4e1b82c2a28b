"""Checks that what a step needs of the parts of its case can come true where it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from workflows.definition import MACHINE_ROLES, Definition, Final, Part, Transition
from workflows.graph import sources
from workflows.soundness.cast import Cast
from workflows.soundness.context import Universe, fault
from workflows.soundness.faults import Fault
from workflows.soundness.reachability import is_judgeable
from workflows.soundness.walk import Position, Walk, walk


@dataclass(frozen=True, slots=True)
class Course:
    """The fate of the parts of one kind so far."""

    opened: bool = False
    open: bool = False  # one of them is under way
    won: bool = False  # one of them has succeeded
    lost: bool = False  # one of them has ended otherwise

    def ended(self, final: Final) -> Course:
        """Return the course after the end of the part that was open."""
        won = final is Final.SUCCEEDED
        return replace(self, open=False, won=self.won or won, lost=self.lost or not won)


#: Predicate of a fact about parts (PART_FACTS) → whether it holds.
PREDICATES: Mapping[str, Callable[[Course], bool]] = {
    "some": lambda course: course.opened,
    "one_succeeded": lambda course: course.won,
    "all_succeeded": lambda course: course.won and not course.lost and not course.open,
    "all_ended": lambda course: not course.open,
    "none_open": lambda course: not course.open,
}


class _PartWalk:
    """The walk of a definition with the course of the parts of one kind."""

    def __init__(self, cast: Cast, part: Part, inner: Definition) -> None:
        self.cast = cast
        self.definition = cast.definition
        self.part = part
        self.inner = inner
        self.carriers = [step for step in inner.transitions.values() if step.carries is not None]
        self.alone = self._ends([step for step in inner.transitions.values() if step.carries is None])

    def walk(self) -> Walk:
        """Walk from the beginning, where no part is there."""
        starts = [replace(place, value=Course()) for place in self.cast.starts({False})]
        return walk(self.definition, starts, self._taken, self._idle)

    def holds(self, name: str, place: Position) -> bool:
        """Return whether the fact holds; facts about other things do."""
        _, part, predicate = name.split(".") if name.count(".") == 2 else ("", "", "")
        return part != self.part.key or predicate not in PREDICATES or PREDICATES[predicate](_course(place))

    def carried(self, step: Transition) -> list[Transition]:
        """Return the steps of this part that carry the step."""
        return [carrier for carrier in self.carriers if carrier.carries == step.key]

    def only_carried(self, step: Transition, place: Position) -> bool:
        """Return whether nothing but a step of this part takes the step in the place."""
        people = replace(step, by=tuple(role for role in step.by if role != "part"))
        others = self.cast.universe.carriers_of(self.definition, step.key)
        mine = self.carried(step)
        return "part" in step.by and len(mine) == len(others) and not self.cast.somebody(people, place)

    def _taken(self, step: Transition, place: Position) -> list[Course]:
        course = _course(place)
        if not self.cast.somebody(step, place) or not all(self.holds(name, place) for name in step.needs):
            return []
        after = [] if self.only_carried(step, place) else [course]
        if "part" in step.by and course.open:
            after += [course] * any(not self._ends([carrier]) for carrier in self.carried(step))
            after += [course.ended(final) for final in self._ends(self.carried(step))]
        opens = step.opens == self.part.key
        return [replace(each, opened=True, open=True) if opens else each for each in after]

    def _idle(self, place: Position) -> list[Course]:
        course = _course(place)
        return [course.ended(final) for final in self.alone] if course.open else []

    def _ends(self, steps: list[Transition]) -> set[Final]:
        named = [target for step in steps for target in self.inner.targets_of(step, "")]
        targets = [self.inner.states.get(each) for each in named]
        return {state.final for state in targets if state is not None and state.final is not None}


def _course(place: Position) -> Course:
    return place.value if isinstance(place.value, Course) else Course()


def parts_in_time(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """The needs of a step about parts can hold where it starts, and a part that carries a step can be open there."""
    if not is_judgeable(definition):
        return
    cast = Cast(definition, universe)
    for part, inner in universe.parts_of(definition):
        opened = any(step.opens == part.key for step in definition.transitions.values())
        if inner.key != definition.key and opened:
            yield from _in_time(_PartWalk(cast, part, inner))


def _in_time(parts: _PartWalk) -> Iterator[Fault]:
    definition, walked = parts.definition, parts.walk()
    stuck = walked.dead_ends(tuple(Final))
    unopened = {place for place in walked.dead_ends((Final.SUCCEEDED,)) if not _course(place).lost}
    for step in definition.transitions.values():
        places = [place for source in sources(definition, step) for place in walked.at(source)]
        for name in step.needs:
            where = f"transitions.{step.key}.needs"
            barred = [place for place in places if not parts.holds(name, place)]
            if places and len(barred) == len(places):
                message = f"'{name}' cannot hold where this step starts: no step before opens such a part"
                remedy = f"Open the part '{parts.part.key}' in an earlier step, or ask for it later"
                yield fault(definition, "needs_too_early", where, message, remedy)
            elif any(place in stuck or place in unopened for place in barred):
                state = next(place.state for place in barred if place in stuck or place in unopened)
                message = f"a case can stand in '{state}' where '{name}' never comes true, and nothing else leads on"
                remedy = "Let the part be opened again from there, or add another step"
                yield fault(definition, "needs_out_of_reach", where, message, remedy)
        yield from _carried_in_time(parts, step, places, stuck | unopened)


def _carried_in_time(
    parts: _PartWalk, step: Transition, places: list[Position], dead: frozenset[Position] | set[Position]
) -> Iterator[Fault]:
    where, key = f"transitions.{step.key}.by", parts.part.key
    barred = [place for place in places if parts.only_carried(step, place) and not _course(place).open]
    if not barred or not parts.carried(step):
        return
    if len(barred) == len(places) and set(step.by) <= set(MACHINE_ROLES):
        message = f"no '{key}' is open where this step starts, so none can carry it"
        yield fault(parts.definition, "part_not_open", where, message, f"Open '{key}' in an earlier step")
    elif any(place in dead for place in barred):
        state = next(place.state for place in barred if place in dead)
        message = f"a case can stand in '{state}' without an open '{key}', and nothing else leads on"
        remedy = f"Let a step open '{key}' again from there, or add another step"
        yield fault(parts.definition, "part_left_out", where, message, remedy)


def left_behind(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """A part whose parent has gone on, and no longer takes the step that the part carries, still comes to an end."""
    if not is_judgeable(definition):
        return
    cast = Cast(definition, universe)
    barred = {step.key for step in definition.transitions.values() if _may_be_refused(cast, step)}
    if not barred:
        return

    def taken(step: Transition, place: Position) -> tuple[bool, ...]:
        return (bool(place.value),) if cast.somebody(step, place) and not (place.value and step.key in barred) else ()

    walked = walk(definition, cast.starts({False}), taken, lambda _place: (True,))
    for place in sorted(walked.dead_ends(tuple(Final)), key=repr):
        for step in definition.steps_from[place.state]:
            if place.value and step.key in barred:
                message = f"the parent can stand where it takes no '{step.carries}', and then nothing leads on here"
                remedy = f"Add a step from '{place.state}' that carries nothing, or let the parent wait for its parts"
                yield fault(definition, "left_behind", f"transitions.{step.key}.carries", message, remedy)


def _may_be_refused(cast: Cast, step: Transition) -> bool:
    """Whether a parent can have such a part open in a state from which the carried step does not start."""
    for opening in cast.openings if step.carries is not None else ():
        along = opening.parent.definition.transitions.get(step.carries or "")
        parts = _PartWalk(opening.parent, opening.part, cast.definition)
        if along is not None and is_judgeable(opening.parent.definition):
            open_in = {place.state for place in parts.walk().onward if _course(place).open}
            if open_in - set(along.sources):
                return True
    return False


RULES = (parts_in_time, left_behind)
