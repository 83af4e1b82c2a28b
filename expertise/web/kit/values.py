"""Stored values as a person reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from babel.numbers import format_decimal
from flask import url_for
from flask_babel import gettext as _

from expertise.web.kit.choices import Listed
from expertise.web.kit.i18n import current, day, money, said, size
from workflows.decision import is_empty
from workflows.definition import Definition, Field


@dataclass(frozen=True, slots=True)
class Shown:
    """One value on a page. `kind`: `text`, `lines`, `table` (with columns and rows) or `file` (with url and note)."""

    label: str
    text: str = ""
    kind: str = "text"
    url: str = ""
    note: str = ""
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Known:
    """Names of what values point to: places and topics, the case's files, persons that are experts."""

    listed: Listed
    files: Mapping[str, Any] = field(default_factory=dict)
    experts: Mapping[str, str] = field(default_factory=dict)


def show_all(definition: Definition, names: Iterable[str], values: Mapping[str, Any], known: Known) -> list[Shown]:
    """The fields that hold something, in the order of `names`."""
    return [show(definition.fields[name], values[name], known) for name in names if not is_empty(values.get(name))]


def show(declared: Field, value: Any, known: Known) -> Shown:
    """One stored value under its label."""
    label = said(declared.label)
    if declared.type == "table":
        columns = declared.columns or {}
        return Shown(
            label,
            kind="table",
            columns=[said(column.label) for column in columns.values()],
            rows=[[text_of(column, row.get(key), known) for key, column in columns.items()] for row in value],
        )
    if declared.type == "file" and value in known.files:
        stored = known.files[value]
        return Shown(label, stored.name, "file", url_for("files.download", key=value), size(stored.size))
    return Shown(label, text_of(declared, value, known), "lines" if declared.type == "long_text" else "text")


def text_of(declared: Field, value: Any, known: Known) -> str:
    """A single value in words; empty for nothing."""
    if is_empty(value):
        return ""
    say = _WORDS.get(declared.type)
    return say(declared, value, known) if say is not None else str(value)


def _choice(declared: Field, value: Any, _known: Known) -> str:
    options = declared.options or {}
    return said(options[value]) if value in options else str(value)


_WORDS: Mapping[str, Callable[[Field, Any, Known], str]] = {
    "choice": _choice,
    "date": lambda _f, value, _k: day(value),
    "money": lambda _f, value, _k: money(value),
    "number": lambda _f, value, _k: format_decimal(value, locale=current()),
    "region": lambda _f, value, known: known.listed.region(value),
    "topic": lambda _f, value, known: known.listed.topic(value),
    "lender": lambda _f, value, known: known.listed.lender(value),
    "expert": lambda _f, value, known: known.experts.get(value, str(value)),
    "file": lambda _f, value, known: known.files[value].name if value in known.files else _("a file"),
    "yes_no": lambda _f, value, _k: _("Yes") if value else _("No"),
    "confirm": lambda _f, value, _k: _("Yes") if value else _("No"),
}
