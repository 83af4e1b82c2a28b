"""Processes that step at the same moment: slices, a barrier before each, processor time of client and server."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from tests.benchmarks.table import often, profiled

#: Seconds that the processes are given to reach the common start of a slice.
GATHERING = 0.01
#: Steps before the first slice: they prepare statements and fill caches.
WARM_UP = 12


class Loop(Protocol):
    """Something that takes one step at a time on a connection of its own."""

    def step(self) -> bool:
        """Take a step; False: it was refused."""
        ...

    def backend(self) -> int | None:
        """The process of the server that works for this loop, None where there is none."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


@dataclass(frozen=True)
class Making:
    """How a process makes its loop: `make(*given)`, to be imported by name."""

    make: Callable[..., Loop]
    given: tuple[Any, ...]


@dataclass(frozen=True)
class Slice:
    """The work of one or several processes between two moments; times in seconds of wall or of processor."""

    steps: int
    refused: int
    rate: float  # steps a second, of all processes together
    client: float
    server: float

    @property
    def per_step(self) -> float:
        """Processor time of one step, client and server, in milliseconds."""
        return (self.client + self.server) / max(1, self.steps) * 1000


def server_seconds(process: int | None) -> float:
    """Processor seconds of a server's process so far; 0 when there is none or it runs elsewhere."""
    place = Path(f"/proc/{process}")
    try:
        ours = process is not None and "postgres" in (place / "comm").read_text()
        return int((place / "schedstat").read_text().split()[0]) / 1e9 if ours else 0.0
    except OSError:
        return 0.0


def one_slice(loop: Loop, seconds: float, steps: int) -> Slice:
    """Step for so long, and at least so often: on a busy machine a short slice would hold no step at all."""
    done = refused = 0
    server, client, begun = server_seconds(loop.backend()), time.process_time(), time.perf_counter()
    while time.perf_counter() - begun < seconds or done < steps:
        if loop.step():
            done += 1
        else:
            refused += 1
    taken = time.perf_counter() - begun
    client = time.process_time() - client
    return Slice(done, refused, done / taken, client, server_seconds(loop.backend()) - server)


# --- several processes ------------------------------------------------------------------------


def _live(pipe: Connection) -> None:
    """The life of a process: make loops, run slices, until told to end."""
    loops: dict[str, Loop] = {}
    orders = {
        "make": lambda name, making: loops.__setitem__(name, making.make(*making.given)),
        "warm": lambda name, steps: often(loops[name].step, steps),
        "slice": lambda name, start, seconds, steps: (_wait(start), one_slice(loops[name], seconds, steps))[1],
        "profile": lambda name, steps: profiled(partial(often, loops[name].step, steps)),
        "call": lambda function, given: function(*given),
    }
    while (order := pipe.recv()) is not None:
        try:
            answer = orders[order[0]](*order[1:])
        except Exception as error:  # noqa: BLE001 the parent raises it
            answer = RuntimeError(f"{type(error).__name__}: {error}")
        pipe.send(answer)
    for loop in loops.values():
        loop.close()


def _wait(start: float) -> None:
    """The barrier: every process goes on at the same moment of the machine's monotonic clock."""
    time.sleep(max(0.0, start - time.monotonic()))


class Team:
    """Processes that do the same at the same time."""

    def __init__(self, number: int) -> None:
        # Not forked: a fork would share connections, and threads of the test's runner do not survive one.
        context = get_context("spawn")
        self._pipes, self._processes = [], []
        for _ in range(number):
            here, there = context.Pipe()
            process = context.Process(target=_live, args=(there,), daemon=True)
            process.start()
            there.close()
            self._pipes.append(here)
            self._processes.append(process)

    def ask(self, *orders: tuple[Any, ...]) -> list[Any]:
        """Give the first processes an order each, at once, and return their answers. Raises what one of them raised."""
        for pipe, order in zip(self._pipes, orders, strict=False):
            pipe.send(order)
        answers = [pipe.recv() for pipe, _ in zip(self._pipes, orders, strict=False)]
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    def make(self, name: str, makings: Sequence[Making]) -> None:
        """Let each process make its loop under a name."""
        self.ask(*(("make", name, making) for making in makings))

    def warm(self, name: str, number: int) -> None:
        self.ask(*[("warm", name, WARM_UP)] * number)

    def slice(self, name: str, number: int, seconds: float, steps: int) -> Slice:
        """One slice of that many processes together."""
        start = time.monotonic() + GATHERING
        parts = self.ask(*[("slice", name, start, seconds, steps)] * number)
        total = [
            sum(getattr(part, what) for part in parts) for what in ("steps", "refused", "rate", "client", "server")
        ]
        return Slice(*total)

    def profile(self, name: str, steps: int) -> list[str]:
        """Of the first process."""
        return self.ask(("profile", name, steps))[0]

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.send(None)
        for process, pipe in zip(self._processes, self._pipes, strict=True):
            process.join(20)
            if process.is_alive():
                process.terminate()
                process.join()
            process.close()
            pipe.close()


@contextmanager
def team(number: int) -> Iterator[Team]:
    """Processes for as long as the block lasts; their connections are closed at its end."""
    made = Team(number)
    try:
        yield made
    finally:
        made.close()


# --- interleaved ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """Medians over the pairs of slices."""

    rate: float  # steps a second
    ratio: float  # to the base before and after it
    client: float  # processor milliseconds of a step
    server: float
    cpu: float  # client and server, to the base's
    refused: float  # refusals for each step


def interleave(
    team: Team, number: int, base: str, others: Sequence[str], pairs: int, seconds: float, steps: int
) -> dict[str, Compared]:
    """Slices of the base and of the others by turns; each of the others is paired with the base before and after it.

    The machine's mood changes within seconds: what stands side by side has met the same.
    """
    for name in (base, *others):
        team.warm(name, number)
    names = (base, *others)
    rounds = [{name: team.slice(name, number, seconds, steps) for name in names} for _ in range(pairs)]
    rounds.append({base: team.slice(base, number, seconds, steps)})
    return {name: _compared(name, base, rounds) for name in (base, *others)}


def _compared(name: str, base: str, rounds: Sequence[dict[str, Slice]]) -> Compared:
    mine = [each[name] for each in rounds if name in each]
    around = list(itertools.pairwise(rounds))
    rates = [(before[base].rate + after[base].rate) / 2 for before, after in around]
    costs = [(before[base].per_step + after[base].per_step) / 2 for before, after in around]
    middle = statistics.median
    return Compared(
        rate=middle(each.rate for each in mine),
        ratio=middle(each.rate / rate for each, rate in zip(mine, rates, strict=False)),
        client=middle(each.client / each.steps * 1000 for each in mine),
        server=middle(each.server / each.steps * 1000 for each in mine),
        cpu=middle(each.per_step / max(cost, 1e-9) for each, cost in zip(mine, costs, strict=False)),
        refused=middle(each.refused / each.steps for each in mine),
    )
