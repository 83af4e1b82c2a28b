"""Single values: what may be typed, and what is stored.

Each type is a function from the declaration and a raw value to the JSON value that is kept. Raw values
come from forms (all of them text) or from JSON (typed); both give the same stored value or the same
`Problem`. None means that nothing was given. `fields` adds tables and whole schemas.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from workflows.definition import Field
from workflows.fields.text import clean, refuse

#: Code → the parameters it carries. Problems inside a table also carry `row` (from 1) and `column`.
PROBLEMS: Mapping[str, tuple[str, ...]] = {
    "bad_date": (),
    "bad_email": (),
    "bad_phone": (),
    "beyond_latest": (),
    "broken_character": (),
    "control_character": (),
    "date_too_late": ("latest",),
    "direction_character": (),
    "impossible_date": (),
    "negative": (),
    "not_a_number": (),
    "not_an_amount": (),
    "not_later": (),
    "not_whole": (),
    "not_yes_or_no": (),
    "one_line": (),
    "one_of_two": (),
    "piled_marks": ("max",),
    "still_past": (),
    "too_large": ("max",),
    "too_long": ("max",),
    "too_many_decimals": ("max",),
    "too_many_rows": ("max",),
    "too_short": ("min",),
    "too_small": ("min",),
    "unknown_choice": (),
    "unknown_column": (),
    "unknown_currency": (),
    "unknown_expert": (),
    "unknown_field": (),
    "unknown_file": (),
    "unknown_lender": (),
    "unknown_region": (),
    "unknown_topic": (),
    "wrong_type": ("expected",),
    "year_out_of_range": ("min", "max"),
}

#: Case column (`as` in the file) → the type whose values it can hold.
COLUMNS: Mapping[str, str] = {
    "title": "text",
    "region": "region",
    "topic": "topic",
    "amount": "money",
    "external_reference": "text",
    "assignee": "expert",
}

CURRENCIES = ("KZT", "EUR", "USD", "GBP", "RUB", "CNY", "JPY", "CHF")
FIRST_YEAR, LAST_YEAR = 1990, 2100
LARGEST = 2**53 - 1  # beyond it a number changes on its way through a browser
LONGEST = {"text": 300, "long_text": 5000, "email": 254, "phone": 40}  # characters, unless `max` says so
KEY_LENGTH = 200  # of anything that is looked up

_WHOLE = re.compile(r"[+-]?\d{1,16}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+[.,]\d+", re.ASCII)
_AMOUNT = re.compile(r"-?\d{1,13}([.,]\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"(?<=\d)[ \u00a0\u2009\u202f](?=\d{3}(?!\d))", re.ASCII)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_LOCAL_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+)*@({_LABEL}\.)+{_LABEL}")
_PHONE = re.compile(r"\+?[\d ()./-]+", re.ASCII)


class Vocabulary(Protocol):
    """Who knows the values that live outside a definition: regions, topics, lenders, experts, files."""

    def knows(self, type_: str, value: str, /) -> bool:
        """Whether `value` is a key of that field type which may be chosen now, by this person."""


#: Set by `fields.load` for the length of one call; schemas are shared by all threads.
VOCABULARY: ContextVar[Vocabulary] = ContextVar("vocabulary")


def longest(declared: Field) -> int:
    """How many characters a text field holds: the form's `maxlength`."""
    return declared.max or LONGEST[declared.type]


def _text(declared: Field, value: object) -> str | None:
    text = clean(value, longest(declared), lines=declared.type == "long_text")
    if text is not None and declared.min is not None and len(text) < declared.min:
        refuse("too_short", min=declared.min)
    return text


def _email(declared: Field, value: object) -> str | None:
    text = _text(declared, value)
    if text is not None and (not _EMAIL.fullmatch(text) or text.index("@") > 64):
        refuse("bad_email")
    return text


def _phone(declared: Field, value: object) -> str | None:
    text = _text(declared, value)
    if text is None:
        return None
    if not _PHONE.fullmatch(text) or not 7 <= sum(map(str.isdigit, text)) <= 15:
        refuse("bad_phone")
    return " ".join(text.split())


def _number(declared: Field, value: object) -> int | None:
    if isinstance(value, str):
        text = _THOUSANDS.sub("", clean(value, KEY_LENGTH) or "")
        if not text:
            return None
        if _NUMBER.fullmatch(text):
            refuse("not_whole")
        if not _WHOLE.fullmatch(text):
            refuse("not_a_number")
        value = int(text)
    if isinstance(value, float):
        refuse("not_whole")
    if not isinstance(value, int) or isinstance(value, bool):
        refuse("wrong_type", expected="number")
    return _within(value, -LARGEST if declared.min is None else declared.min, declared.max)


def _within(value: int, smallest: int, largest: int | None) -> int:
    largest = LARGEST if largest is None else largest
    if value < smallest:
        refuse("too_small", min=smallest)
    if value > largest:
        refuse("too_large", max=largest)
    return value


def _money(declared: Field, value: object) -> dict[str, str] | None:
    if not isinstance(value, Mapping) or not value.keys() <= {"amount", "currency"}:
        refuse("wrong_type", expected="money")
    amount = _amount(value.get("amount"))
    if amount is None:
        return None  # a form always sends its currency
    if value.get("currency") not in CURRENCIES:
        refuse("unknown_currency")
    if declared.min is not None and amount < declared.min:
        refuse("too_small", min=declared.min)
    if declared.max is not None and amount > declared.max:
        refuse("too_large", max=declared.max)
    return {"amount": f"{amount:.2f}", "currency": str(value["currency"])}


def _amount(value: object) -> Decimal | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) <= LARGEST else "too many digits"
    if value is None:
        return None
    # A JSON fraction has gone through binary already: amounts come as text.
    text = _THOUSANDS.sub("", clean(value, KEY_LENGTH) or "")
    if not text:
        return None
    match = _AMOUNT.fullmatch(text)
    if match is None:
        refuse("not_an_amount")
    if text.startswith("-"):
        refuse("negative")
    if len(match[1] or "") > 3:
        refuse("too_many_decimals", max=2)
    return Decimal(text.replace(",", "."))


def _date(_declared: Field, value: object) -> str | None:
    text = clean(value, KEY_LENGTH)
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


def _choice(declared: Field, value: object) -> str | None:
    key = clean(value, KEY_LENGTH)
    if key is not None and key not in (declared.options or {}):
        refuse("unknown_choice")
    return key


def _known(declared: Field, value: object) -> str | None:
    key = clean(value, KEY_LENGTH)
    if key is not None and not VOCABULARY.get().knows(declared.type, key):
        refuse(f"unknown_{declared.type}")
    return key


def _yes_no(_declared: Field, value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    answers = {"yes": True, "no": False, "": None}
    if not isinstance(value, str) or value not in answers:
        refuse("not_yes_or_no")
    return answers[value]


def _confirm(declared: Field, value: object) -> bool | None:
    # An empty box is no answer, not the answer "no": a step that requires the field must refuse it.
    return _yes_no(declared, value) or None


#: Type → what turns a raw value into the stored one. `fields.TYPES` has the table as well.
SINGLE: Mapping[str, Callable[[Field, Any], Any]] = {
    "text": _text,
    "long_text": _text,
    "number": _number,
    "money": _money,
    "date": _date,
    "choice": _choice,
    "region": _known,
    "topic": _known,
    "lender": _known,
    "expert": _known,
    "file": _known,
    "yes_no": _yes_no,
    "confirm": _confirm,
    "email": _email,
    "phone": _phone,
}
