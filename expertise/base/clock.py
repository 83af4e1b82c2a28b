"""The only place that reads the time. Tests and demonstrations set the clock here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


class FrozenClock:
    """A clock that stands still until it is moved."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant.astimezone(UTC)

    def move(self, by: timedelta) -> None:
        """Move the clock by `by`, forward or back."""
        self.instant += by

    def go(self, to: datetime) -> None:
        """Set the clock to `to`, an aware datetime."""
        self.instant = to.astimezone(UTC)


_traveller: FrozenClock | None = None


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return _traveller.instant if _traveller is not None else datetime.now(UTC)


@contextmanager
def travelling(to: datetime) -> Iterator[FrozenClock]:
    """Freeze the clock of the whole process at `to`; afterwards the clock before counts again."""
    global _traveller  # noqa: PLW0603 the seam itself: one clock per process, all threads
    before, _traveller = _traveller, FrozenClock(to)
    try:
        yield _traveller
    finally:
        _traveller = before
