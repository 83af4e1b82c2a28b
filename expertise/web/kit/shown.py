"""The values that a form had shown travel with it, so that only what a person changed is written.

`_shown` holds the visit of the state and a digest for each field. A form that was refused shows what its person typed
in the fields that they changed, and what the case holds now in all others; a field that somebody else changed
meanwhile, too, says so beside it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from expertise.cases.desk import ShownForm
from expertise.web.kit.forms import stored_as_typed
from workflows.definition import Definition
from workflows.fields import digests

#: The hidden control; its content is `VISIT name:digest name:digest …`.
SHOWN = "_shown"
_VISIT = re.compile(r"\d{1,9}", re.ASCII)
_FIELD = re.compile(rf"([a-z][a-z0-9_]{{0,59}}):([0-9a-f]{{{digests.LENGTH}}})", re.ASCII)


def write(definition: Definition, names: Iterable[str], stored: Mapping[str, Any], visit: int) -> str:
    """Return the content of the control for a form that shows these fields of a case."""
    fields = (name for name in names if name in definition.fields)
    return " ".join([str(visit), *(f"{name}:{digests.of_stored(stored.get(name))}" for name in fields)])


def read(form: MultiDict[str, str]) -> ShownForm | None:
    """Return what the form had shown; None for a form without the control, or with one that Komek never wrote."""
    visit, *fields = form.get(SHOWN, "").split(" ")
    found = [_FIELD.fullmatch(field) for field in fields]
    if not _VISIT.fullmatch(visit):
        return None
    return ShownForm(int(visit), {match[1]: match[2] for match in found if match is not None})


def again(
    definition: Definition,
    names: Iterable[str],
    stored: Mapping[str, Any],
    raw: Mapping[str, Any],
    shown: ShownForm | None,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the values of a form that was refused, and the fields that were changed here and there.

    Without `shown` all that was typed counts as changed.
    """
    now = stored_as_typed(definition, names, stored)
    mine = dict(raw) if shown is None else shown.touched(definition, raw)
    both = tuple(
        name
        for name, value in mine.items()
        if name in now
        and shown is not None
        and shown.has_moved(name, stored.get(name))
        and digests.of_typed(definition.fields[name], value) != digests.of_stored(stored.get(name))
    )
    return {**now, **mine}, both


def after(definition: Definition, raw: Mapping[str, Any], was: ShownForm, left: Container[str]) -> str:
    """Return the content of the control for a form whose values `raw` were stored, but for the fields in `left`.

    Its fields show what was typed. Those that were left out, and those that did not come, are as they were shown.
    """
    stored = {
        name: digests.of_typed(definition.fields[name], value)
        for name, value in raw.items()
        if name in definition.fields and name not in left
    }
    return " ".join([str(was.visit), *(f"{name}:{digest}" for name, digest in {**was.digests, **stored}.items())])


def empty(names: Iterable[str]) -> ShownForm:
    """Return what the form of a new case has shown, in its first visit of a state."""
    return ShownForm(1, dict.fromkeys(names, digests.of_stored(None)))
