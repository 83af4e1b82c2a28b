"""Fields of measures: a decimal number in a unit, a share in percent, a length of time. Each is stored exactly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

from workflows.amounts import DURATIONS, PARTS, exact, stored_as
from workflows.field import Field, FieldType, MeasureUnit, Text, Widget, Words
from workflows.fields.numbers import LONGEST, THOUSANDS, NumberType, one_point
from workflows.fields.text import clean, plain, refuse
from workflows.fields.units import UNITS, is_known, is_written

MOST_DIGITS = 4  # after the comma
USUAL_DIGITS = 2
#: Whole units; in ten-thousandths it is still a number that a browser does not change.
LARGEST = 9 * 10**11

_DECIMAL = re.compile(r"[+-]?\d{1,20}(?:[.,](\d+))?", re.ASCII)
_WITH_UNIT = re.compile(r"([+-]?\s*\d(?:[\d\s.,'’]*\d)?)\s*(\D.*)?", re.DOTALL | re.ASCII)
_STORED = frozenset({"ten_thousandths", "unit"})


class DecimalType(FieldType):
    """A decimal number in the unit of its declaration: `{"ten_thousandths": 12345000, "unit": "km"}` is 1 234,5 km."""

    key = "decimal"
    widget = Widget.DECIMAL
    has_bounds = True
    ceiling = LARGEST
    is_amount = True
    arguments = frozenset({"unit", "digits"})
    demands = frozenset({"unit"})

    def unit(self, declared: Field, /) -> MeasureUnit:
        """Return the unit. Raises TypeError for a declaration without one, which cannot be loaded."""
        if declared.unit is None:
            raise TypeError(f"{declared.key} has no unit")
        return declared.unit

    def parse(self, declared: Field, raw: object, /) -> dict[str, Any] | None:
        """Return the number in ten-thousandths with its unit; a decimal comma or point, blanks, and the unit behind.

        A stored value is understood when it is in the same unit.
        """
        number: Decimal | None
        if isinstance(raw, Mapping):
            number = self._of_stored(declared, raw)
        elif isinstance(raw, str):
            number = self._of_text(declared, raw)
        else:
            number = _of_number(raw)
        if number is None:
            return None
        _check_bounds(declared, number)
        return stored_as(number, self.unit(declared).key)

    def _of_stored(self, declared: Field, raw: Mapping[str, Any]) -> Decimal:
        parts, unit = raw.get("ten_thousandths"), raw.get("unit")
        if raw.keys() != _STORED or not isinstance(parts, int) or isinstance(parts, bool) or not isinstance(unit, str):
            refuse("wrong_type", expected="decimal")
        if unit != self.unit(declared).key:
            refuse("other_unit", sign=unit[:LONGEST])
        number = Decimal(parts) / PARTS if abs(parts) <= LARGEST * PARTS * 10 else Decimal(LARGEST * 10)
        self._check_digits(declared, _digits_of(number))
        return number

    def _of_text(self, declared: Field, raw: str) -> Decimal | None:
        text = clean(plain(" ".join(raw.split("\t"))), LONGEST)
        if text is None:
            return None
        found = _WITH_UNIT.fullmatch(text)
        if found is None:
            refuse("not_a_decimal")
        if found[2] and not is_written(self.unit(declared), found[2]):
            refuse("other_unit", sign=" ".join(found[2].split())) if is_known(found[2]) else refuse("not_a_decimal")
        digits = one_point(THOUSANDS.sub("", found[1]).replace("+ ", "+").replace("- ", "-"))
        match = _DECIMAL.fullmatch(digits)
        if match is None:
            refuse("not_a_decimal")
        self._check_digits(declared, len(match[1] or ""))
        return Decimal(digits.replace(",", "."))

    def _check_digits(self, declared: Field, digits: int) -> None:
        most = USUAL_DIGITS if declared.digits is None else declared.digits
        if digits > most:
            refuse("too_many_decimals", max=most)

    def json_schema(self, declared: Field, /) -> dict[str, Any]:
        """Return an object of the whole number of ten-thousandths and the unit."""
        least = -LARGEST if declared.least is None else declared.least
        parts = {"type": "integer", "minimum": least * PARTS, "maximum": declared.most * PARTS}
        return {
            "type": "object",
            "properties": {"ten_thousandths": parts, "unit": {"enum": [self.unit(declared).key]}},
            "required": sorted(_STORED),
            "additionalProperties": False,
        }

    def typed(self, _declared: Field, stored: Any, /) -> str:
        """Return the number with a comma and grouped thousands, without its unit; empty for None."""
        if not stored:
            return ""
        units, _point, rest = f"{exact(stored):,.4f}".partition(".")
        rest = rest.rstrip("0")
        return units.replace(",", "\u00a0") + (f",{rest}" if rest else "")

    def write(self, declared: Field, stored: Any, words: Words, /) -> str:
        """Return the number with its unit: the one in which it was given, should the definition have another now."""
        unit = self.unit(declared)
        label = unit.label if unit.key == stored["unit"] else label_of(stored["unit"])
        return f"{words.number(exact(stored))}\u00a0{words.text(label)}"


def _check_bounds(declared: Field, number: Decimal) -> None:
    least = -LARGEST if declared.least is None else declared.least
    if declared.positive and number <= 0:
        refuse("not_positive")
    if number < least:
        refuse("too_small", min=least)
    if number > declared.most:
        refuse("too_large", max=declared.most)


def label_of(unit: str) -> Text:
    """Return the words of a stored unit; of one that is not known here the key, which then is English."""
    return UNITS[unit].label if unit in UNITS else DURATIONS.get(unit) or dict.fromkeys(("kk", "ru", "en"), unit)


def _digits_of(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _of_number(raw: object) -> Decimal | None:
    """Return a JSON number; a fraction counts as it is written, with as few digits as tell it from its neighbours."""
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        refuse("wrong_type", expected="decimal")
    if isinstance(raw, int):
        return Decimal(max(-LARGEST - 1, min(LARGEST + 1, raw)))
    if not isfinite(raw):
        refuse("not_a_decimal")
    try:
        number = Decimal(repr(raw))
    except InvalidOperation:
        refuse("not_a_decimal")
    if _digits_of(number) > MOST_DIGITS:
        refuse("too_many_decimals", max=MOST_DIGITS)
    return max(Decimal(-LARGEST - 1), min(Decimal(LARGEST + 1), number))


class PercentType(DecimalType):
    """A share, from 0 to 100 percent. A decimal with the unit percent can be less or more."""

    key = "percent"
    ceiling = 100
    lowest = 0
    arguments = frozenset({"digits"})
    demands = frozenset()

    def unit(self, _declared: Field, /) -> MeasureUnit:
        """Return percent."""
        return UNITS["percent"]


_TIMES = {
    "working_days": "working days|working day|business days|рабочих дней|рабочий день|рабочих дня|рабочие дни|раб дней"
    "|раб дня|раб день|раб дн|р д|рабочих дн|жұмыс күні|жұмыс күн|ж к|wd",
    "hours": "hours|hour|hrs|h|часов|часа|час|ч|сағат|сағ",
}
_TIME = re.compile(r"([+-]?[\d\s.,]*\d)\s*(\D*)", re.DOTALL | re.ASCII)


class DurationType(FieldType):
    """A length of time in working days or hours: `{"amount": 5, "unit": "working_days"}`.

    `unit` of the declaration fixes one of the two.
    """

    key = "duration"
    widget = Widget.DURATION
    has_bounds = True
    ceiling = 10_000
    lowest = 0
    is_amount = True
    arguments = frozenset({"unit"})
    bounds_demand = frozenset({"unit"})
    time_units = tuple(DURATIONS)

    def choices(self, declared: Field, /) -> Mapping[str, Text]:
        """Return the units that can be chosen."""
        fixed = declared.unit.key if declared.unit is not None else None
        return {key: label for key, label in DURATIONS.items() if fixed in (None, key)}

    def parse(self, declared: Field, raw: object, /) -> dict[str, Any] | None:
        """Return amount and unit; a text says both: `5 рабочих дней`, `8 сағат`."""
        if raw is None:
            return None
        if isinstance(raw, str):
            given: Mapping[str, Any] = {"amount": raw}
        elif isinstance(raw, Mapping) and raw.keys() <= {"amount", "unit"}:
            given = raw
        else:
            refuse("wrong_type", expected="duration")
        written, unit = _time(given.get("amount"), given.get("unit"))
        amount = NumberType().parse(Field(declared.key, self, declared.label, min=0), written)
        if amount is None:
            return None
        _check_bounds(declared, Decimal(amount))
        return {"amount": amount, "unit": self._unit(declared, unit)}

    def _unit(self, declared: Field, given: object) -> str:
        units = self.choices(declared)
        unit = next(iter(units)) if given in (None, "") and len(units) == 1 else given
        if not isinstance(unit, str) or unit not in units:
            refuse("unknown_time_unit")
        return unit

    def json_schema(self, declared: Field, /) -> dict[str, Any]:
        """Return an object of amount and unit."""
        amount = {"type": "integer", "minimum": declared.min or 0, "maximum": declared.most}
        return {
            "type": "object",
            "properties": {"amount": amount, "unit": {"enum": list(self.choices(declared))}},
            "required": ["amount", "unit"],
            "additionalProperties": False,
        }

    def typed(self, _declared: Field, stored: Any, /) -> dict[str, str]:
        """Return amount and unit; empty for None."""
        return {"amount": str(stored["amount"]), "unit": stored["unit"]} if stored else {}

    def shown(self, declared: Field, raw: Any, /) -> dict[str, str]:
        """Return amount and unit as text; the first unit where none was sent."""
        given = raw if isinstance(raw, Mapping) else {"amount": raw} if isinstance(raw, str) else {}
        return {
            "amount": str(given.get("amount", "")),
            "unit": str(given.get("unit", next(iter(self.choices(declared))))),
        }

    def write(self, _declared: Field, stored: Any, words: Words, /) -> str:
        """Return the length of time."""
        return words.duration(stored["amount"], stored["unit"])

    def is_blank(self, raw: Any, /) -> bool:
        """Whether there is no amount."""
        return super().is_blank(raw.get("amount", "?") if isinstance(raw, Mapping) else raw)


def _time(amount: object, unit: object) -> tuple[object, object]:
    """Return the amount without the words behind it, and the unit; refused when they contradict it."""
    text = plain(amount)
    if not isinstance(text, str) or len(text) > LONGEST:
        return text, unit
    found = _TIME.fullmatch(text.strip())
    said = " ".join((found[2] if found else "").casefold().replace(".", " ").split())
    if found is None or not said:
        return text, unit
    meant = next((key for key, words in _TIMES.items() if said in words.split("|")), None)
    if meant is None or (unit not in (None, "", meant)):
        refuse("unknown_time_unit")
    return found[1], meant
