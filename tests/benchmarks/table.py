"""Figures, their goals, and the table or JSON they are printed as."""

from __future__ import annotations

import cProfile
import json
import pstats
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    `number` is the measured value for programs. `goal` is in the words of docs/performance.md; `met` is None for a
    figure without a goal. `where` says where the time goes: the top lines of a profile, for a goal that is missed.
    """

    name: str
    value: str
    goal: str = ""
    met: bool | None = None
    number: float | None = None
    where: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        return "" if self.met is None else "reached" if self.met else "MISSED"


def plain(name: str, value: float, unit: str = "", digits: int = 2) -> Figure:
    """A figure without a goal."""
    return Figure(name, f"{value:,.{digits}f}{unit}", number=value)


def at_least(name: str, value: float, goal: float, unit: str = "") -> Figure:
    return Figure(name, f"{value:.2f}{unit}", f"≥ {goal:g}{unit}", value >= goal, value)


def at_most(name: str, value: float, goal: float, unit: str = "") -> Figure:
    return Figure(name, f"{value:.2f}{unit}", f"≤ {goal:g}{unit}", value <= goal, value)


def explained(figure: Figure, where: Callable[[], Iterable[str]]) -> Figure:
    """The figure itself when its goal is reached or absent; else with the lines that `where` finds."""
    return replace(figure, where=tuple(where())) if figure.met is False else figure


def as_text(figures: Iterable[Figure]) -> str:
    """The table as text; below it, for each goal that is missed, where the time goes."""
    figures = list(figures)
    rows = [("figure", "measured", "goal", ""), *((f.name, f.value, f.goal, f.verdict) for f in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    missed = [line for figure in figures if figure.where for line in ("", f"MISSED: {figure.name}", *figure.where)]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:], *missed])


def as_json(figures: Iterable[Figure], machine: dict[str, Any]) -> str:
    """The figures for a program: `machine` as given, and a list of objects with the names of `Figure`."""
    rows = [asdict(figure) | {"verdict": figure.verdict} for figure in figures]
    return json.dumps({"machine": machine, "figures": rows}, ensure_ascii=False, indent=1)


def often(work: Callable[[], object], times: int) -> None:
    """Call it so many times."""
    for _ in range(times):
        work()


def profiled(work: Callable[[], object], lines: int = 8) -> list[str]:
    """Where the processor time of a call goes: shares by package, and the functions that take most themselves."""
    profiler = cProfile.Profile(time.process_time)
    profiler.runcall(work)
    functions = {key: row[2] for key, row in pstats.Stats(profiler).stats.items()}  # type: ignore[attr-defined]
    whole = sum(functions.values()) or 1e-9
    packages: Counter[str] = Counter()
    for (file, _, _), taken in functions.items():
        packages[_package(file)] += taken
    shares = ", ".join(f"{name} {taken / whole:.0%}" for name, taken in packages.most_common(lines))
    largest = sorted(functions.items(), key=lambda item: -item[1])[:lines]
    named = (f"  {taken / whole:5.1%}  {Path(file).name}:{line} {name}" for (file, line, name), taken in largest)
    return [f"  processor time by package: {shares}", *named]


def _package(file: str) -> str:
    """sqlalchemy, psycopg …; our own by room, expertise/cases; what is written in C stands together."""
    if file == "~":
        return "C functions"
    parts = Path(file).parts
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1].removesuffix(".py")
    for own in ("expertise", "workflows"):
        if own in parts:
            place = parts.index(own)
            return "/".join(parts[place : place + 2])
    return "Python"


def median_ms(work: Callable[[], object], times: int) -> float:
    """Milliseconds of one call: the median of `times` calls after three to warm up."""
    for _ in range(3):
        work()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1000


def cpu_ms(work: Callable[[], object], times: int) -> float:
    """Milliseconds of this process's processor time for one call: the mean of `times` calls after one to warm up."""
    work()
    begun = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - begun) / times * 1000
