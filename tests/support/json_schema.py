"""A validator of JSON Schema (2020-12) for the words that Komek writes; any other word is an error of the test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_TYPES: dict[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "null": type(None),
    "number": (int, float),
    "object": dict,
    "string": str,
}
_IGNORED = {"$schema", "$defs", "title", "description", "then", "else"}


def faults(schema: dict[str, Any], value: object, root: dict[str, Any] | None = None, at: str = "$") -> Iterator[str]:
    """Yield what the schema refuses in the value, each with its place."""
    root = schema if root is None else root
    for word, argument in schema.items():
        if word in _IGNORED:
            continue
        check = _WORDS[word]
        yield from check(argument, value, root, at, schema)


def _valid(schema: dict[str, Any], value: object, root: dict[str, Any]) -> bool:
    return not any(faults(schema, value, root))


def _is(kind: str, value: object) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _ref(argument, value, root, at, _schema):
    yield from faults(root["$defs"][argument.removeprefix("#/$defs/")], value, root, at)


def _type(argument, value, _root, at, _schema):
    kinds = argument if isinstance(argument, list) else [argument]
    if not any(_is(kind, value) for kind in kinds):
        yield f"{at}: not of type {argument}"


def _enum(argument, value, _root, at, _schema):
    if not any(type(each) is type(value) and each == value for each in argument):
        yield f"{at}: none of {argument}"


def _const(argument, value, root, at, schema):
    yield from _enum([argument], value, root, at, schema)


def _pattern(argument, value, _root, at, _schema):
    if isinstance(value, str) and not re.search(argument, value):
        yield f"{at}: does not match {argument}"


def _bound(refuses, kinds):
    def check(argument, value, _root, at, _schema):
        if isinstance(value, kinds) and not isinstance(value, bool) and refuses(value, argument):
            yield f"{at}: out of bounds ({argument})"

    return check


def _properties(argument, value, root, at, _schema):
    if isinstance(value, dict):
        for name in argument.keys() & value.keys():
            yield from faults(argument[name], value[name], root, f"{at}.{name}")


def _required(argument, value, _root, at, _schema):
    if isinstance(value, dict):
        yield from (f"{at}: {name} is missing" for name in argument if name not in value)


def _more(argument, value, root, at, schema):
    for name in value.keys() - schema.get("properties", {}).keys() if isinstance(value, dict) else ():
        if argument is False:
            yield f"{at}: {name} is unknown"
        else:
            yield from faults(argument, value[name], root, f"{at}.{name}")


def _names(argument, value, root, at, _schema):
    for name in value if isinstance(value, dict) else ():
        yield from faults(argument, name, root, f"{at}.{name} (its name)")


def _items(argument, value, root, at, _schema):
    for place, each in enumerate(value if isinstance(value, list) else ()):
        yield from faults(argument, each, root, f"{at}[{place}]")


def _unique(argument, value, _root, at, _schema):
    if argument and isinstance(value, list) and any(value.count(each) > 1 for each in value):
        yield f"{at}: something stands there twice"


def _all_of(argument, value, root, at, _schema):
    for each in argument:
        yield from faults(each, value, root, at)


def _some_of(fits):
    def check(argument, value, root, at, _schema):
        if not fits(sum(_valid(each, value, root) for each in argument)):
            yield f"{at}: fits none, or too many, of {len(argument)}"

    return check


def _if(argument, value, root, at, schema):
    yield from faults(schema.get("then" if _valid(argument, value, root) else "else", {}), value, root, at)


def _not(argument, value, root, at, _schema):
    if _valid(argument, value, root):
        yield f"{at}: must not fit"


_WORDS = {
    "$ref": _ref,
    "additionalProperties": _more,
    "allOf": _all_of,
    "anyOf": _some_of(lambda number: number >= 1),
    "const": _const,
    "enum": _enum,
    "if": _if,
    "items": _items,
    "maxItems": _bound(lambda value, most: len(value) > most, list),
    "maxLength": _bound(lambda value, most: len(value) > most, str),
    "maximum": _bound(lambda value, most: value > most, (int, float)),
    "minItems": _bound(lambda value, least: len(value) < least, list),
    "minLength": _bound(lambda value, least: len(value) < least, str),
    "minProperties": _bound(lambda value, least: len(value) < least, dict),
    "minimum": _bound(lambda value, least: value < least, (int, float)),
    "not": _not,
    "oneOf": _some_of(lambda number: number == 1),
    "pattern": _pattern,
    "properties": _properties,
    "propertyNames": _names,
    "required": _required,
    "type": _type,
    "uniqueItems": _unique,
}
