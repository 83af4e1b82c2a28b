"""One clock for the process, and tests that travel with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from expertise.base import clock

THEN = datetime(2026, 3, 2, 6, tzinfo=UTC)


def test_the_real_time_is_aware_and_goes_on():
    first = clock.now()
    assert first.tzinfo is UTC and clock.now() >= first


def test_a_traveller_stands_still_moves_and_comes_home():
    with clock.travelling(THEN) as traveller:
        assert clock.now() == clock.now() == THEN
        traveller.move(timedelta(hours=1))
        assert clock.now() == THEN + timedelta(hours=1)
        traveller.go(datetime(2026, 3, 2, 11, tzinfo=timezone(timedelta(hours=5))))
        assert clock.now() == THEN and clock.now().tzinfo is UTC
        with clock.travelling(THEN - timedelta(days=365)):
            assert clock.now().year == 2025
        assert clock.now() == THEN
    assert clock.now() != THEN


def test_a_traveller_comes_home_after_a_fault_too():
    with pytest.raises(RuntimeError), clock.travelling(THEN):
        raise RuntimeError
    assert clock.now() != THEN
