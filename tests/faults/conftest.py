"""A settled house on both databases; the clock stands still, in child processes as well."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from expertise.base import clock
from tests.support.databases import KINDS, database
from tests.support.house import House

#: Monday, 11:00 in Kazakhstan.
MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)


@pytest.fixture
def time():
    with clock.travelling(MONDAY) as traveller:
        yield traveller


@pytest.fixture(params=KINDS)
def house(request, tmp_path, time):
    with database(request.param, tmp_path) as engine:
        yield House(engine).settle()
