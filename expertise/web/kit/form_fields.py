"""The fields of a form as a page shows them, and the sections in which they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workflows.field import Widget

#: Widget → the class of its width, where it is not that of a sentence.
WIDTHS: Mapping[str, str] = {
    Widget.DATE: "",
    Widget.NUMBER: "",
    Widget.CHOICE: "w3",
    Widget.EMAIL: "w3",
    Widget.PHONE: "w3",
    Widget.MONEY: "w3",
    Widget.DECIMAL: "",
    Widget.DURATION: "w3",
    Widget.MOMENT: "w3",
    Widget.TABLE: "",
    Widget.CANDIDATES: "",
}

#: Widget of several controls → the part of its value that stands first.
FIRST: Mapping[str, str] = {
    Widget.MONEY: "amount",
    Widget.DURATION: "amount",
    Widget.MOMENT: "day",
    Widget.PLACE: "text",
}


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a form on a page. `value` is its content as typed, `errors` are sentences."""

    name: str
    widget: str  # a `workflows.field.Widget`
    label: str
    value: Any = ""
    hint: str = ""
    errors: tuple[str, ...] = ()
    required: bool = False
    choices: Sequence[tuple] | Sequence[str] = ()
    longest: int | None = None
    rows: list[list[FormField]] = field(default_factory=list)
    groups: Sequence[tuple[str, Sequence[tuple[str, str]]]] = ()  # choices under headings
    example: str = ""
    known: bool = False  # filled in beforehand, and shown as text
    suffix: str = ""  # the unit behind the control
    theirs: str = ""  # what somebody else has stored meanwhile, where `value` is what this person typed
    head_hint: str = ""  # of a cell: the help of its column, which stands in the head of the table

    @property
    def id(self) -> str:
        """The HTML id of the field, to which the error summary links."""
        return "f-" + self.name.replace(".", "-")

    @property
    def target(self) -> str:
        """The id of the control that a label names: of several controls it is the first."""
        return f"{self.id}-{FIRST[self.widget]}" if self.widget in FIRST else self.id

    @property
    def described(self) -> str:
        """The ids of hint, error and limit, for screen readers; separated by spaces."""
        wrong = bool(self.errors or self.theirs)
        notes = [f"{self.id}-hint"] * bool(self.hint or self.example) + [f"{self.id}-wrong"] * wrong
        notes += [f"{self.id}-unit"] * bool(self.suffix) + ([self.head_id] if self.head_hint else [])
        return " ".join([*notes, *[f"{self.id}-count"] * bool(self.counted)])

    @property
    def head_id(self) -> str:
        """The id of the help in the head of the column of a cell, `table.row.column`."""
        table, _row, column = self.name.split(".")
        return f"f-{table}-{column}-head"

    @property
    def width(self) -> str:
        """The class of its width: 24 or 42 rem; empty where the control itself has one."""
        return WIDTHS.get(self.widget, "w4")

    @property
    def counted(self) -> int:
        """The most characters of a text, which are counted while somebody types; 0 for what is not counted."""
        return self.longest or 0 if self.widget in (Widget.TEXT, Widget.LONG_TEXT) else 0

    @property
    def reading(self) -> str:
        """The content as somebody reads it, of a field that is shown as text."""
        return next((str(each[1]) for each in self.choices if each[0] == self.value), "") or str(self.value)


@dataclass(frozen=True, slots=True)
class Section:
    """The fields of a form under one heading, with the help that stands beside them."""

    key: str
    title: str
    help: str
    fields: Sequence[FormField]
