"""Waiting for what another program, thread or browser does on a clock of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T | None], patience: float) -> T:
    """What `look` finds, as soon as it finds something. Raises AssertionError after `patience` seconds without."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError("nothing came")
