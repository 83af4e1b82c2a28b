"""The types of fields, and the check of a whole form against them: unknown names refused, all errors at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import marshmallow

from workflows.definition import LANGUAGES, Definition, Field
from workflows.field import FieldType
from workflows.fields import choices, measures, moments, named, numbers, several, texts
from workflows.fields.choices import LOOKUPS, Lookups
from workflows.fields.tables import TableType, printable
from workflows.refusals import Problem

#: Name in a definition file → type.
TYPES: Mapping[str, FieldType] = {
    each.key: each
    for each in (
        texts.TextType(),
        texts.LongTextType(),
        numbers.NumberType(),
        numbers.MoneyType(),
        numbers.DateType(),
        choices.ChoiceType(),
        choices.RegionType(),
        choices.TopicType(),
        choices.LenderType(),
        choices.CaseType(),
        choices.ExpertType(),
        choices.FileType(),
        choices.YesNoType(),
        choices.ConfirmType(),
        texts.EmailType(),
        texts.PhoneType(),
        measures.DecimalType(),
        measures.PercentType(),
        measures.DurationType(),
        several.ChoicesType(),
        moments.MomentType(),
        named.PersonType(),
        named.OrganisationType(),
        named.PlaceType(),
        TableType(),
    )
}

#: Case column (`as` in the file) → the name of the type whose values it can hold.
COLUMNS: Mapping[str, str] = {column: each.key for each in TYPES.values() for column in sorted(each.case_columns)}

#: Any step may ask for it. It is kept in the trail, never in a field, so no definition declares it.
COMMENT = Field("comment", TYPES["long_text"], label=dict.fromkeys(LANGUAGES, "comment"))

#: Code → the parameters it carries. Problems inside a table also carry `row` (from 1) and `column`.
PROBLEMS: Mapping[str, tuple[str, ...]] = {
    "bad_date": (),
    "bad_email": (),
    "bad_moment": (),
    "bad_phone": (),
    "bad_place": (),
    "beyond_latest": (),
    "broken_character": (),
    "control_character": (),
    "date_too_early": ("earliest",),
    "date_too_late": ("latest",),
    "direction_character": (),
    "ended_case": (),
    "foreign_region": (),
    "half_a_moment": (),
    "impossible_date": (),
    "in_the_future": (),
    "in_the_past": (),
    "negative": (),
    "not_a_decimal": (),
    "not_a_number": (),
    "not_an_amount": (),
    "not_later": (),
    "not_positive": (),
    "not_whole": (),
    "not_yes_or_no": (),
    "one_line": (),
    "one_of_two": (),
    "other_currency": ("sign",),
    "other_unit": ("sign",),
    "own_case": (),
    "piled_marks": ("max",),
    "still_past": (),
    "too_few_choices": ("min",),
    "too_few_rows": ("min",),
    "too_large": ("max",),
    "too_long": ("max", "over"),
    "too_many_choices": ("max",),
    "too_many_decimals": ("max",),
    "too_many_rows": ("max",),
    "too_short": ("min",),
    "too_small": ("min",),
    "unknown_case": (),
    "unknown_choice": (),
    "unknown_column": (),
    "unknown_currency": (),
    "unknown_expert": (),
    "unknown_field": (),
    "unknown_file": (),
    "unknown_lender": (),
    "unknown_organisation": (),
    "unknown_person": (),
    "unknown_place": (),
    "unknown_region": (),
    "unknown_time_unit": (),
    "unknown_topic": (),
    "wrong_type": ("expected",),
    "year_out_of_range": ("min", "max"),
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """The stored values of a form or a JSON body. A name that did not come is absent, a cleared one is None.

    `errors` follow the order of the definition, unknown names last; a wrong field has no value.
    """

    values: dict[str, Any]
    errors: tuple[tuple[str, tuple[Problem, ...]], ...] = ()


def load(definition: Definition, names: Collection[str], raw: Mapping[str, Any], lookups: Lookups) -> Loaded:
    """Check `raw` against the fields `names` (`comment` is understood). Raises KeyError for a name nobody declared."""
    if not names and not raw:
        return Loaded({})
    token = LOOKUPS.set(lookups)
    try:
        return Loaded(schema_for(definition, names).load(raw))
    except marshmallow.ValidationError as error:
        return Loaded(cast("dict[str, Any]", error.valid_data), _in_order(definition, error))
    finally:
        LOOKUPS.reset(token)


def schema_for(definition: Definition, names: Iterable[str]) -> marshmallow.Schema:
    """The schema of these fields, built once per digest and set of names and shared by all threads.

    Load with `load`: fields that look values up need its lookups.
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
    """One declared field, parsed by its type."""

    def __init__(self, declared: Field) -> None:
        super().__init__(allow_none=True)
        self.declared = declared

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> Any:
        return self.declared.type.parse(self.declared, value)


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
    return tuple((printable(name), tuple(found[name])) for name in names)
