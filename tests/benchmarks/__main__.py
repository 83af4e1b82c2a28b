"""What Komek costs, beside what the same rows cost without it, in one run on one machine.

    ./dev bench             all of it: about two minutes
    ./dev bench --quick     small numbers, to see that it runs

Read the ratios: absolute figures belong to the machine. PostgreSQL is measured where KOMEK_TEST_POSTGRES is set.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks import crowds, steps
from tests.benchmarks.table import Figure, at_least, at_most, told
from tests.support.databases import POSTGRES, address, connect, database
from tests.support.environment import Environment, Member
from tests.support.stages import in_approval

NAMES = {"postgres": "PostgreSQL", "sqlite": "SQLite"}
CONNECTIONS = {"postgres": (1, 2, 4), "sqlite": (1,)}
#: Of what the driver alone does: for that number of connections.
GOALS = {("postgres", 2): 0.6, ("sqlite", 1): 0.5}


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    seconds: float = 4.0  # for each figure of steps a second
    few: int = 1_000  # cases
    many: int = 100_000
    times: int = 200  # that something is looked at
    recipients: tuple[int, ...] = (1, 10, 100)


QUICK = Size(seconds=0.2, few=700, many=1_400, times=5, recipients=(1, 3))


def figures(kind: str, size: Size) -> Iterator[Figure]:
    """Everything that is measured on one kind of database."""
    with TemporaryDirectory() as folder, database(kind, Path(folder)) as engine:
        env = Environment(connect(address(engine), pool=max(CONNECTIONS[kind]) + 1)).settle()
        env.add({"coordinator everywhere": Member("coordinator", "ru")})
        yield from _looks(env, NAMES[kind], size)
        yield from _steps(env, kind, size)
        yield from _statements(env, NAMES[kind], size)
        env.engine.dispose()


def _steps(env: Environment, kind: str, size: Size) -> Iterator[Figure]:
    for number in CONNECTIONS[kind]:
        walkers = [steps.Walker(env) for _ in range(number)]
        ours = steps.per_second([walker.step for walker in walkers], size.seconds)
        raw = [steps.Raw(walker) for walker in walkers]
        limit = steps.per_second([each.step for each in raw], size.seconds)
        for each in raw:
            each.close()
        line = f"{NAMES[kind]}, {number} connection{'s' * (number > 1)}"
        yield Figure(f"{line}: durable steps a second through the desk", f"{ours:.0f}")
        yield Figure(f"{line}: the same rows by the driver alone", f"{limit:.0f}")
        ratio, name = ours / limit, f"{line}: desk against driver"
        goal = GOALS.get((kind, number))
        yield at_least(name, ratio, goal) if goal else Figure(name, f"{ratio:.2f}")


def _statements(env: Environment, name: str, size: Size) -> Iterator[Figure]:
    counted = steps.statements(env, list(size.recipients))
    for recipients, number in counted.items():
        yield Figure(f"{name}: statements of one step, {recipients} told", str(number), "≤ 12", number <= 12)
    same = len(set(counted.values())) == 1
    yield Figure(f"{name}: the same for any number of people told", "yes" if same else "no", "yes", same)


def _looks(env: Environment, name: str, size: Size) -> Iterator[Figure]:
    case = in_approval(env)
    crowds.grow(env, case, size.few)
    before = crowds.looks(env, case, size.times)
    crowds.grow(env, case, size.many - size.few)
    after = crowds.looks(env, case, size.times)
    for what, late in after.items():
        early = before[what]
        yield Figure(f"{name}: {what}, {size.few:,} and {size.many:,} cases", f"{early:.2f} and {late:.2f} ms")
        if what == "idle sweep":
            yield at_most(f"{name}: idle sweep with {size.many:,} timers", late, 2, " ms")
        else:
            yield at_most(f"{name}: {what}, many against few", late / early, 1.5, " ×")


def main(arguments: list[str]) -> int:
    """Measure and print; the exit code says only that it could be measured."""
    parser = argparse.ArgumentParser(prog="./dev bench", description="What Komek costs.")
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that it runs")
    size = QUICK if parser.parse_args(arguments).quick else Size()
    kinds = ["postgres", "sqlite"] if POSTGRES else ["sqlite"]
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} processors, fsync on\n")
    if not POSTGRES:
        print("PostgreSQL is not measured: say export KOMEK_TEST_POSTGRES=$(tools/postgres start)\n")
    print(told([figure for kind in kinds for figure in figures(kind, size)]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
