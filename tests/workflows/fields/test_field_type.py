"""What the types of fields say of themselves agrees with what they do."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest

from tests.workflows.typed import ACCEPTED, DEFINITION
from workflows import COLUMNS, TYPES, load
from workflows.field import FieldType, Widget


class Known:
    def knows(self, _type, _value):
        return True


class Words:
    """Says each value so that a test can tell which way it went."""

    def text(self, text):
        return text["en"]

    def yes_or_no(self, answer):
        return "yes" if answer else "no"

    def day(self, day):
        return f"day {day}"

    def number(self, number):
        return f"number {number}"

    def money(self, money):
        return f"{money['amount']} {money['currency']}"

    def duration(self, amount, unit):
        return f"{amount} {unit}"

    def moment(self, moment):
        return f"moment {moment}"

    def name_of(self, type_key, key):
        return f"{type_key} {key}"


def fits(schema, value):
    """A small reader of the words of JSON Schema that the types use; an unknown word fails."""
    return all(_WORDS[word](argument, value, schema) for word, argument in schema.items())


_KINDS = {"string": str, "integer": int, "object": dict, "array": list, "boolean": bool, "null": type(None)}
_FORMATS = {
    "date": date.fromisoformat,
    "date-time": lambda value: datetime.fromisoformat(value).tzinfo,
    "idn-email": lambda value: "@" in value,
}
_WORDS = {
    "type": lambda kind, value, _s: type(value) is _KINDS[kind],
    "maxLength": lambda most, value, _s: len(value) <= most,
    "minLength": lambda least, value, _s: len(value) >= least,
    "minimum": lambda least, value, _s: value >= least,
    "maximum": lambda most, value, _s: value <= most,
    "pattern": lambda pattern, value, _s: re.search(pattern, value) is not None,
    "format": lambda name, value, _s: bool(_FORMATS[name](value)),
    "enum": lambda values, value, _s: value in values,
    "const": lambda constant, value, _s: value is constant,
    "anyOf": lambda schemas, value, _s: any(fits(schema, value) for schema in schemas),
    "required": lambda names, value, _s: set(names) <= set(value),
    "properties": lambda inner, value, _s: all(fits(inner[name], value[name]) for name in value if name in inner),
    "additionalProperties": lambda _no, value, schema: set(value) <= set(schema["properties"]),
    "items": lambda schema, value, _s: all(fits(schema, each) for each in value),
    "minItems": lambda least, value, _s: len(value) >= least,
    "maxItems": lambda most, value, _s: len(value) <= most,
}
STORED = [(DEFINITION.fields[name], stored) for name, _, stored in ACCEPTED if name != "comment"]
GIVEN = [(declared, stored) for declared, stored in STORED if stored is not None]


def ids(value):
    return getattr(value, "key", ascii(value)[:40])


@pytest.mark.parametrize(("declared", "stored"), GIVEN, ids=ids)
def test_what_is_stored_fits_the_json_schema(declared, stored):
    assert fits(declared.type.json_schema(declared), stored)


@pytest.mark.parametrize("declared", DEFINITION.fields.values(), ids=ids)
def test_what_is_never_stored_does_not_fit_the_json_schema(declared):
    schema = declared.type.json_schema(declared)
    assert not any(fits(schema, wrong) for wrong in (None, 1.5, [], {}, b"", "" if declared.type.has_options else None))


@pytest.mark.parametrize(("declared", "stored"), STORED, ids=ids)
def test_a_stored_value_typed_again_is_the_same(declared, stored):
    typed = declared.type.typed(declared, stored)
    shown = declared.type.shown(declared, typed)
    for raw in (typed, shown):
        assert load(DEFINITION, [declared.key], {declared.key: raw}, Known()).values == {declared.key: stored}


@pytest.mark.parametrize(("declared", "stored"), GIVEN, ids=ids)
def test_a_stored_value_is_written(declared, stored):
    assert declared.type.write(declared, stored, Words())


#: Controls of several pieces, each under a name of its own.
MAPPINGS = (Widget.MONEY, Widget.DURATION, Widget.MOMENT, Widget.PLACE, Widget.CHOICES)


@pytest.mark.parametrize("kind", TYPES.values(), ids=str)
@pytest.mark.parametrize("raw", [None, "", 7, ["x"], {"x": "y"}, [{"x": 1}, None], True])
def test_whatever_was_sent_can_be_shown(kind, raw):
    declared = next(each for each in DEFINITION.fields.values() if each.type is kind)
    shown = kind.shown(declared, raw)
    assert type(shown) is {**dict.fromkeys(MAPPINGS, dict), Widget.TABLE: list}.get(kind.widget, str)


MEASURED = {"decimal", "percent", "duration"}


def test_the_types_say_what_they_are():
    of = {name: {kind.key for kind in TYPES.values() if getattr(kind, name)} for name in vars(FieldType)}
    assert of["has_options"] == {"choice", "choices"}
    assert of["has_columns"] == {"table"}
    assert set(TYPES) - of["fits_column"] == {"table", "file", "case"}
    assert of["is_file"] == {"file"}
    assert of["is_date"] == {"date"}
    assert of["is_prose"] == {"text", "long_text"}
    assert of["is_searched"] == {"text", "long_text", "place"}
    assert of["names_person"] == {"person"} and of["names_organisation"] == {"organisation"}
    assert of["is_moment"] == {"datetime"}
    assert of["is_looked_up"] == {"region", "topic", "lender", "case", "expert", "file", "person", "organisation"}
    assert of["names_case"] == {"case"}
    assert of["is_amount"] == {"number", "money", "decimal", "percent", "duration"}
    assert of["has_bounds"] == {"text", "long_text", "email", "phone", "number", "money", "table"} | MEASURED | {
        "choices"
    }
    assert of["max_length"] == {"text", "long_text", "email", "phone"}
    assert set(TYPES) - of["is_correctable"] == {"file", "expert", "confirm"}
    assert {kind.key: kind.party for kind in TYPES.values() if kind.party} == {"expert": "expert", "lender": "lender"}
    assert {kind.widget for kind in TYPES.values()} == set(Widget)
    assert COLUMNS == {
        "title": "text",
        "region": "region",
        "topic": "topic",
        "amount": "money",
        "external_reference": "text",
        "expert": "expert",
    }
