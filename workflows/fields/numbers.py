"""Fields of numbers: a whole number, a sum of money, a day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from workflows.amounts import CURRENCIES
from workflows.field import Field, FieldType, Source, Widget, Words
from workflows.fields.text import clean, plain, refuse

FIRST_YEAR, LAST_YEAR = 1990, 2100
LARGEST = 2**53 - 1  # beyond it a number changes on its way through a browser
LONGEST = 200  # characters of anything that is read as a number

_INTEGER = re.compile(r"[+-]?\d{1,16}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+[.,]\d+", re.ASCII)
_AMOUNT = re.compile(r"-?\d{1,13}([.,]\d+)?", re.ASCII)
_TOO_LARGE = re.compile(r"0*[1-9]\d{13,}([.,]\d{1,2})?", re.ASCII)
THOUSANDS = re.compile(r"(?<=\d)[ '’](?=\d{3}(?!\d))", re.ASCII)
#: Thousands parted by dots or commas leave no doubt where the other sign stands before one or two decimals.
_DOTTED = re.compile(r"(-?\d{1,3}(?:\.\d{3})+),(\d+)", re.ASCII)
_WITH_COMMAS = re.compile(r"(-?\d{1,3}(?:,\d{3})+)\.(\d+)", re.ASCII)
#: Currency → how it is written beside an amount, in small letters and without a full stop at the end.
_WRITTEN = {
    "KZT": "₸|тг|тңг|тенге|теңге|теңгені|tenge|kzt|kzt₸|kz₸|қр теңгесі",
    "USD": (
        "$|us$|$us|u.s.$|usd|usd$|долл|долл сша|$ сша|доллар|доллара|долларов|доллары|доллар сша|доллара сша"
        "|долларов сша|ақш доллары|ақш долл|dollar|dollars|us dollar|us dollars"
    ),
    "EUR": "€|eur|eur€|евро|еуро|euro|euros",
    "RUB": "₽|р|руб|рубль|рубля|рублей|рубли|рубл|российских рублей|ресей рублі|rub|rur|ruble|rubles|rouble|roubles",
    "GBP": "£|gbp|gb£|£ stg|фунт|фунта|фунтов|фунт стерлингов|фунта стерлингов|фунтов стерлингов|pound|pounds",
    "CNY": "¥|cn¥|rmb|rmb¥|cny|元|юань|юаня|юаней|юани|yuan",
    "JPY": "¥|jp¥|jpy|円|иена|иены|иен|йена|йены|йен|yen",
    "CHF": "chf|fr|sfr|франк|франка|франков|швейцарских франков|франков шв|швейцария франкі|franc|francs",
}
_SIGNS = {
    sign: frozenset(code for code, all_ in _WRITTEN.items() if sign in all_.split("|"))
    for signs in _WRITTEN.values()
    for sign in signs.split("|")
}
#: What stands before the digits of an amount, the digits, and what stands behind.
_BESIDE = re.compile(r"(?P<before>[^\d]*?)(?P<number>[+-]?\s*\d(?:.*\d)?)(?P<behind>[^\d]*)", re.DOTALL | re.ASCII)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_LOCAL_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)


class NumberType(FieldType):
    """A whole number."""

    key = "number"
    widget = Widget.NUMBER
    has_bounds = True
    ceiling = LARGEST
    is_amount = True

    def parse(self, declared: Field, raw: object, /) -> int | None:
        """Return the number; spaces between thousands may have been typed."""
        number = _integer(raw) if isinstance(raw, str) else raw
        if number is None:
            return None
        if isinstance(number, float):
            refuse("not_whole")
        if not isinstance(number, int) or isinstance(number, bool):
            refuse("wrong_type", expected="number")
        smallest, largest = _bounds(declared)
        if declared.positive and number < 1:
            refuse("not_positive")
        if number < smallest:
            refuse("too_small", min=smallest)
        if number > largest:
            refuse("too_large", max=largest)
        return number

    def json_schema(self, declared: Field, /) -> dict[str, Any]:
        """Return an integer within the bounds."""
        smallest, largest = _bounds(declared)
        return {"type": "integer", "minimum": smallest, "maximum": largest}

    def write(self, _declared: Field, stored: Any, words: Words, /) -> str:
        """Return the number with the separators of the language."""
        return words.number(stored)


def _integer(text: str) -> int | None:
    text = THOUSANDS.sub("", clean(plain(text), LONGEST) or "")
    if not text:
        return None
    if _NUMBER.fullmatch(text):
        refuse("not_whole")
    if not _INTEGER.fullmatch(text):
        refuse("not_a_number")
    return int(text)


def _bounds(declared: Field) -> tuple[int, int]:
    smallest = -LARGEST if declared.min is None else declared.min
    return smallest, LARGEST if declared.max is None else declared.max


class MoneyType(FieldType):
    """A sum: `{"amount": "26600000.00", "currency": "EUR"}`. Text, because a JSON fraction is binary."""

    key = "money"
    widget = Widget.MONEY
    has_bounds = True
    ceiling = 10**13 - 1  # whole units that `_AMOUNT` reads
    is_amount = True
    case_columns = frozenset({"amount"})
    units = CURRENCIES

    def parse(self, declared: Field, raw: object, /) -> dict[str, str] | None:
        """Return the sum with two decimals; None without an amount, because a form always sends its currency."""
        if not isinstance(raw, Mapping) or not raw.keys() <= {"amount", "currency"}:
            refuse("wrong_type", expected="money")
        written, currency = _without_sign(raw.get("amount"), raw.get("currency"))
        amount = _amount(written)
        if amount is None:
            return None
        if currency not in CURRENCIES:
            refuse("unknown_currency")
        if declared.positive and not amount:
            refuse("not_positive")
        if declared.min is not None and amount < declared.min:
            refuse("too_small", min=declared.min)
        if declared.max is not None and amount > declared.max:
            refuse("too_large", max=declared.max)
        return {"amount": f"{amount:.2f}", "currency": str(currency)}

    def json_schema(self, _declared: Field, /) -> dict[str, Any]:
        """Return an object of amount and currency."""
        amount = {"type": "string", "pattern": r"^\d{1,13}\.\d{2}$"}
        currency = {"enum": list(CURRENCIES)}
        return {
            "type": "object",
            "properties": {"amount": amount, "currency": currency},
            "required": ["amount", "currency"],
            "additionalProperties": False,
        }

    def typed(self, _declared: Field, stored: Any, /) -> dict[str, str]:
        """Return the sum with grouped thousands; empty for None."""
        return {**stored, "amount": _grouped(stored["amount"])} if stored else {}

    def shown(self, _declared: Field, raw: Any, /) -> dict[str, str]:
        """Return amount and currency as text; the first currency where none was sent."""
        given = raw if isinstance(raw, Mapping) else {}
        return {"amount": str(given.get("amount", "")), "currency": str(given.get("currency", CURRENCIES[0]))}

    def write(self, _declared: Field, stored: Any, words: Words, /) -> str:
        """Return the sum with its currency."""
        return words.money(stored)

    def is_blank(self, raw: Any, /) -> bool:
        """Whether there is no amount."""
        return super().is_blank(raw.get("amount", "?") if isinstance(raw, Mapping) else raw)


def _without_sign(amount: object, currency: object) -> tuple[object, object]:
    """Return the amount without the signs of its currency, and the currency; refused when they contradict it.

    Where no currency is given, the sign says it, unless it may be that of several.
    """
    text = plain(amount)
    if not isinstance(text, str) or len(text) > LONGEST:
        return text, currency
    found = _BESIDE.fullmatch(text.strip())
    if found is None:
        return text if _currencies(text) is None else "no digits", currency
    before, behind = found["before"], found["behind"]
    signs = [sign for sign in (before, behind) if sign.strip(" \t.:")]
    meant = [_currencies(sign) for sign in signs]
    if None in meant or not signs:
        return text, currency
    possible = frozenset.intersection(*(each for each in meant if each is not None))
    if currency in (None, "") and len(possible) == 1:
        currency = next(iter(possible))
    if not isinstance(currency, str) or currency not in possible:
        refuse("other_currency", sign=" ".join(" ".join(signs).split()))
    return found["number"], currency


def _currencies(sign: str) -> frozenset[str] | None:
    """Return the currencies that the words beside an amount may name; None where they name none."""
    return _SIGNS.get(" ".join(sign.casefold().split()).strip(" .:;,"))


def _amount(raw: object) -> Decimal | None:
    if isinstance(raw, int) and not isinstance(raw, bool):
        raw = str(raw) if abs(raw) <= LARGEST else "too many digits"
    if raw is None:
        return None
    # A JSON fraction has gone through binary already: amounts come as text.
    text = THOUSANDS.sub("", clean(raw, LONGEST) or "")
    if not text:
        return None
    text = one_point(text)
    if _TOO_LARGE.fullmatch(text):
        refuse("too_large", max=MoneyType.ceiling)
    match = _AMOUNT.fullmatch(text)
    if match is None:
        refuse("not_an_amount")
    if text.startswith("-"):
        refuse("negative")
    if len(match[1] or "") > 3:
        refuse("too_many_decimals", max=2)
    return Decimal(text.replace(",", "."))


def one_point(text: str) -> str:
    """Return the amount without dots or commas between thousands, where the other sign parts the decimals."""
    mixed = _DOTTED.fullmatch(text) or _WITH_COMMAS.fullmatch(text)
    return text if mixed is None else f"{mixed[1].replace('.', '').replace(',', '')}.{mixed[2]}"


def _grouped(amount: str) -> str:
    """`26600000.00` as people write it: 26 600 000; hundredths only when there are any."""
    units, _point, rest = amount.partition(".")
    grouped = f"{int(units):,}".replace(",", "\u00a0")
    return f"{grouped},{rest}" if rest.strip("0") else grouped


class DateType(FieldType):
    """A day, stored as an ISO date."""

    key = "date"
    widget = Widget.DATE
    is_date = True
    sources = frozenset({Source.TODAY})

    def parse(self, _declared: Field, raw: object, /) -> str | None:
        """Return the day; `dd.mm.yyyy` and `yyyy-mm-dd` are understood."""
        text = clean(plain(raw), LONGEST)
        if text is None:
            return None
        iso, local = _ISO_DATE.fullmatch(text), _LOCAL_DATE.fullmatch(text)
        if iso is not None:
            year, month, day = map(int, iso.groups())
        elif local is not None:
            day, month, year = map(int, local.groups())
        else:
            refuse("bad_date")
        if not FIRST_YEAR <= year <= LAST_YEAR:
            refuse("year_out_of_range", min=FIRST_YEAR, max=LAST_YEAR)
        try:
            return date(year, month, day).isoformat()
        except ValueError:
            refuse("impossible_date")

    def json_schema(self, _declared: Field, /) -> dict[str, Any]:
        """Return a string that is a date."""
        return {"type": "string", "format": "date"}

    def typed(self, _declared: Field, stored: Any, /) -> str:
        """Return the day as `dd.mm.yyyy`; empty for None."""
        return ".".join(reversed(str(stored).split("-"))) if stored is not None else ""

    def write(self, _declared: Field, stored: Any, words: Words, /) -> str:
        """Return the day as it is read."""
        return words.day(stored)
