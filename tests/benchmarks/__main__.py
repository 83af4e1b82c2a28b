"""Measure what Komek costs, beside what the same rows cost without it, in one run on one machine.

    ./dev bench                     all of it: about ten minutes
    ./dev bench --quick             small numbers, to see that it runs
    ./dev bench --only steps        one part: storage, steps, background, pages, looks, search, line or engine
    ./dev bench --json figures.json the figures for a program as well
    KOMEK_TEST_FULL=1 ./dev bench   a million cases instead of a hundred thousand

Read the ratios: absolute figures belong to the machine. PostgreSQL is measured where KOMEK_TEST_POSTGRES is set.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks import background, crowds, pages, searching, slow_line, steps, storage, subjects
from tests.benchmarks.machine import team
from tests.benchmarks.sizes import QUICK, Size
from tests.benchmarks.table import Figure, as_json, as_text, at_most, explained, median_ms, often, profiled
from tests.support.databases import POSTGRES, address, connect, database
from tests.support.environment import Environment
from tests.support.people import MAIN_CAST, Member
from tests.support.stages import in_approval

NAMES = {"postgres": "PostgreSQL", "sqlite": "SQLite"}
#: In this order: what counts bytes comes before crowds.
PARTS = ("storage", "steps", "background", "pages", "looks", "search", "line", "engine")
#: What has a database of its own, or none.
ALONE = {"pages", "looks", "search", "line", "engine"}


def figures(kind: str, size: Size, parts: Collection[str] = PARTS) -> Iterator[Figure]:
    """Everything that is measured on one kind of database: looking at many cases on one of its own."""
    name, together = NAMES[kind], [part for part in PARTS if part in parts and part not in ALONE]
    if together:
        with prepared(kind, size) as (env, _), team(max(size.workers, *size.processes)) as processes:
            measured = {
                "storage": lambda: storage.figures(env, kind, name, size),
                "steps": lambda: steps.figures(env, processes, kind, name, size),
                "background": lambda: background.figures(env, processes, name, size),
            }
            for part in together:
                yield from measured[part]()
    if "pages" in parts:
        with prepared(kind, size, additions=False) as (env, folder):
            yield from pages.figures(env, name, folder, size)
    if "looks" in parts:
        with prepared(kind, size) as (env, _):
            yield from _looks(env, name, size)
    if "search" in parts:
        with prepared(kind, size) as (env, _):
            yield from searching.figures(env, name, size)


@contextmanager
def prepared(kind: str, size: Size, *, additions: bool = True) -> Iterator[tuple[Environment, Path]]:
    """An environment with people and workflows on a database of its own, and a folder.

    `additions`: with the steps that only the bench needs; a server refuses a database that is ahead of its own files.
    """
    with TemporaryDirectory() as name, database(kind, Path(name), MAIN_CAST) as engine:
        env = subjects.workplace(connect(address(engine), pool=max(size.processes) + 1))
        try:
            env.add({"coordinator everywhere": Member("coordinator", "ru")})
            if additions:
                subjects.publish(env)
            yield env, Path(name)
        finally:
            env.engine.dispose()


def _looks(env: Environment, name: str, size: Size) -> Iterator[Figure]:
    case = in_approval(env)
    crowds.grow(env, case, size.few)
    before = {what: median_ms(look, size.times) for what, look in crowds.looks(env, case).items()}
    crowds.grow(env, case, size.many - size.few)
    for what, look in crowds.looks(env, case).items():
        early, late = before[what], median_ms(look, size.times)
        line, value = f"{name}: {what}, {size.few:,} and {size.many:,} cases", f"{early:.2f} and {late:.2f} ms"
        yield Figure(line, value, number=late)
        if what == "idle sweep":
            figure = at_most(f"{name}: idle sweep with {size.many:,} timers", late, 1, " ms")
        elif what in crowds.COUNTS:  # counts grow with what they count
            figure = at_most(f"{name}: {what}, {size.many:,} cases", late, 150, " ms")
        else:
            figure = at_most(f"{name}: {what}, many against few", late / early, 1.5, " ×")
        yield explained(figure, partial(profiled, partial(often, look, size.times)))


def _fsync() -> str:
    """Whether PostgreSQL waits for the disk: on or off; without it a step is not durable, and no goal speaks of it."""
    with database("postgres", Path()) as engine, engine.connect() as connection:
        return str(connection.exec_driver_sql("SHOW fsync").scalar())


def main(arguments: list[str]) -> int:
    """Measure and print; the exit code says only that it could be measured."""
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measure what Komek costs.")
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that it runs")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part; may be given several times")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures for a program as well")
    chosen = parser.parse_args(arguments)
    size, parts = QUICK if chosen.quick else Size(), chosen.only or PARTS
    kinds = ["postgres", "sqlite"] if POSTGRES else ["sqlite"]
    machine = {"python": platform.python_version(), "processors": os.cpu_count(), "load": os.getloadavg()[0]}
    machine |= {"fsync": _fsync()} if POSTGRES else {}
    print(", ".join(f"{what} {value}" for what, value in machine.items()) + "\n")
    if not POSTGRES:
        print("PostgreSQL is not measured: say export KOMEK_TEST_POSTGRES=$(tools/postgres start)\n")
    found = [figure for kind in kinds for figure in figures(kind, size, parts)]
    found += slow_line.figures(size) if "line" in parts and slow_line.installed() else []
    found += background.engine(size) if "engine" in parts else []
    print(as_text(found), flush=True)
    if chosen.json:
        chosen.json.write_text(as_json(found, machine), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
