"""Rows of a table in a form that are added or removed by a button, without a script: the form is shown again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from expertise.web.kit.forms import MOST_ROWS

#: Names of the buttons. The value of one is a table, of the other a table and the number of a row, from 0.
ADD, REMOVE = "_add", "_remove"


def is_rows(form: MultiDict[str, str]) -> bool:
    """Whether the form was sent by one of these buttons: nothing is stored then."""
    return ADD in form or REMOVE in form


def with_rows(raw: Mapping[str, Any], form: MultiDict[str, str]) -> dict[str, Any]:
    """Return the typed values with one row more or less. A table that the form does not have changes nothing."""
    found = dict(raw)
    table, _point, number = form.get(REMOVE, "").partition(".")
    rows = found.get(table)
    if isinstance(rows, list) and number.isascii() and number.isdecimal():
        found[table] = [row for place, row in enumerate(rows) if place != int(number[:4])]
    added = form.get(ADD, "")
    rows = found.get(added)
    if isinstance(rows, list) and len(rows) < MOST_ROWS:
        found[added] = [*rows, {}]
    return found
