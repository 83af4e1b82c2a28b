"""The only place in the house that reads the time. Tests and demonstrations travel here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


class FrozenClock:
    """A clock that stands still until it is moved."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant.astimezone(UTC)

    def move(self, by: timedelta) -> None:
        """Go forward, or back, by `by`."""
        self.instant += by

    def go(self, to: datetime) -> None:
        """Stand at `to`, an aware datetime."""
        self.instant = to.astimezone(UTC)


_traveller: FrozenClock | None = None


def now() -> datetime:
    """This instant, aware, in UTC."""
    return _traveller.instant if _traveller is not None else datetime.now(UTC)


@contextmanager
def travelling(to: datetime) -> Iterator[FrozenClock]:
    """Let the whole process live at `to` and wherever the traveller is moved, then come home."""
    global _traveller  # noqa: PLW0603 the seam itself: one clock per process, all threads
    before, _traveller = _traveller, FrozenClock(to)
    try:
        yield _traveller
    finally:
        _traveller = before
