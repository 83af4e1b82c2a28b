"""The map of the regions as SVG: their outlines, and the same as tiles where an outline is too small to press."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

WIDE, HIGH = 600, 328
TILE, GAP = 54, 4
_SHAPES = Path(__file__).parents[1] / "data" / "region_shapes.csv"


@dataclass(frozen=True, slots=True)
class RegionMark:
    """A region on the map: its name, a short one for a tile, its number, its shade from 0 to 4, and where it leads."""

    name: str
    short: str
    number: int
    shade: int
    url: str


@cache
def _shapes() -> Mapping[str, tuple[int, int, str]]:
    """Region → column and row of its tile, and the path of its outline."""
    with _SHAPES.open(encoding="utf-8", newline="") as file:
        return {row["region"]: (int(row["column"]), int(row["row"]), row["path"]) for row in csv.DictReader(file)}


def outlines(marks: Mapping[str, RegionMark], label: str) -> str:
    """The regions by their outlines; as wide as its place on the page. Cities lie on top."""
    paths = "".join(
        f'<a href="{escape(mark.url)}" aria-label="{escape(mark.name)}: {mark.number}">'
        f'<path class="q{mark.shade}" d="{path}"><title>{escape(mark.name)}: {mark.number}</title></path></a>'
        for code, (_column, _row, path) in sorted(_shapes().items(), key=lambda shape: -len(shape[1][2]))
        if (mark := marks.get(code)) is not None
    )
    box = f'width="100%" viewBox="-2 -2 {WIDE + 4} {HIGH + 4}"'
    return f'<svg {box} role="group" aria-label="{escape(label)}" stroke="#74858f">{paths}</svg>'


def tiles(marks: Mapping[str, RegionMark], label: str) -> str:
    """The regions as tiles of one size, each with its short name and its number."""
    found = []
    for code, (column, row, _path) in _shapes().items():
        mark = marks.get(code)
        if mark is not None:
            x, y = column * (TILE + GAP), row * (TILE + GAP)
            ink = " w" if mark.shade > 2 else ""
            found.append(
                f'<a href="{escape(mark.url)}"><title>{escape(mark.name)}: {mark.number}</title>'
                f'<rect class="q{mark.shade}" x="{x}" y="{y}" width="{TILE}" height="{TILE}"/>'
                f'<text class="m{ink}" x="{x + TILE // 2}" y="{y + 23}">{escape(mark.short)}</text>'
                f'<text class="m b{ink}" x="{x + TILE // 2}" y="{y + 42}">{mark.number}</text></a>'
            )
    wide, high = 6 * (TILE + GAP) - GAP, 5 * (TILE + GAP) - GAP
    return f'<svg width="{wide}" height="{high}" role="group" aria-label="{escape(label)}">{"".join(found)}</svg>'
