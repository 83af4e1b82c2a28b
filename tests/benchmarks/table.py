"""Figures, their goals, and the table they are printed in."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line. `goal` is in the words of the design; `met` None: the figure is only told."""

    name: str
    value: str
    goal: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        return "" if self.met is None else "met" if self.met else "missed"


def at_least(name: str, value: float, goal: float, unit: str = "") -> Figure:
    return Figure(name, f"{value:.2f}{unit}", f"≥ {goal:g}{unit}", value >= goal)


def at_most(name: str, value: float, goal: float, unit: str = "") -> Figure:
    return Figure(name, f"{value:.2f}{unit}", f"≤ {goal:g}{unit}", value <= goal)


def told(figures: Iterable[Figure]) -> str:
    """The table as text."""
    rows = [("figure", "measured", "goal", ""), *((f.name, f.value, f.goal, f.verdict) for f in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def median_ms(work: Callable[[], object], times: int) -> float:
    """Milliseconds of one call, the middle of `times` after a few to warm up."""
    for _ in range(3):
        work()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1000
