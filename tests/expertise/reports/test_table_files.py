"""Table files are written row by row: memory does not grow with them."""

from __future__ import annotations

import tempfile
import tracemalloc
from datetime import date
from decimal import Decimal

import pytest

from expertise.reports.table_files import write_csv, write_xlsx

HEADS = ["Number", "Title", "Due", "Amount", "Currency"]


def rows(number):
    for place in range(number):
        yield [f"ER-2026-{place:05}", f"Су құбыры {place} " * 5, date(2026, 11, 30), Decimal(place), "KZT"]


def peak(write, number):
    """Bytes of memory at the height of writing so many rows."""
    with tempfile.TemporaryFile() as file:
        tracemalloc.start()
        try:
            write(file, number)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize(
    "write",
    [
        lambda file, number: write_csv(file, HEADS, rows(number)),
        lambda file, number: write_xlsx(file, "Cases", HEADS, rows(number)),
    ],
    ids=["csv", "xlsx"],
)
def test_memory_is_flat_at_twenty_thousand_rows(write):
    peak(write, 100)  # what is loaded once
    small, large = peak(write, 1000), peak(write, 20_000)
    assert large < small + 1024 * 1024, (small, large)
