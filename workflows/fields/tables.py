"""Fields that are tables: rows of columns, each of which is a field of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from marshmallow import ValidationError

from workflows.field import Field, FieldType, Widget, Words
from workflows.fields.text import refuse
from workflows.refusals import Problem

ROWS = 50  # of a table, unless its `max` says less
NAME_SHOWN = 60  # characters of a name nobody declared


def printable(name: object) -> str:
    """Return a name somebody invented, fit for a page: it may be a control character or half a surrogate pair."""
    text = str(name)
    return (text if text.isprintable() else ascii(text))[:NAME_SHOWN]


class TableType(FieldType):
    """Rows, stored as a list of mappings that have every column."""

    key = "table"
    widget = Widget.TABLE
    has_bounds = True
    ceiling = ROWS
    has_columns = True
    fits_column = False

    def parse(self, declared: Field, raw: object, /) -> list[dict[str, Any]] | None:
        """Return the rows that hold something. All problems come at once, each with its row (from 1) and column."""
        if isinstance(raw, str) and not raw.strip():
            return None
        if not isinstance(raw, list):
            refuse("wrong_type", expected="table")
        sent = [(place, row) for place, row in enumerate(raw, 1) if not _is_blank(declared, row)]
        if len(sent) > declared.most:
            refuse("too_many_rows", max=declared.most)
        if sent and declared.min is not None and len(sent) < declared.min:
            refuse("too_few_rows", min=declared.min)
        problems: list[Problem] = []
        rows = [_row(declared.columns or {}, row, place, problems) for place, row in sent]
        if problems:
            raise ValidationError(problems)
        return rows or None

    def json_schema(self, declared: Field, /) -> dict[str, Any]:
        """Return an array of objects that have every column; a column may hold null."""
        columns = declared.columns or {}
        properties = {
            name: {"anyOf": [column.type.json_schema(column), {"type": "null"}]} for name, column in columns.items()
        }
        row = {"type": "object", "properties": properties, "required": list(columns), "additionalProperties": False}
        return {"type": "array", "items": row, "minItems": max(declared.min or 1, 1), "maxItems": declared.most}

    def typed(self, declared: Field, stored: Any, /) -> list[dict[str, Any]]:
        """Return the rows as a person would type them."""
        columns = (declared.columns or {}).items()
        return [
            {name: column.type.typed(column, row.get(name)) for name, column in columns} for row in stored or () if row
        ]

    def shown(self, _declared: Field, raw: Any, /) -> list[Mapping[str, Any]]:
        """Return the rows, without whatever else somebody sent."""
        return [row for row in raw if isinstance(row, Mapping)] if isinstance(raw, list) else []

    def write(self, declared: Field, stored: Any, words: Words, /) -> str:
        """Return the rows as lines."""
        return "\n".join("; ".join(filter(None, row)) for row in self.cells(declared, stored, words))

    def cells(self, declared: Field, stored: Any, words: Words, /) -> list[list[str]]:
        """Return the rows as texts, one for each column; empty for a cell without a value."""
        columns = (declared.columns or {}).items()
        return [
            ["" if row.get(name) is None else column.type.write(column, row[name], words) for name, column in columns]
            for row in stored
        ]


def _is_blank(declared: Field, row: object) -> bool:
    """Whether nobody touched the line; a currency or an unticked answer alone fills no line."""
    if not isinstance(row, Mapping):
        return row is None or row == ""
    columns = declared.columns or {}
    return all(
        columns[name].type.is_blank(cell) if name in columns else cell is None or cell == ""
        for name, cell in row.items()
    )


def _row(columns: Mapping[str, Field], row: object, place: int, problems: list[Problem]) -> dict[str, Any]:
    """Return one line with every column in it; add what is wrong to `problems`."""
    if not isinstance(row, Mapping):
        problems.append(Problem("wrong_type", (("expected", "row"), ("row", place))))
        return {}
    problems += (
        Problem("unknown_column", (("row", place), ("column", printable(name)))) for name in row if name not in columns
    )
    stored: dict[str, Any] = {}
    for name, column in columns.items():
        try:
            raw = row.get(name)
            stored[name] = None if raw is None else column.type.parse(column, raw)
        except ValidationError as error:
            for problem in cast("list[Problem]", error.messages):
                here = (("row", place), ("column", name))
                problems.append(replace(problem, parameters=problem.parameters + here))
    return stored
