"""The placement of every box: sized by its words, spaced by the labels and the lines that need room.

From left to right: tracks, a gutter for their labels, the rows, rails, a gutter for their labels, the
ends. All figures are pixels. Rows grow with the lines that start or end at them, gaps with the labels
that stand in them, so that neither text nor line ever lies in another one's place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from workflows.definition import Definition, State
from workflows.drawing.ranks import Arc, Layout, Way, lay_out
from workflows.drawing.text_width import longest, wrap

MARGIN = 16
TRACK = 12  # from one track or rail to the next
INDENT = 24  # how far right of the main line a side state begins
GUTTER = 150  # the widest label beside a track or rail
GAP = 32  # the least room between two boxes
PADDING = 12
LOWEST = 44  # no box is lower

NAME, NAME_LEADING = 14, 18  # the name of a state
STEP, STEP_LEADING = 12, 15  # a step
NOTE, NOTE_LEADING = 11.5, 15  # a step that stays, inside the box
SIGN = 22  # room left of the name for the sign of an end or of a pause
NOTE_SIGN = 15  # the same for a note


@dataclass(frozen=True, slots=True)
class StateBox:
    """A state on the page. `notes` are the steps that stay in it, each in lines."""

    state: State
    x: float
    y: float
    width: float
    height: float
    name: tuple[str, ...]
    notes: tuple[tuple[str, ...], ...] = ()
    aside: bool = False

    @property
    def right(self) -> float:
        """The x of its right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of its lower side."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """The y half-way down."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Port:
    """The point at which a line meets the left or right side of a state; its label stands above it."""

    arc: Arc
    state: str
    lines: tuple[str, ...] = ()

    @property
    def need(self) -> float:
        """The height that it takes of the side, in pixels."""
        return STEP_LEADING * len(self.lines) + 9 if self.lines else TRACK


@dataclass(frozen=True)
class Placement:
    """All boxes, with what the lines need of them. `lanes`: track or rail, 0 nearest to the rows."""

    layout: Layout
    boxes: Mapping[str, StateBox]
    words: Mapping[Arc, tuple[str, ...]]
    left: tuple[Port, ...]
    right: tuple[Port, ...]
    lanes: Mapping[Arc, int]
    centre: float  # x of the main line
    rails: float  # x of the first rail
    width: float
    height: float


def place(definition: Definition, language: str) -> Placement:
    """The placement of a definition with its words in `language`."""
    layout = lay_out(definition)
    names = {key: state.label[language] for key, state in definition.states.items()}
    row_width = _common_width([names[key] for key in layout.rows], 180, 250)
    words = {arc: _words(definition, layout, arc, language, row_width) for arc in layout.arcs}
    left, right = _ports(layout, words)
    tracks = _tracks(layout)
    spill = max((longest(words[arc], STEP) - row_width / 2 + 15 for arc in words if _goes_left(layout, arc)), default=0)
    start = MARGIN + max(_strip(tracks, words), spill + TRACK * len(set(tracks.values())))
    notes = {
        key: tuple(
            wrap(definition.transitions[step].label[language], row_width - 2 * PADDING - NOTE_SIGN, NOTE)
            for step in steps
        )
        for key, steps in layout.stays.items()
    }
    boxes: dict[str, StateBox] = {}
    y = float(MARGIN + GAP)
    for row, key in enumerate(layout.rows):
        x = start + (row_width / 2 + INDENT if layout.aside(key) else 0)
        frame = StateBox(definition.states[key], x, y, row_width, 0, (), notes.get(key, ()), layout.aside(key))
        boxes[key] = _filled(frame, names[key], max(_need(left, key), _need(right, key)))
        y = boxes[key].bottom + _gap(layout, words, row)
    centre = start + row_width / 2
    rails = _edge(layout, boxes, words, centre) + 2 * TRACK
    ends = _ends(definition, layout, names, boxes, left)
    lanes = _rails(layout, boxes | ends)
    column = rails + _strip(lanes, words)
    boxes |= {key: replace(box, x=column) for key, box in ends.items()}
    width = max((box.right for box in boxes.values()), default=rails) + MARGIN
    height = max(box.bottom for box in boxes.values()) + MARGIN
    return Placement(layout, boxes, words, left, right, tracks | lanes, centre, rails, width, height)


def _common_width(names: list[str], narrow: int, wide: int) -> float:
    """One width for a column of boxes: the narrowest in which no name takes more than two lines."""
    for width in range(narrow, wide, 10):
        lines = [wrap(name, width - 2 * PADDING - SIGN, NAME) for name in names]
        if all(len(name) <= 2 for name in lines):
            break
    words = [(word,) for name in names for word in name.split()]
    return max(width, max((longest(word, NAME) for word in words), default=0) + 2 * PADDING + SIGN)


def _filled(frame: StateBox, name: str, need: float) -> StateBox:
    """The box with its name, as high as its words and its ports ask for."""
    signed = frame.state.paused or frame.state.final is not None
    lines = wrap(name, frame.width - 2 * PADDING - (SIGN if signed else 0), NAME)
    notes = sum(len(note) for note in frame.notes)
    text = NAME_LEADING * len(lines) + NOTE_LEADING * notes + (6 if notes else 0) + 20
    return replace(frame, name=lines, height=max(LOWEST, text, need + 14))


def _words(definition: Definition, layout: Layout, arc: Arc, language: str, row_width: float) -> tuple[str, ...]:
    """The label of a line, broken where the room beside that kind of line ends."""
    half = row_width / 2
    room = {
        Way.DOWN: half + (60 if layout.label_left(arc) else 110),
        Way.ASIDE: half,
        Way.HOME: half,
        Way.ROUND: GUTTER,
        Way.OUT: GUTTER,
    }[arc.way]
    mark = "· " if len(arc.steps) > 1 else ""
    labels = [mark + definition.way_label(definition.transitions[step], arc.target)[language] for step in arc.steps]
    return tuple(line for label in labels for line in wrap(label, room, STEP))


def _goes_left(layout: Layout, arc: Arc) -> bool:
    return arc.way is Way.DOWN and layout.label_left(arc)


def _ports(layout: Layout, words: Mapping[Arc, tuple[str, ...]]) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    """The ports of all left and of all right sides. A collected line has its label where it arrives."""
    left: list[Port] = []
    right: list[Port] = []
    for arc in layout.arcs:
        if arc.way is Way.ROUND:
            alone = len(arc.sources) == 1
            left += [Port(arc, source, words[arc] if alone else ()) for source in arc.sources]
            left.append(Port(arc, arc.target, () if alone else words[arc]))
        elif arc.way is Way.OUT:
            right += [Port(arc, source) for source in arc.sources]
            left.append(Port(arc, arc.target, words[arc]))
        elif arc.way is Way.HOME:
            right.append(Port(arc, arc.target, words[arc]))
    return tuple(left), tuple(right)


def _need(ports: Iterable[Port], state: str) -> float:
    return sum(port.need for port in ports if port.state == state)


def _gap(layout: Layout, words: Mapping[Arc, tuple[str, ...]], row: int) -> float:
    """The room under a row: for the labels of the lines that leave downwards."""
    lines = (
        len(words[arc])
        for arc in layout.arcs
        if arc.way in {Way.DOWN, Way.ASIDE} and arc.sources[0] == layout.rows[row]
    )
    return max(GAP, STEP_LEADING * max(lines, default=0) + 18)


def _edge(layout: Layout, boxes: Mapping[str, StateBox], words: Mapping[Arc, tuple[str, ...]], centre: float) -> float:
    """The x right of everything that belongs to the rows."""
    labels = (
        centre + 10 + longest(words[arc], STEP)
        for arc in layout.arcs
        if arc.way is Way.DOWN and not layout.label_left(arc)
    )
    return max([*labels, *(box.right for box in boxes.values())])


def _strip(lanes: Mapping[Arc, int], words: Mapping[Arc, tuple[str, ...]]) -> float:
    """The width of tracks or rails with the gutter for their labels."""
    if not lanes:
        return 0
    return TRACK * (max(lanes.values()) + 1) + max(longest(words[arc], STEP) for arc in lanes) + 30


def _tracks(layout: Layout) -> dict[Arc, int]:
    """Lines on the left: the short ones near the rows, the long ones around them."""
    spans = []
    for arc in layout.arcs:
        if arc.way is Way.ROUND:
            rows = [layout.row_of[key] for key in (*arc.sources, arc.target)]
            spans.append((arc, float(min(rows)), float(max(rows))))
    return _lanes(sorted(spans, key=lambda span: span[2] - span[1]))


def _rails(layout: Layout, boxes: Mapping[str, StateBox]) -> dict[Arc, int]:
    """Lines on the right: those that collect most are nearest to the rows, so that their branches stay short."""
    spans = []
    for arc in layout.arcs:
        if arc.way is Way.OUT:
            touched = [boxes[key] for key in (*arc.sources, arc.target)]
            spans.append((arc, min(box.y for box in touched), max(box.bottom for box in touched)))
    return _lanes(sorted(spans, key=lambda span: (-len(span[0].sources), span[1] - span[2])))


def _lanes(spans: Iterable[tuple[Arc, float, float]]) -> dict[Arc, int]:
    """The first free lane for each span in turn: no two spans of a lane touch."""
    taken: list[list[tuple[float, float]]] = []
    lanes = {}
    for arc, low, high in spans:
        free = (lane for lane, spans in enumerate(taken) if all(high < a or b < low for a, b in spans))
        lane = next(free, len(taken))
        if lane == len(taken):
            taken.append([])
        taken[lane].append((low, high))
        lanes[arc] = lane
    return lanes


def _ends(
    definition: Definition,
    layout: Layout,
    names: Mapping[str, str],
    boxes: Mapping[str, StateBox],
    left: tuple[Port, ...],
) -> dict[str, StateBox]:
    """The ends, each as near as it can be to the middle of the states that lead there; x is still 0."""
    width = _common_width([names[key] for key in layout.ends], 150, 220)
    wishes = []
    for key in layout.ends:
        sources = [boxes[source].middle for arc in layout.arcs if arc.target == key for source in arc.sources]
        box = _filled(StateBox(definition.states[key], 0, 0, width, 0, ()), names[key], _need(left, key))
        wishes.append((sum(sources) / max(1, len(sources)) - box.height / 2, box))
    wishes.sort(key=lambda wish: wish[0])
    return {box.state.key: box for box in _settled(wishes)}


def _settled(wishes: list[tuple[float, StateBox]]) -> list[StateBox]:
    """The boxes one under the other. Those that want the same place share the displacement evenly."""
    groups: list[tuple[float, float, list[StateBox]]] = []  # wished y, height, boxes
    for wish, box in wishes:
        y, height, members = wish, box.height, [box]
        while groups and groups[-1][0] + groups[-1][1] + GAP > y:
            above, upper, others = groups.pop()
            share = len(others) / (len(others) + len(members))
            y = above * share + (y - upper - GAP) * (1 - share)
            height, members = upper + GAP + height, others + members
        groups.append((max(float(MARGIN), y), height, members))
    settled = []
    for top, _, members in groups:
        for number, box in enumerate(members):
            above = sum(upper.height + GAP for upper in members[:number])
            settled.append(replace(box, y=top + above))
    return settled
