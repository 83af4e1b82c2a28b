"""Sums and counts as people write them: `120 000 тг`, `1,5 млн`, `300 человек`."""

from __future__ import annotations

import re
from decimal import Decimal

LARGEST = Decimal(10) ** 15

_SUM = re.compile(r"(\d[\d\s]*)(?:[.,](\d{1,6}))?\s*([^\W\d_]+)?\.?\s*([^\W\d_]+|₸)?\.?")
_TIMES = {
    **dict.fromkeys(("тыс", "тысяч", "мың", "thousand", "k"), 1_000),
    **dict.fromkeys(("млн", "миллион", "миллиона", "миллионов", "million", "mln", "m"), 1_000_000),
    **dict.fromkeys(("млрд", "миллиард", "миллиарда", "миллиардов", "billion", "bln"), 1_000_000_000),
}
_UNITS = {"тг", "тенге", "теңге", "tenge", "kzt", "₸", "чел", "человек", "адам", "тұрғын", "жителей", "people"}


def whole_number(said: str) -> int | None:
    """Parse a whole number; None for text that is no number, not whole, or larger than any sum of an oblast."""
    found = _SUM.fullmatch(said)
    if found is None:
        return None
    whole, part, *words = found.groups()
    times = 1
    for word in filter(None, words):
        folded = word.casefold()
        if folded not in _TIMES and folded not in _UNITS:
            return None
        times *= _TIMES.get(folded, 1)
    value = Decimal(re.sub(r"\s", "", whole) + (f".{part}" if part else "")) * times
    return int(value) if value == value.to_integral_value() and value < LARGEST else None
