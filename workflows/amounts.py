"""Amounts as they are stored, and their units: whole numbers, sums of money, decimals, lengths of time.

Everything here is exact: a sum of money is text with two decimals, a decimal a whole number of ten-thousandths.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from workflows.field import Text

CURRENCIES = ("KZT", "EUR", "USD", "GBP", "RUB", "CNY", "JPY", "CHF")

#: Unit of a length of time → its words, as a form offers them.
DURATIONS: Mapping[str, Text] = MappingProxyType(
    {
        "working_days": {"kk": "жұмыс күні", "ru": "рабочих дней", "en": "working days"},
        "hours": {"kk": "сағат", "ru": "часов", "en": "hours"},
    }
)

#: Parts of one in which a decimal is kept: whole numbers add up exactly in every database and program.
PARTS = 10_000


def exact(stored: Mapping[str, Any]) -> Decimal:
    """Return the number of a stored decimal."""
    return Decimal(int(stored["ten_thousandths"])) / PARTS


def stored_as(number: Decimal, unit: str) -> dict[str, Any]:
    """Return a number as it is stored."""
    return {"ten_thousandths": int(number * PARTS), "unit": unit}


def measured(value: Mapping[str, Any]) -> tuple[str | None, Decimal]:
    """Return unit and amount of a stored sum of money, decimal or length of time."""
    if "ten_thousandths" in value:
        return value.get("unit"), exact(value)
    return value.get("currency", value.get("unit")), Decimal(str(value.get("amount", 0)))


def in_unit(unit: str | None, amount: Decimal) -> Any:
    """Return an amount as it is stored; of no unit it is a whole number."""
    if unit is None:
        return int(amount)
    if unit in CURRENCIES:
        return {"amount": f"{amount:.2f}", "currency": unit}
    return {"amount": int(amount), "unit": unit} if unit in DURATIONS else stored_as(amount, unit)
