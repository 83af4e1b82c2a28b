"""How much is measured: the whole, or just enough to see that it runs."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Numbers of a run. A slice lasts `seconds` and holds at least `steps` steps of each process."""

    pairs: int = 7
    seconds: float = 0.4
    steps: int = 10
    processes: tuple[int, ...] = (1, 2, 4)  # on PostgreSQL; SQLite has one writer
    few: int = 1_000  # cases
    many: int = 1_000_000 if os.environ.get("KOMEK_TEST_FULL") == "1" else 100_000
    times: int = 200  # that something is looked at
    recipients: tuple[int, ...] = (1, 10, 50)
    timers: int = 400  # due at once
    workers: int = 4  # that do them
    events: int = 400  # for what is counted by the event
    page_seconds: float = 1.0  # of each slice of requests
    looks: int = 5  # at each page over a slow line


QUICK = Size(
    pairs=1,
    seconds=0.05,
    steps=2,
    processes=(1, 2),
    few=700,
    many=1_400,
    times=5,
    recipients=(1, 3),
    timers=12,
    workers=2,
    events=10,
    page_seconds=0.1,
    looks=1,
)
