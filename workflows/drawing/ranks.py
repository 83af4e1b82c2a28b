"""The order of the states in the drawing, and the way that each step takes. No coordinates yet.

The drawing reads like an official flow chart. One state per row, the main line straight down, side
states indented under the state they branch from, returns on the left, early ends in a column on the
right. With one state per row every row is free to its left and right, so no line ever meets a box.
A step with many sources (withdraw, cancel) is one line that collects them, with one label.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from workflows.definition import Definition, Final, Transition


class Way(enum.Enum):
    """The way of a line."""

    DOWN = enum.auto()  # along the main line to its next state
    ASIDE = enum.auto()  # to the very next row, when one of the two stands aside
    HOME = enum.auto()  # from a side state back to the state just above it
    ROUND = enum.auto()  # along a track on the left
    OUT = enum.auto()  # along a rail on the right, to an end


@dataclass(frozen=True, slots=True)
class Arc:
    """One line of the drawing: steps that share their sources and their target. `back`: against the rows."""

    way: Way
    sources: tuple[str, ...]
    target: str
    steps: tuple[str, ...]
    back: bool


@dataclass(frozen=True)
class Layout:
    """The order of the drawing. `stays` are steps that leave a state where it is; they get no line."""

    rows: tuple[str, ...]
    line: tuple[str, ...]
    ends: tuple[str, ...]
    arcs: tuple[Arc, ...]
    stays: Mapping[str, tuple[str, ...]]
    row_of: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "row_of", {state: row for row, state in enumerate(self.rows)})

    def aside(self, state: str) -> bool:
        """Whether a state of the rows stands beside the main line."""
        return state not in self.line

    def label_left(self, arc: Arc) -> bool:
        """Whether the words of a line down stand left of it: when a side state takes the right."""
        row = self.row_of[arc.sources[0]] + 1
        return row < len(self.rows) and self.aside(self.rows[row])


def lay_out(definition: Definition) -> Layout:
    """The layout of a definition, the same for the same file."""
    order = sorted(definition.states, key=lambda key: (key != definition.initial, definition.path_of[key]))
    targets = _forward(definition, order)
    line = _main_line(definition, order, targets)
    ends = tuple(key for key in order if definition.states[key].final and key not in line)
    sides = [key for key in order if key not in line and key not in ends]
    rows = _rows(line, sides, definition)
    arcs, stays = _arcs(definition, rows, line)
    return Layout(rows, line, ends, arcs, stays)


def _forward(definition: Definition, order: list[str]) -> dict[str, list[str]]:
    """State → where its steps lead further on in the file. Such arcs can form no circle."""
    place = {key: number for number, key in enumerate(order)}
    return {
        key: sorted(
            {
                target
                for step in definition.steps_from[key]
                for target in definition.targets_of(step, key)
                if place[target] > place[key]
            },
            key=place.__getitem__,
        )
        for key in order
    }


def _main_line(definition: Definition, order: list[str], targets: Mapping[str, list[str]]) -> tuple[str, ...]:
    """The longest way from the first state to success; to anywhere, when none succeeds."""
    best: dict[str, tuple[bool, int]] = {}
    follow: dict[str, str] = {}
    for key in reversed(order):
        best[key] = (definition.states[key].final is Final.SUCCEEDED, 1)
        for target in targets[key]:
            reached, length = best[target]
            if (reached, length + 1) > best[key]:
                best[key] = (reached, length + 1)
                follow[key] = target
    line = [order[0]]
    while line[-1] in follow:
        line.append(follow[line[-1]])
    return tuple(line)


def _rows(line: tuple[str, ...], sides: list[str], definition: Definition) -> tuple[str, ...]:
    """The main line with every side state under the state that leads to it."""
    rows = list(line)
    waiting = list(sides)
    while waiting:
        state, parent = next(
            ((state, parent) for state in waiting if (parent := _parent(state, rows, definition))),
            (waiting[0], rows[-1]),
        )
        waiting.remove(state)
        family = [parent, *(key for key in sides if _parent(key, rows, definition) == parent)]
        place = max(rows.index(key) for key in family if key in rows)
        rows.insert(place + 1, state)
    return tuple(rows)


def _parent(state: str, rows: Iterable[str], definition: Definition) -> str | None:
    """The uppermost row with a step to `state`."""
    sources = {
        source
        for step in definition.transitions.values()
        for source in step.sources
        if source != state and state in definition.targets_of(step, source)
    }
    return next((key for key in rows if key in sources), None)


def _arcs(
    definition: Definition, rows: tuple[str, ...], line: tuple[str, ...]
) -> tuple[tuple[Arc, ...], dict[str, tuple[str, ...]]]:
    """Every step as a line, or as a step that stays. Steps with the same line share it."""
    row_of = {state: row for row, state in enumerate(rows)}
    lines: dict[tuple[Way, tuple[str, ...], str, bool], list[str]] = {}
    stays: dict[str, list[str]] = {}
    for step in definition.transitions.values():
        for way, back, target, sources in _strands(definition, step, row_of, line):
            lines.setdefault((way, sources, target, back), []).append(step.key)
        for source in step.sources:
            if source in definition.targets_of(step, source):
                stays.setdefault(source, []).append(step.key)
    arcs = tuple(Arc(way, sources, target, tuple(steps), back) for (way, sources, target, back), steps in lines.items())
    return arcs, {key: tuple(steps) for key, steps in stays.items()}


def _strands(
    definition: Definition, step: Transition, row_of: Mapping[str, int], line: tuple[str, ...]
) -> list[tuple[Way, bool, str, tuple[str, ...]]]:
    """The lines of one step: its sources collected where they can run together."""
    together: dict[tuple[Way, bool, str, str], list[str]] = {}
    for source in sorted((key for key in step.sources if key in row_of), key=row_of.__getitem__):
        for target in (each for each in definition.targets_of(step, source) if each != source):
            way = _way(source, target, row_of, line)
            back = way in {Way.HOME, Way.ROUND} and row_of[target] < row_of[source]
            alone = "" if way in {Way.ROUND, Way.OUT} else source
            together.setdefault((way, back, target, alone), []).append(source)
    return [(way, back, target, tuple(sources)) for (way, back, target, _), sources in together.items()]


def _way(source: str, target: str, row_of: Mapping[str, int], line: tuple[str, ...]) -> Way:
    if target not in row_of:
        return Way.OUT
    if source in line and target in line and line.index(target) == line.index(source) + 1:
        return Way.DOWN
    if row_of[target] == row_of[source] + 1:
        return Way.ASIDE
    if row_of[target] == row_of[source] - 1 and source not in line and target in line:
        return Way.HOME
    return Way.ROUND
