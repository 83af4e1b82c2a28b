"""Keeps the processes of the demonstration alive: one that dies is started again."""

from __future__ import annotations

import logging
import multiprocessing
import signal
from collections.abc import Callable, Mapping
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import NoReturn

from expertise.base.errors import KomekError

log = logging.getLogger("komek.demo")

#: A part that ended this often will not get better by being started again.
OFTEN = 10
#: Seconds a part has for ending by itself.
PATIENCE = 15

_SPAWN = multiprocessing.get_context("spawn")  # a fork would share threads and connections


class PartFailed(KomekError):
    """A part of the demonstration cannot be kept alive; the text says which."""


class _Asked(Exception):
    """Somebody asked the demonstration to end."""


def supervise(parts: Mapping[str, Callable[[], None]], started: Callable[[], None]) -> None:
    """Run each part in a process of its own until SIGTERM or SIGINT. Parts must be picklable.

    `started` is called once they are on their way. Raises PartFailed for a part that ends again and again.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ask)
    running: dict[str, BaseProcess] = {}
    try:
        running |= {name: _start(part) for name, part in parts.items()}
        started()
        _keep_alive(parts, running)
    except _Asked:
        log.info("ending")
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        _end(running)


def _keep_alive(parts: Mapping[str, Callable[[], None]], running: dict[str, BaseProcess]) -> NoReturn:
    ended = dict.fromkeys(parts, 0)
    while True:
        gone = wait([process.sentinel for process in running.values()])
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


def _ask(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Asked
