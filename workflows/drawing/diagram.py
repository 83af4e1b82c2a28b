"""The picture of a workflow: as SVG drawn here, and as Mermaid text for documents.

The SVG carries no style and no script (a strict content security policy refuses both), only
presentation attributes. Nothing is said by colour alone: ends are rounded and double-lined and carry a
sign, pauses are dashed, returns are dashed, the current state is inverse and ringed, heat has a caption.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from workflows.definition import Definition, Final
from workflows.drawing.boxes import (
    GAP,
    NAME,
    NAME_LEADING,
    NOTE,
    NOTE_LEADING,
    NOTE_SIGN,
    PADDING,
    SIGN,
    STEP,
    STEP_LEADING,
    StateBox,
    place,
)
from workflows.drawing.edges import Label, Point, Wire, wire
from workflows.drawing.ranks import lay_out
from workflows.drawing.text_width import width

FONT = "'Golos', 'Golos Text', system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"

INK, SOFT, EDGE, PAPER = "#17242c", "#51626d", "#7b8b95", "#ffffff"
DEEP, ACCENT, PALE, GOLD, RETURN = "#0b3b4c", "#0a5a73", "#e3eef2", "#c9a24b", "#8a6a1c"

#: From nothing to the worst, light enough for dark letters on each.
HEAT = ("#ffffff", "#fbf3dd", "#f6e0ad", "#f1c67f", "#eaa86b")

#: The signs left of a name, in a square of 14 by 14.
_SIGNS = {
    Final.SUCCEEDED: "M1.5 7.5 5.5 11.5 12.5 3",
    Final.REFUSED: "M3 3 11 11M11 3 3 11",
    Final.WITHDRAWN: "M6 2.5 2.5 6 6 9.5M2.5 6H8.5A3 3 0 0 1 8.5 12H6",
    Final.LAPSED: "M7 1.5A5.5 5.5 0 1 0 7 12.5 5.5 5.5 0 1 0 7 1.5M7 4V7L9.5 9",
}
_PAUSE = "M4.5 2.5V11.5M9.5 2.5V11.5"
_STAYS = "M8.5 3.2A3.6 3.6 0 1 0 9.6 6.6M9.6 .8V3.8H6.6"


@dataclass(frozen=True, slots=True)
class Heat:
    """The load of a state: `level` from 0 to 1 colours it, `caption` says it in words."""

    level: float
    caption: str


def svg(
    definition: Definition,
    language: str,
    *,
    path: Sequence[str] = (),
    current: str | None = None,
    heat: Mapping[str, Heat] | None = None,
) -> str:
    """The drawing as one SVG element, about 1,100 pixels wide for the largest workflow of Komek.

    `path` are the states a case went through, in order; `current` is where it is.
    """
    placement = place(definition, language)
    wires = wire(placement)
    taken = set(itertools.pairwise(path))
    wide, high = f"{placement.width:.0f}", f"{placement.height:.0f}"
    walked = [definition.states[key].label[language] for key in path or placement.layout.line]
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" lang="{language}" width="{wide}" height="{high}" '
            f'viewBox="0 0 {wide} {high}" font-family={quoteattr(FONT)} fill="none">'
        ),
        f"<title>{escape(definition.title[language])}</title>",
        f"<desc>{escape(' → '.join(walked))}</desc>",
        f'<rect width="{wide}" height="{high}" fill="{PAPER}"/>',
        *_opening(placement.boxes[placement.layout.line[0]], placement.centre),
        *(part for line in wires for part in _line(line)),
        *(part for line in wires for part in _walked(line, taken)),
        *(part for box in placement.boxes.values() for part in _state(box, path, current, heat or {})),
        *(_words(line.label, _is_taken(line, taken)) for line in wires),
        "</svg>",
    ]
    return "\n".join(parts)


def mermaid(definition: Definition, language: str) -> str:
    """The same graph as Mermaid text, for documents and tools that draw it themselves."""
    layout = lay_out(definition)
    parts = ["flowchart TD", f"  begin(( )) --> s_{definition.initial}"]
    for key, state in definition.states.items():
        name = _quoted(state.label[language])
        parts.append(f"  s_{key}([{name}])" if state.final else f"  s_{key}[{name}]")
    for arc in layout.arcs:
        words = _quoted(
            " / ".join(definition.way_label(definition.transitions[step], arc.target)[language] for step in arc.steps)
        )
        arrow = "-.->" if arc.back else "-->"
        parts += [f"  s_{source} {arrow}|{words}| s_{arc.target}" for source in arc.sources]
    for key, steps in layout.stays.items():
        names = (_quoted(definition.transitions[step].label[language]) for step in steps)
        parts += [f"  s_{key} -->|{name}| s_{key}" for name in names]
    return "\n".join(parts) + "\n"


def _quoted(text: str) -> str:
    """A Mermaid string. Its only escapes are entity codes with # for &; they also keep markup out."""
    safe = "".join(letter if letter.isalnum() or letter in " .,:-/()!?" else f"#{ord(letter)};" for letter in text)
    return f'"{safe}"'


def _opening(box: StateBox, centre: float) -> list[str]:
    """The dot where everything begins, and its way to the first state."""
    top = box.y - GAP + 8
    return [
        f'<circle cx="{_n(centre)}" cy="{_n(top)}" r="6" fill="{INK}"/>',
        _stroke(((centre, top), (centre, box.y)), EDGE, 1.5),
        _arrow(((centre, top), (centre, box.y)), EDGE),
    ]


def _line(line: Wire) -> Iterator[str]:
    """A line over a white margin, so that a line it crosses seems to pass below."""
    colour = RETURN if line.arc.back else EDGE
    for stroke in line.strokes:
        yield _stroke(stroke, PAPER, 5)
    for stroke in line.strokes:
        yield _stroke(stroke, colour, 1.5, dashed=line.arc.back)
    for x, y in line.joints:
        yield f'<circle cx="{_n(x)}" cy="{_n(y)}" r="2.6" fill="{colour}"/>'
    yield _arrow(next(iter(line.routes.values())), colour)


def _walked(line: Wire, taken: set[tuple[str, str]]) -> Iterator[str]:
    for source, route in line.routes.items():
        if (source, line.arc.target) in taken:
            yield _stroke(route, ACCENT, 3, dashed=line.arc.back)
            yield _arrow(route, ACCENT)


def _is_taken(line: Wire, taken: set[tuple[str, str]]) -> bool:
    return any((source, line.arc.target) in taken for source in line.arc.sources)


def _state(box: StateBox, path: Sequence[str], current: str | None, heat: Mapping[str, Heat]) -> Iterator[str]:
    key = box.state.key
    load = heat.get(key)
    here, been = key == current, key in path
    fill = DEEP if here else PALE if been else HEAT[_step_of_heat(load)] if load else PAPER
    border = DEEP if here else ACCENT if been else EDGE
    yield f"<g data-state={quoteattr(key)}>"
    if here:
        yield _frame(box, -4, GOLD, 2.5)
    yield _frame(box, 0, border, 1.8 if been else 1.3, fill)
    if box.state.final:
        yield _frame(box, 3.5, PAPER if here else border, 1)
    yield from _inside(box, PAPER if here else INK, PAPER if here else SOFT)
    if load:
        yield from _badge(box, load.caption)
    yield "</g>"


def _frame(box: StateBox, inset: float, colour: str, thickness: float, fill: str = "none") -> str:
    wide, high = box.width - 2 * inset, box.height - 2 * inset
    radius = min(high / 2, 24) if box.state.final else max(0, 4 - inset)
    dash = ' stroke-dasharray="6 4"' if box.state.paused and inset == 0 else ""
    return (
        f'<rect x="{_n(box.x + inset)}" y="{_n(box.y + inset)}" width="{_n(wide)}" height="{_n(high)}" '
        f'rx="{_n(radius)}" fill="{fill}" stroke="{colour}" stroke-width="{_n(thickness)}"{dash}/>'
    )


def _inside(box: StateBox, ink: str, soft: str) -> Iterator[str]:
    """The sign, the name and the steps that stay, together in the middle of the box."""
    notes = sum(len(note) for note in box.notes)
    tall = NAME_LEADING * len(box.name) + NOTE_LEADING * notes + (6 if notes else 0)
    y = box.middle - tall / 2
    sign = _PAUSE if box.state.paused else _SIGNS[box.state.final] if box.state.final else None
    x = box.x + PADDING
    if sign:
        yield _sign(sign, x, y + 2, ink, 1.8)
        x += SIGN
    yield _text(Label(x, y + 13.5, "start", box.name), NAME, NAME_LEADING, f'font-weight="600" fill="{ink}"')
    y += NAME_LEADING * len(box.name) + 6
    for note in box.notes:
        yield _sign(_STAYS, box.x + PADDING, y + 1.5, soft, 1.2)
        yield _text(Label(box.x + PADDING + NOTE_SIGN, y + 10.5, "start", note), NOTE, NOTE_LEADING, f'fill="{soft}"')
        y += NOTE_LEADING * len(note)


def _sign(shape: str, x: float, y: float, colour: str, thickness: float) -> str:
    return (
        f'<path transform="translate({_n(x)} {_n(y)})" d="{shape}" stroke="{colour}" '
        f'stroke-width="{thickness}" stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _badge(box: StateBox, caption: str) -> Iterator[str]:
    """The caption of the heat on the upper border, left of where lines arrive."""
    wide = width(caption, STEP) + 14
    x = box.x + (box.width - wide) / 2 if box.aside else box.x + 8
    yield (
        f'<rect x="{_n(x)}" y="{_n(box.y - 9)}" width="{_n(wide)}" height="18" rx="9" fill="{PAPER}" stroke="{EDGE}"/>'
    )
    yield _text(Label(x + 7, box.y + 4, "start", (caption,)), STEP, STEP_LEADING, f'fill="{INK}"')


def _step_of_heat(load: Heat) -> int:
    return min(len(HEAT) - 1, max(0, int(load.level * len(HEAT))))


def _words(label: Label, taken: bool) -> str:
    """A label over a white rim, which keeps it legible where a line passes."""
    weight = ' font-weight="600"' if taken else ""
    return _text(
        label,
        STEP,
        STEP_LEADING,
        f'fill="{ACCENT if taken else INK}" stroke="{PAPER}" stroke-width="4" stroke-linejoin="round" '
        f'paint-order="stroke"{weight}',
    )


def _text(label: Label, size: float, leading: float, look: str) -> str:
    x = _n(label.x)
    lines = "".join(
        f'<tspan x="{x}" y="{_n(label.y + number * leading)}">{escape(line)}</tspan>'
        for number, line in enumerate(label.lines)
    )
    return f'<text font-size="{_n(size)}" text-anchor="{label.anchor}" {look}>{lines}</text>'


def _stroke(points: Sequence[Point], colour: str, thickness: float, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<path d="{_rounded(points)}" stroke="{colour}" stroke-width="{_n(thickness)}"{dash}/>'


def _rounded(points: Sequence[Point], radius: float = 7) -> str:
    """The way along the points with its corners rounded off."""
    way = [point for number, point in enumerate(points) if number == 0 or point != points[number - 1]]
    parts = [f"M{_n(way[0][0])} {_n(way[0][1])}"]
    for before, corner, after in zip(way, way[1:], way[2:], strict=False):
        near, far = _towards(corner, before, radius), _towards(corner, after, radius)
        parts.append(f"L{_n(near[0])} {_n(near[1])}Q{_n(corner[0])} {_n(corner[1])} {_n(far[0])} {_n(far[1])}")
    parts.append(f"L{_n(way[-1][0])} {_n(way[-1][1])}")
    return "".join(parts)


def _towards(corner: Point, other: Point, radius: float) -> Point:
    """The point on the way from a corner to its neighbour, at most half-way."""
    across, down = other[0] - corner[0], other[1] - corner[1]
    distance = abs(across) + abs(down)  # all ways run along the axes
    share = min(radius, distance / 2) / distance
    return corner[0] + across * share, corner[1] + down * share


def _arrow(route: Sequence[Point], colour: str) -> str:
    (x0, y0), (x, y) = route[-2], route[-1]
    across = (x > x0) - (x < x0)
    down = (y > y0) - (y < y0)
    left = (x - 9 * across + 4 * down, y - 9 * down + 4 * across)
    right = (x - 9 * across - 4 * down, y - 9 * down - 4 * across)
    points = " ".join(f"{_n(a)},{_n(b)}" for a, b in ((x, y), left, right))
    return f'<polygon points="{points}" fill="{colour}"/>'


def _n(number: float) -> str:
    """A coordinate in the fewest characters."""
    return f"{number:.1f}".removesuffix(".0")
