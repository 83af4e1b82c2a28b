"""The day on which the clock of tests stands still."""

from __future__ import annotations

from datetime import UTC, datetime

#: Monday, 11:00 in Kazakhstan.
MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
