"""Fills a form as a person does, from what the definition declares; says what must be stored of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from expertise.base import clock
from tests.support.golden import PDF
from tests.support.html_forms import Form
from workflows.definition import Definition, Field
from workflows.fields.types import TYPES

REGION = "KZ-43"  # the one that everybody of the law may still see afterwards


@dataclass
class Filled:
    """`expected`: field → what must be stored; of a file its name. `count`: controls that were touched."""

    expected: dict[str, Any] = field(default_factory=dict)
    count: int = 0


class Filler:
    """Fills in one form. No two texts are alike, so that no value can stand in another's place.

    `least` are amounts that a fact bounds: they get the smallest value.
    """

    def __init__(self, form: Form, expert: str, first: int, least: Collection[str] = ()) -> None:
        self._form, self._least, self._expert, self._numbers = form, least, expert, count(first + 1)
        self._touched = 0

    def fill(self, definition: Definition, names: Iterable[str], left: Collection[str] = ()) -> Filled:
        """Fill every one of these fields; fails when one is missing on the page, or when another is, but for `left`."""
        filled = Filled()
        for name in names:
            declared = definition.fields.get(name) or Field(name, TYPES["long_text"], {})  # a comment
            filled.expected[name] = self._fill(name, declared)
        assert self._form.untouched() == set(left), self._form.untouched()
        filled.count = self._touched
        return filled

    def _fill(self, name: str, declared: Field) -> Any:
        return self._FILL[declared.type.key](self, name, declared)

    def _type(self, name: str, text: str) -> None:
        self._form.fill(name, text)
        self._touched += 1

    def _text(self, name: str, declared: Field) -> str:
        text = f"«Мәтін» & <{next(self._numbers)}> Ёё Әә"
        self._type(name, f" {text} ")
        return text

    def _lines(self, name: str, declared: Field) -> str:
        text = f"Бірінші <жол> {next(self._numbers)}\n\nекінші жол"
        self._type(name, text)
        return text

    def _number(self, name: str, declared: Field) -> int:
        smallest, largest = declared.min or 0, declared.max or 1000
        number = smallest if name in self._least else smallest + next(self._numbers) % (largest - smallest + 1)
        self._type(name, str(number))
        return number

    def _money(self, name: str, declared: Field) -> dict[str, str]:
        if name in self._least:
            least = int(declared.positive)
            self._type(f"{name}.amount", str(least))
            self._type(f"{name}.currency", "EUR")
            return {"amount": f"{least}.00", "currency": "EUR"}
        whole = next(self._numbers) % 1000
        self._type(f"{name}.amount", f"1\u00a0{whole:03} 567,80")
        currencies = self._form.of(f"{name}.currency")[0].options
        currency = currencies[whole % len(currencies)]
        self._type(f"{name}.currency", currency)
        return {"amount": f"1{whole:03}567.80", "currency": currency}

    def _decimal(self, name: str, declared: Field) -> dict[str, Any]:
        tenths = 0 if name in self._least else next(self._numbers) % 900 + 1
        self._type(name, f"{tenths // 10},{tenths % 10}")
        return {"ten_thousandths": tenths * 1000, "unit": declared.type.unit(declared).key}

    def _duration(self, name: str, declared: Field) -> dict[str, Any]:
        amount = declared.min or next(self._numbers) % 20 + 1
        unit = self._form.of(f"{name}.unit")[0].options[-1]
        self._type(f"{name}.amount", str(amount))
        self._type(f"{name}.unit", unit)
        return {"amount": amount, "unit": unit}

    def _several(self, name: str, declared: Field) -> list[str]:
        boxes = sorted(each.removeprefix(f"{name}.") for each in self._form.names() if each.startswith(f"{name}."))
        chosen = boxes[: declared.most]
        for key in boxes:
            self._form.tick(f"{name}.{key}", on=key in chosen)
            self._touched += 1
        place = {key: number for number, key in enumerate(declared.options or ())}
        return sorted(chosen, key=lambda key: (place.get(key, 0), key))

    def _moment(self, name: str, declared: Field) -> str:
        number = next(self._numbers)
        self._type(f"{name}.day", f"{number % 28 + 1:02}.03.2027")
        self._type(f"{name}.time", f"{number % 24}:{number % 60:02}")
        return f"2027-03-{number % 28 + 1:02}T{number % 24:02}:{number % 60:02}+05:00"

    def _place(self, name: str, declared: Field) -> dict[str, Any]:
        text = f"Абай к-сі {next(self._numbers)}"
        self._type(f"{name}.code", "431010000")
        self._type(f"{name}.text", text)
        return {"code": "431010000", "text": text}

    def _date(self, name: str, declared: Field) -> str:
        if declared.not_after == "today":  # what has happened; the clock of the law stands still
            today = clock.now().date()
            self._type(name, f"{today:%d.%m.%Y}")
            return today.isoformat()
        day, month = next(self._numbers) % 28 + 1, 3 if declared.not_before else 2
        self._type(name, f"{day:02}.{month:02}.2027")
        return f"2027-{month:02}-{day:02}"

    def _choice(self, name: str, declared: Field) -> str:
        options = self._form.of(name)[0].options
        assert options[0] == "" and options[1:] == list(declared.options or ())
        self._type(name, options[-1])
        return options[-1]

    def _region(self, name: str, declared: Field) -> str:
        self._type(name, REGION)
        return REGION

    def _listed(self, name: str, declared: Field) -> str:
        key = self._form.of(name)[0].options[-1]
        assert key
        self._type(name, key)
        return key

    def _person(self, name: str, declared: Field) -> str:
        self._type(name, self._expert)
        return self._expert

    def _no(self, name: str, declared: Field) -> bool:
        self._type(name, "no")
        return False

    def _tick(self, name: str, declared: Field) -> bool:
        self._type(name, "yes")
        return True

    def _email(self, name: str, declared: Field) -> str:
        text = f"unit{next(self._numbers)}@example.kz"
        self._type(name, text)
        return text

    def _phone(self, name: str, declared: Field) -> str:
        text = f"+7 (701) 12-{next(self._numbers):04}"
        self._type(name, text)
        return text

    def _file(self, name: str, declared: Field) -> str:
        file_name = f"есеп {next(self._numbers)}.pdf"
        self._form.choose(name, PDF, file_name)
        self._touched += 1
        return file_name

    def _table(self, name: str, declared: Field) -> list[dict[str, Any]]:
        """Every row that the page offers, every column."""
        rows = {each.removeprefix(f"{name}.").partition(".")[0] for each in self._form.names() if f"{name}." in each}
        assert len(rows) >= 3, name
        return [
            {key: self._fill(f"{name}.{row}.{key}", column) for key, column in (declared.columns or {}).items()}
            for row in sorted(rows, key=int)
        ]

    _FILL: Mapping[str, Callable[..., Any]] = {
        "text": _text,
        "long_text": _lines,
        "number": _number,
        "money": _money,
        "date": _date,
        "choice": _choice,
        "region": _region,
        "topic": _listed,
        "lender": _listed,
        "case": _listed,
        "expert": _person,
        "yes_no": _no,
        "confirm": _tick,
        "email": _email,
        "phone": _phone,
        "file": _file,
        "decimal": _decimal,
        "percent": _decimal,
        "duration": _duration,
        "choices": _several,
        "datetime": _moment,
        "person": _listed,
        "organisation": _listed,
        "place": _place,
        "table": _table,
    }
