"""Checks that clocks come to rest: neither alone nor through the parts that they open does a case go round for ever."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workflows.definition import Definition
from workflows.graph import clock_moves, cycles, reach, sources
from workflows.soundness.context import Universe, fault
from workflows.soundness.faults import Fault


@dataclass(frozen=True, slots=True)
class _Move:
    """A move of a case that nobody touches: by its own clock, or carried by the clock of a part."""

    source: str
    target: str
    step: str
    opens: str | None
    part: str | None = None  # that carries it
    workflow: str = ""  # of the part
    carrier: str = ""  # its step


def circles(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """The clock alone never moves a case in a circle, which would send letters for ever."""
    for circle in cycles(clock_moves(definition)):
        message = f"the clock alone goes round through {', '.join(circle)}"
        remedy = "Let one of these deadlines end elsewhere, or without 'then'"
        yield fault(definition, "clock_cycle", f"states.{circle[0]}.deadline.then", message, remedy)


def chosen_circles(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """A step of the clock whose target facts choose never leads round by any of them: facts may stay as they are."""
    moves = clock_moves(definition)
    for source in moves:
        step = definition.lapse_of(source)
        for branch in step.branches[:-1] if step is not None else ():
            if source in reach(
                {key: frozenset({moves[key]} if key in moves else ()) for key in definition.states}, [branch.state]
            ):
                message = f"by way of '{branch.state}' the clock alone comes round to where it started"
                remedy = "Let one of these deadlines end elsewhere, or without 'then'"
                yield fault(definition, "clock_cycle", f"states.{source}.deadline.then", message, remedy)


def shared_circles(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """The clock of a parent and those of the parts that it opens never drive each other round."""
    for move in _going_round(definition, universe):
        where = f"transitions.{move.step}.by"
        yield _fault(definition, where, definition.key, move)
    for outer in {parent.key: parent for parent, _ in universe.parents_of(definition)}.values():
        others = Universe(workflows={**universe.workflows, definition.key: definition})
        for move in _going_round(outer, others):
            if move.workflow == definition.key:
                yield _fault(definition, f"transitions.{move.carrier}.carries", outer.key, move)


def _fault(judged: Definition, where: str, outer: str, move: _Move) -> Fault:
    message = (
        f"the clocks of '{outer}' and '{move.workflow}' drive each other round for ever: '{move.carrier}' carries "
        f"'{move.step}' from '{move.source}', and from there the clock opens '{move.part}' again"
    )
    remedy = "Give one of these steps to a person, or let one of the deadlines end without 'then'"
    return fault(judged, "clock_cycle_of_parts", where, message, remedy)


def _going_round(definition: Definition, universe: Universe) -> list[_Move]:
    """The carried moves in circles of moves that nobody makes.

    A part ends, so a carried move belongs to a circle only when the same circle opens the part anew.
    """
    moves = [*_own(definition), *_carried(definition, universe)]
    while True:
        forward = {key: frozenset(move.target for move in moves if move.source == key) for key in definition.states}
        round_ = [move for move in moves if move.source in reach(forward, [move.target])]
        kept = [
            move
            for move in round_
            if move.part is None
            or any(
                other.opens == move.part
                and other.source in reach(forward, [move.target])
                and move.source in reach(forward, [other.target])
                for other in round_
            )
        ]
        if len(kept) == len(moves):
            return [move for move in moves if move.part is not None]
        moves = kept


def _own(definition: Definition) -> Iterator[_Move]:
    for source, target in clock_moves(definition).items():
        step = definition.lapse_of(source)
        if step is not None:
            yield _Move(source, target, step.key, step.opens)


def _carried(definition: Definition, universe: Universe) -> Iterator[_Move]:
    """The steps of the case that a part carries, without anybody having touched the part."""
    for part, inner in universe.parts_of(definition):
        alone = clock_moves(inner)
        forward = {key: frozenset({alone[key]} if key in alone else ()) for key in inner.states}
        for source in sorted(reach(forward, [inner.initial]) & alone.keys()):
            carrier = inner.lapse_of(source)
            step = definition.transitions.get(carrier.carries or "") if carrier is not None else None
            if carrier is None or step is None or "part" not in step.by:
                continue
            for state in sources(definition, step):
                for target in definition.targets_of(step, state):
                    if target not in definition.states:
                        continue
                    yield _Move(state, target, step.key, step.opens, part.key, inner.key, carrier.key)


RULES = (circles, chosen_circles, shared_circles)
