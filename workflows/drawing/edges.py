"""The course of every line between the boxes, and the place of its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workflows.drawing.boxes import INDENT, STEP_LEADING, TRACK, Placement, Port
from workflows.drawing.ranks import Arc, Way

Point = tuple[float, float]

#: Side, line, state → the y at which the line meets the box.
_Heights = Mapping[tuple[str, Arc, str], float]


@dataclass(frozen=True, slots=True)
class Label:
    """The words of a line. `y` is the baseline of the first of them, `anchor` an SVG text-anchor."""

    x: float
    y: float
    anchor: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wire:
    """A line on the page. `strokes` are drawn, `joints` dotted; `routes` is the full way of each source."""

    arc: Arc
    strokes: tuple[tuple[Point, ...], ...]
    joints: tuple[Point, ...]
    routes: Mapping[str, tuple[Point, ...]]
    label: Label


def wire(placement: Placement) -> tuple[Wire, ...]:
    """All lines of a placement, in the order in which they are best drawn: the main line last."""
    heights = _heights(placement)
    order = (Way.OUT, Way.ROUND, Way.HOME, Way.ASIDE, Way.DOWN)
    arcs = sorted(placement.layout.arcs, key=lambda arc: order.index(arc.way))
    return tuple(_wire(placement, heights, arc) for arc in arcs)


def _wire(placement: Placement, heights: _Heights, arc: Arc) -> Wire:
    routes = {source: _route(placement, heights, arc, source) for source in arc.sources}
    strokes, joints = _collected(list(routes.values()))
    return Wire(arc, strokes, joints, routes, _label(placement, heights, arc, routes))


def _heights(placement: Placement) -> dict[tuple[str, Arc, str], float]:
    heights = {}
    for side, ports in (("left", placement.left), ("right", placement.right)):
        for key, box in placement.boxes.items():
            own = sorted((port for port in ports if port.state == key), key=lambda port: _rank(placement, port))
            y = box.middle - sum(port.need for port in own) / 2
            for port in own:
                y += port.need
                heights[side, port.arc, key] = y - (4 if port.lines else TRACK / 2)
    return heights


def _rank(placement: Placement, port: Port) -> tuple[int, int]:
    """The order of ports down a side in which their lines do not cross one another near the box.

    A line that goes up leaves above one that goes down; of two that go up, the one that turns first
    leaves first, of two that go down, last.
    """
    arc, boxes = port.arc, placement.boxes
    if arc.way is Way.HOME:
        return 2, 0
    others = arc.sources if port.state == arc.target else (arc.target,)
    up = sum(boxes[key].middle for key in others) / len(others) < boxes[port.state].middle
    turns = placement.lanes[arc]
    if port.state not in placement.layout.row_of:
        turns = -turns
    return (0, turns) if up else (1, -turns)


def _route(placement: Placement, heights: _Heights, arc: Arc, source: str) -> tuple[Point, ...]:
    start, end = placement.boxes[source], placement.boxes[arc.target]
    if arc.way is Way.DOWN:
        return (placement.centre, start.bottom), (placement.centre, end.y)
    if arc.way is Way.ASIDE:
        x = _aside(placement)
        return (x, start.bottom), (x, end.y)
    if arc.way is Way.HOME:
        x, y = start.right - INDENT, heights["right", arc, arc.target]
        return (x, start.y), (x, y), (end.right, y)
    lane = placement.lanes[arc]
    if arc.way is Way.OUT:
        x, leaves, arrives = placement.rails + lane * TRACK, start.right, end.x
        y = heights["right", arc, source]
    else:
        x, leaves, arrives = _first_track(placement) - lane * TRACK, start.x, end.x
        y = heights["left", arc, source]
    target = heights["left", arc, arc.target]
    return (leaves, y), (x, y), (x, target), (arrives, target)


def _aside(placement: Placement) -> float:
    """The x at which a line runs straight between the main line and a side state in the next row."""
    width = next(iter(placement.boxes.values())).width
    return placement.centre + (INDENT + width / 2) / 2


def _first_track(placement: Placement) -> float:
    lanes = [lane for arc, lane in placement.lanes.items() if arc.way is Way.ROUND]
    return TRACK * (max(lanes, default=0) + 1) + 10


def _collected(routes: list[tuple[Point, ...]]) -> tuple[tuple[tuple[Point, ...], ...], tuple[Point, ...]]:
    """Return what to draw of several ways to one place: the farthest in full, the others up to where they join."""
    if len(routes) == 1:
        return (routes[0],), ()
    target = routes[0][-1][1]
    above = [route for route in routes if route[0][1] <= target]
    below = [route for route in routes if route[0][1] > target]
    strokes, joints = [], []
    for side in (above, below):
        far = max(side, key=lambda route: abs(route[0][1] - target), default=())
        # The second side only comes as far as the height at which the first one turns to the target.
        reach = 3 if side is below and above else 4
        strokes += [route[:reach] if route is far else route[:2] for route in side]
        joints += [route[1] for route in side if route is not far]
    if above and below:
        joints.append(below[0][2])
    return tuple(strokes), tuple(joints)


def _label(placement: Placement, heights: _Heights, arc: Arc, routes: Mapping[str, tuple[Point, ...]]) -> Label:
    lines = placement.words[arc]
    above = STEP_LEADING * (len(lines) - 1) + 6
    route = routes[arc.sources[0]]
    if arc.way is Way.DOWN:
        left = placement.layout.label_left(arc)
        x = placement.centre + (-9 if left else 9)
        return Label(x, route[0][1] + STEP_LEADING, "end" if left else "start", lines)
    if arc.way is Way.ASIDE:
        return Label(route[0][0] + 8, route[0][1] + STEP_LEADING, "start", lines)
    if arc.way is Way.HOME:
        return Label(route[-1][0] + 14, route[-1][1] - above, "start", lines)
    y = heights["left", arc, arc.target]
    if arc.way is Way.OUT:
        rails = max(lane for other, lane in placement.lanes.items() if other.way is Way.OUT)
        return Label(placement.rails + rails * TRACK + 9, y - above, "start", lines)
    if len(arc.sources) == 1:
        y = heights["left", arc, arc.sources[0]]
    row = placement.boxes[placement.layout.line[0]]
    return Label(row.x - 15, y - above, "end", lines)
