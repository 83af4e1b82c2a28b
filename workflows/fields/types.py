"""Field types → marshmallow: one shared schema per set of names, unknown names refused, all errors at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

import marshmallow

from workflows.definition import LANGUAGES, Definition, Field
from workflows.fields.text import refuse
from workflows.fields.values import COLUMNS, PROBLEMS, SINGLE, VOCABULARY, Vocabulary, longest
from workflows.refusals import Problem

__all__ = ["COLUMNS", "COMMENT", "PROBLEMS", "TYPES", "Loaded", "Vocabulary", "load", "longest", "schema_for"]

ROWS = 50  # of a table, unless its `max` says less
NAME_SHOWN = 60  # characters of a name nobody declared

#: Any step may ask for it. It is kept in the trail, never in a field, so no definition declares it.
COMMENT = Field("comment", "long_text", label=dict.fromkeys(LANGUAGES, "comment"))


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came out of a form or a JSON body. A name that did not come is absent, a cleared one is None.

    `errors` follow the order of the definition, unknown names last; a wrong field has no value.
    """

    values: dict[str, Any]
    errors: tuple[tuple[str, tuple[Problem, ...]], ...] = ()


def load(definition: Definition, names: Iterable[str], raw: Mapping[str, Any], vocabulary: Vocabulary) -> Loaded:
    """Check `raw` against the fields `names` (`comment` is understood). Raises KeyError for a name nobody declared."""
    token = VOCABULARY.set(vocabulary)
    try:
        return Loaded(schema_for(definition, names).load(raw))
    except marshmallow.ValidationError as error:
        return Loaded(cast("dict[str, Any]", error.valid_data), _in_order(definition, error))
    finally:
        VOCABULARY.reset(token)


def schema_for(definition: Definition, names: Iterable[str]) -> marshmallow.Schema:
    """The schema of these fields, built once per digest and set of names and shared by all threads.

    Load with `load`: fields that look values up need its vocabulary.
    """
    return _schema(_Wanted(definition, frozenset(names)))


class _Wanted:
    """A cache key: equal when digest and names are, whatever object the definition is."""

    __slots__ = ("definition", "names")

    def __init__(self, definition: Definition, names: frozenset[str]) -> None:
        self.definition = definition
        self.names = names

    def __hash__(self) -> int:
        return hash((self.definition.digest, self.names))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Wanted)
            and other.definition.digest == self.definition.digest
            and other.names == self.names
        )


class _Answer(marshmallow.fields.Field[Any]):
    """One declared field; its type does the work."""

    def __init__(self, declared: Field) -> None:
        super().__init__(allow_none=True)
        self.declared = declared

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> Any:
        return TYPES[self.declared.type](self.declared, value)


class _Strict(marshmallow.Schema):
    class Meta:
        unknown = marshmallow.RAISE

    error_messages = {
        "unknown": cast("str", Problem("unknown_field")),
        "type": cast("str", Problem("wrong_type", (("expected", "form"),))),
    }


@lru_cache(maxsize=1024)
def _schema(wanted: _Wanted) -> marshmallow.Schema:
    declared = {COMMENT.key: COMMENT, **wanted.definition.fields}
    answers = {name: _Answer(declared[name]) for name in sorted(wanted.names)}
    return _Strict.from_dict(cast("dict[str, marshmallow.fields.Field[Any]]", answers), name="Answers")()


def _in_order(
    definition: Definition, error: marshmallow.ValidationError
) -> tuple[tuple[str, tuple[Problem, ...]], ...]:
    place = {name: number for number, name in enumerate(definition.fields)}
    found = cast("dict[str, list[Problem]]", error.messages)
    names = sorted(found, key=lambda name: (place.get(name, len(place)), str(name)))
    return tuple((_printable(name), tuple(found[name])) for name in names)


def _printable(name: object) -> str:
    """A name somebody invented, fit for a page: it may be a control character or half a surrogate pair."""
    text = str(name)
    return (text if text.isprintable() else ascii(text))[:NAME_SHOWN]


def _table(declared: Field, value: object) -> list[dict[str, Any]] | None:
    if isinstance(value, str) and not value.strip():
        return None
    if not isinstance(value, list):
        refuse("wrong_type", expected="table")
    most = min(declared.max or ROWS, ROWS)
    sent = [(place, row) for place, row in enumerate(value, 1) if not _blank(row)]
    if len(sent) > most:
        refuse("too_many_rows", max=most)
    problems: list[Problem] = []
    rows = [_row(declared.columns or {}, row, place, problems) for place, row in sent]
    if problems:
        raise marshmallow.ValidationError(problems)
    return rows or None


def _blank(row: object) -> bool:
    """A line of the form that nobody touched; a currency or an unticked answer alone fills no line."""
    if not isinstance(row, Mapping):
        return row is None or row == ""
    cells = (cell.get("amount", "?") if isinstance(cell, Mapping) else cell for cell in row.values())
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)


def _row(columns: Mapping[str, Field], row: object, place: int, problems: list[Problem]) -> dict[str, Any]:
    """One line with every column in it; what is wrong is added to `problems` with its row and column."""
    if not isinstance(row, Mapping):
        problems.append(Problem("wrong_type", (("expected", "row"), ("row", place))))
        return {}
    problems += (
        Problem("unknown_column", (("row", place), ("column", _printable(name)))) for name in row if name not in columns
    )
    kept: dict[str, Any] = {}
    for name, column in columns.items():
        try:
            raw = row.get(name)
            kept[name] = None if raw is None else TYPES[column.type](column, raw)
        except marshmallow.ValidationError as error:
            for problem in cast("list[Problem]", error.messages):
                here = (("row", place), ("column", name))
                problems.append(replace(problem, parameters=problem.parameters + here))
    return kept


#: Type → what turns a raw value into the stored one.
TYPES: Mapping[str, Callable[[Field, Any], Any]] = {**SINGLE, "table": _table}
