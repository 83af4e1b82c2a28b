"""Stored values as a person reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from expertise.text.translator import Translator, day, local_moment
from workflows.decision import is_empty
from workflows.definition import Definition, Field, Text


@dataclass(frozen=True, slots=True)
class DisplayedValue:
    """A value under its label. `kind` is `text`, `lines`, `table` (with columns and rows) or `file` (url and note)."""

    label: str
    text: str = ""
    kind: str = "text"
    url: str = ""
    note: str = ""
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ValueNames:
    """The names of what stored values point to, and the language in which values are written.

    `reference`: field type (`region`, `topic` …) → key → name. `files`: key → stored file, with `name` and
    `size`. `people`: key of a person → name. `address`: key of a file → the address at which the reader gets it.
    """

    translator: Translator
    reference: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    files: Mapping[str, Any] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    address: Callable[[str], str] = lambda _key: ""

    # What a field type asks for to write a value: `workflows.field.Words`.

    def text(self, text: Text, /) -> str:
        """Pick the language of the translator."""
        return self.translator.text(text)

    def yes_or_no(self, answer: bool, /) -> str:
        """Translate an answer."""
        return self.translator.gettext("Yes") if answer else self.translator.gettext("No")

    def day(self, iso: str, /) -> str:
        """Write a day as `31.10.2016`."""
        return day(iso)

    def number(self, number: int | Decimal, /) -> str:
        """Write a number with the separators of the language."""
        return self.translator.number(number)

    def duration(self, amount: int, unit: str, /) -> str:
        """Write a length of time."""
        return self.translator.duration(amount, unit)

    def moment(self, moment: str, /) -> str:
        """Write a day and time as `12.05.2026, 10:00 (UTC+5)`."""
        return local_moment(moment)

    def money(self, money: Mapping[str, str], /) -> str:
        """Write a stored sum with the sign of its currency."""
        return self.translator.money(money)

    def name_of(self, type_key: str, key: str, /) -> str:
        """Return the name that stands for the key, or the key where there is none."""
        if key in self.files:
            return str(self.files[key].name)
        if type_key == "file":
            return self.translator.gettext("a file")
        return self.people.get(key) or self.translator.text(self.reference.get(type_key, {}).get(key)) or key


def display_all(
    definition: Definition, fields: Iterable[str], values: Mapping[str, Any], names: ValueNames
) -> list[DisplayedValue]:
    """The fields that hold something, in the order of `fields`."""
    return [display(definition.fields[name], values[name], names) for name in fields if not is_empty(values.get(name))]


def display(declared: Field, value: Any, names: ValueNames) -> DisplayedValue:
    """One stored value under its label."""
    label = names.translator.text(declared.label)
    if declared.type.has_columns:
        columns = [names.translator.text(column.label) for column in (declared.columns or {}).values()]
        return DisplayedValue(label, kind="table", columns=columns, rows=declared.type.cells(declared, value, names))
    if declared.type.is_file and value in names.files:
        return display_file(value, names, label)
    kind = "lines" if declared.type.is_multiline else "text"
    return DisplayedValue(label, text_of(declared, value, names), kind)


def display_file(key: str, names: ValueNames, label: str = "") -> DisplayedValue:
    """A stored file with its address and size. Raises KeyError for a file that `names` does not have."""
    stored = names.files[key]
    return DisplayedValue(label, stored.name, "file", names.address(key), names.translator.size(stored.size))


def text_of(declared: Field, value: Any, names: ValueNames) -> str:
    """A single value as text; empty for no value."""
    return "" if is_empty(value) else declared.type.write(declared, value, names)
