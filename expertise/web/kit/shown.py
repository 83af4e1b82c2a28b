"""The values that a form had shown travel with it, so that only what a person changed is written.

`_shown` holds the visit of the state and a digest for each field, and for each cell of a table.
A form that was refused shows what its person typed
in the fields that they changed, and what the case holds now in all others; a field that somebody else changed
meanwhile, too, says so beside it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from typing import Any

import marshmallow
from werkzeug.datastructures import MultiDict

from expertise.cases.desk import ShownForm
from expertise.web.kit.forms import stored_as_typed
from workflows.definition import Definition
from workflows.field import Field
from workflows.fields import digests
from workflows.fields.row_merge import Row, RowDigests, digests_of

#: The hidden control; its content is `VISIT name:digest … table=ROW,ROW …`, where a row is the digests of its cells.
SHOWN = "_shown"
_VISIT = re.compile(r"\d{1,9}", re.ASCII)
_ROWS = re.compile(rf"([a-z][a-z0-9_]{{0,59}})=((?:[0-9a-f]{{{digests.LENGTH}}}|,)*)", re.ASCII)
_FIELD = re.compile(rf"([a-z][a-z0-9_]{{0,59}}):([0-9a-f]{{{digests.LENGTH}}})", re.ASCII)


def write(definition: Definition, names: Iterable[str], stored: Mapping[str, Any], visit: int) -> str:
    """Return the content of the control for a form that shows these fields of a case."""
    fields = [definition.fields[name] for name in names if name in definition.fields]
    values = {each.key: digests.of_stored(stored.get(each.key)) for each in fields}
    rows = {each.key: digests_of(each, stored.get(each.key)) for each in fields if each.columns}
    return _written(ShownForm(visit, values, rows))


def _written(form: ShownForm) -> str:
    rows = (f"{name}={','.join(''.join(row) for row in found)}" for name, found in form.rows.items())
    return " ".join([str(form.visit), *(f"{name}:{digest}" for name, digest in form.digests.items()), *rows])


def read(form: MultiDict[str, str]) -> ShownForm | None:
    """Return what the form had shown; None for a form without the control, or with one that Komek never wrote."""
    visit, *fields = form.get(SHOWN, "").split(" ")
    if not _VISIT.fullmatch(visit):
        return None
    values = {match[1]: match[2] for field in fields if (match := _FIELD.fullmatch(field)) is not None}
    tables = {match[1]: match[2] for field in fields if (match := _ROWS.fullmatch(field)) is not None}
    return ShownForm(
        int(visit), values, {name: [_cells(row) for row in text.split(",") if row] for name, text in tables.items()}
    )


def _cells(row: str) -> RowDigests:
    return tuple(row[at : at + digests.LENGTH] for at in range(0, len(row), digests.LENGTH))


def again(
    definition: Definition,
    names: Iterable[str],
    stored: Mapping[str, Any],
    raw: Mapping[str, Any],
    shown: ShownForm | None,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the values of a form that was refused, and the fields that were changed here and there.

    Without `shown` all that was typed counts as changed. A table has the rows of both, where these go together.
    """
    now = stored_as_typed(definition, names, stored)
    if shown is None:
        return {**now, **raw}, ()
    mine, both = shown.touched(definition, raw), []
    moved = [name for name in mine if name in now and shown.has_moved(name, stored.get(name))]
    for name in moved:
        declared = definition.fields[name]
        rows = _merged(declared, mine[name], stored.get(name), shown)
        if rows is not None:
            mine[name] = declared.type.typed(declared, rows)
        elif digests.of_typed(declared, mine[name]) != digests.of_stored(stored.get(name)):
            both.append(name)
    return {**now, **mine}, tuple(both)


def _merged(declared: Field, raw: Any, stored: Any, shown: ShownForm) -> list[Row] | None:
    """Return the rows of both for a table that can be read and merged; None otherwise."""
    try:
        return shown.merged(declared, digests.parse(declared, raw), stored) if declared.columns else None
    except marshmallow.ValidationError:
        return None


def after(definition: Definition, raw: Mapping[str, Any], was: ShownForm, left: Container[str]) -> str:
    """Return the content of the control for a form whose values `raw` were stored, but for the fields in `left`.

    Its fields show what was typed. Those that were left out, and those that did not come, are as they were shown.
    """
    taken = {name: value for name, value in raw.items() if name in definition.fields and name not in left}
    stored = {name: digests.of_typed(definition.fields[name], value) for name, value in taken.items()}
    tables = {name: _rows(definition.fields[name], value) for name, value in taken.items()}
    rows = {name: found for name, found in tables.items() if found is not None}
    return _written(ShownForm(was.visit, {**was.digests, **stored}, {**was.rows, **rows}))


def _rows(declared: Field, raw: Any) -> list[RowDigests] | None:
    """Return the digests of the cells of a typed table; None for another field, and for what cannot be read."""
    try:
        return digests_of(declared, digests.parse(declared, raw)) if declared.columns else None
    except marshmallow.ValidationError:
        return None


def empty(names: Iterable[str]) -> ShownForm:
    """Return what the form of a new case has shown, in its first visit of a state."""
    return ShownForm(1, dict.fromkeys(names, digests.of_stored(None)))
