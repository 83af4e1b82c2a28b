"""Charts as SVG: numbers in, elements out. Geometry stands in attributes and ink in classes of the stylesheet.

A bar beside its number is hidden from screen readers. A chart by itself has a label, and its page a table. Texts are
14 pixels high and never scaled; x and y are pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDE, HIGH = 160, 16  # of a bar


@dataclass(frozen=True, slots=True)
class ColumnBar:
    """A column of a chart by month: its label and its parts, from the foot up, each a number and a class of ink."""

    label: str
    parts: Sequence[tuple[int, str]]

    @property
    def total(self) -> int:
        """The sum of the parts."""
        return sum(number for number, _ink in self.parts)


def bar(value: float, most: float, ink: str = "f") -> str:
    """A bar from the left, as long as its place in the page allows; `most` fills it."""
    return _stretched(f'<rect class="{ink}" width="{_n(_share(value, most) * WIDE)}" height="{HIGH}"/>')


def late_bar(value: float, late: float, most: float) -> str:
    """A bar whose first part, the late one, is red and ends with a white line."""
    all_, red = _share(value, most) * WIDE, _share(late, most) * WIDE
    first = f'<rect class="rd" width="{_n(max(red - 1, 0))}" height="{HIGH}"/>' if late else ""
    rest = f'<rect class="q2" x="{_n(red)}" width="{_n(max(all_ - red, 0))}" height="{HIGH}"/>'
    return _stretched(first + rest)


def diverging(value: float, most: float) -> str:
    """A bar to the right of the middle for a positive number, to the left for a negative one."""
    middle, length = WIDE / 2, _share(abs(value), most) * WIDE / 2
    x, ink = (middle, "f") if value >= 0 else (middle - length, "q2")
    line = f'<path class="k" d="M{_n(middle)} 0V{HIGH}"/>'
    return _stretched(f'<rect class="{ink}" x="{_n(x)}" width="{_n(length)}" height="{HIGH}"/>{line}')


def span(median: float, p90: float, limit: float | None, most: float) -> str:
    """A dot at the median, a line to p90, and a gold line at the limit, where there is one."""
    inner = WIDE - 12
    x, end = (6 + _share(each, most) * inner for each in (median, p90))
    marks = f'<path class="l" d="M{_n(x)} 8H{_n(end)}M{_n(end)} 3V13"/><circle class="f" cx="{_n(x)}" cy="8" r="5"/>'
    if limit is not None:
        marks += f'<path class="au" d="M{_n(6 + _share(limit, most) * inner)} 0V{HIGH}"/>'
    return f'<svg width="{WIDE}" height="{HIGH}" aria-hidden="true">{marks}</svg>'


def columns(bars: Sequence[ColumnBar], label: str, wide: int = 528, high: int = 200) -> str:
    """Stacked columns with their totals on top; white lines part what stands on each other."""
    most = max((each.total for each in bars), default=0) or 1
    step, foot = (wide - 8) / max(len(bars), 1), high - 28
    marks = [f'<path class="g" d="M0 {foot}H{wide}"/>']
    for place, each in enumerate(bars):
        middle = 4 + step * (place + 0.5)
        marks += _column(each, middle, step * 0.66, foot, (foot - 22) / most)
        marks.append(f'<text class="s m" x="{_n(middle)}" y="{high - 8}">{escape(each.label)}</text>')
    return f'<svg width="{wide}" height="{high}" role="img" aria-label="{escape(label)}">{"".join(marks)}</svg>'


def _column(each: ColumnBar, middle: float, wide: float, foot: float, unit: float) -> Iterator[str]:
    y = foot
    for number, ink in each.parts:
        if number:
            tall = number * unit
            y -= tall
            x = _n(middle - wide / 2)
            yield f'<rect class="{ink}" x="{x}" y="{_n(y)}" width="{_n(wide)}" height="{_n(max(tall - 1, 0.5))}"/>'
    if each.total:
        yield f'<text class="m" x="{_n(middle)}" y="{_n(y - 5)}">{each.total}</text>'


def shade(value: float, most: float) -> int:
    """The shade of a number, from 0 for nothing to 4 for the most."""
    return 0 if not value or not most else min(4, 1 + int(4 * value / most))


def _stretched(marks: str) -> str:
    """Marks without text, which may be as wide as the cell."""
    box = f'width="100%" height="{HIGH}" viewBox="0 0 {WIDE} {HIGH}" preserveAspectRatio="none"'
    return f'<svg {box} aria-hidden="true">{marks}</svg>'


def _share(value: float, most: float) -> float:
    return max(0.0, min(1.0, value / most)) if most else 0.0


def _n(number: float) -> str:
    """A coordinate in the fewest characters."""
    return f"{number:.1f}".removesuffix(".0")
