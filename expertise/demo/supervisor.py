"""Supervises the processes of the demonstration and restarts those that end."""

from __future__ import annotations

import logging
import multiprocessing
import signal
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from expertise.base.errors import KomekError

log = logging.getLogger("komek.demo")

#: A part that ended this often will not get better by being started again.
OFTEN = 10
#: Seconds a part has for ending by itself.
PATIENCE = 15

_SPAWN = multiprocessing.get_context("spawn")  # a fork would share threads and connections


class PartFailed(KomekError):
    """A process of the demonstration ends again and again. The text names it."""


def supervise(parts: Mapping[str, Callable[[], None]], started: Callable[[], None]) -> None:
    """Run each part in a process of its own until SIGTERM or SIGINT. Parts must be picklable.

    `started` is called once they are started. Raises PartFailed for a part that ends again and again.
    """
    asked, ask = _SPAWN.Pipe(duplex=False)  # read between two starts only: no process is lost half-way
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ask.send_bytes(b"end"))
    running: dict[str, BaseProcess] = {}
    try:
        for name, part in parts.items():
            running[name] = _start(part)
        started()
        _keep_alive(parts, running, asked)
        log.info("ending")
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        _end(running)


def _keep_alive(
    parts: Mapping[str, Callable[[], None]], running: dict[str, BaseProcess], asked: Connection[bytes, bytes]
) -> None:
    ended = dict.fromkeys(parts, 0)
    while asked not in (gone := wait([asked, *(process.sentinel for process in running.values())])):
        for name, process in list(running.items()):
            if process.sentinel not in gone:
                continue
            ended[name] += 1
            if ended[name] == OFTEN:
                raise PartFailed(f"The {name} process ended {OFTEN} times; its last words are above.")
            log.warning("the %s process ended and is started again", name)
            running[name] = _start(parts[name])


def _start(part: Callable[[], None]) -> BaseProcess:
    process = _SPAWN.Process(target=part)
    process.start()
    return process


def _end(running: Mapping[str, BaseProcess]) -> None:
    for process in running.values():
        process.terminate()
    for process in running.values():
        process.join(PATIENCE)
        if process.is_alive():
            process.kill()
