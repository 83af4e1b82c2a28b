"""Stored values as a person reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from expertise.text.translator import Translator, day
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

    `reference`: field type (`region`, `topic`, `lender`) → key → name. `files`: key → stored file, with `name` and
    `size`. `people`: key of a person → name. `address`: key of a file → the address at which the reader gets it.
    """

    translator: Translator
    reference: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    files: Mapping[str, Any] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    address: Callable[[str], str] = lambda _key: ""


def display_all(
    definition: Definition, fields: Iterable[str], values: Mapping[str, Any], names: ValueNames
) -> list[DisplayedValue]:
    """The fields that hold something, in the order of `fields`."""
    return [display(definition.fields[name], values[name], names) for name in fields if not is_empty(values.get(name))]


def display(declared: Field, value: Any, names: ValueNames) -> DisplayedValue:
    """One stored value under its label."""
    label = names.translator.text(declared.label)
    if declared.type == "table":
        columns = declared.columns or {}
        return DisplayedValue(
            label,
            kind="table",
            columns=[names.translator.text(column.label) for column in columns.values()],
            rows=[[text_of(column, row.get(key), names) for key, column in columns.items()] for row in value],
        )
    if declared.type == "file" and value in names.files:
        return display_file(value, names, label)
    return DisplayedValue(label, text_of(declared, value, names), "lines" if declared.type == "long_text" else "text")


def display_file(key: str, names: ValueNames, label: str = "") -> DisplayedValue:
    """A stored file with its address and size. Raises KeyError for a file that `names` does not have."""
    stored = names.files[key]
    return DisplayedValue(label, stored.name, "file", names.address(key), names.translator.size(stored.size))


def text_of(declared: Field, value: Any, names: ValueNames) -> str:
    """A single value as text; empty for no value."""
    if is_empty(value):
        return ""
    write = _TEXTS.get(declared.type)
    return write(declared, value, names) if write is not None else str(value)


def _choice(declared: Field, value: Any, names: ValueNames) -> str:
    options = declared.options or {}
    return names.translator.text(options[value]) if value in options else str(value)


def _referenced(declared: Field, value: Any, names: ValueNames) -> str:
    return names.translator.text(names.reference.get(declared.type, {}).get(value)) or str(value)


def _file(_declared: Field, value: Any, names: ValueNames) -> str:
    return names.files[value].name if value in names.files else names.translator.gettext("a file")


def _yes_or_no(_declared: Field, value: Any, names: ValueNames) -> str:
    return names.translator.gettext("Yes") if value else names.translator.gettext("No")


#: Field type → how its value is written; what is not here is written as it is stored.
_TEXTS: Mapping[str, Callable[[Field, Any, ValueNames], str]] = {
    "choice": _choice,
    "date": lambda _field, value, _names: day(value),
    "money": lambda _field, value, names: names.translator.money(value),
    "number": lambda _field, value, names: names.translator.number(value),
    "region": _referenced,
    "topic": _referenced,
    "lender": _referenced,
    "expert": lambda _field, value, names: names.people.get(value, str(value)),
    "file": _file,
    "yes_no": _yes_or_no,
    "confirm": _yes_or_no,
}
