"""Named points at which a test may kill the process, to prove that nothing is half-done (decision 0004)."""

from __future__ import annotations

import os
import signal

_POINT, _, _HOW = os.environ.get("KOMEK_CRASH_AT", "").partition(":")


class CrashpointReached(RuntimeError):
    """Raised instead of dying if `KOMEK_CRASH_AT` ends in `:error_after`."""


def crashpoint(name: str) -> None:
    """Kill the process if `KOMEK_CRASH_AT` is `name`; raise CrashpointReached if it is `name:error_after`."""
    if name != _POINT:
        return
    if _HOW == "error_after":
        raise CrashpointReached(name)
    os.kill(os.getpid(), signal.SIGKILL)
