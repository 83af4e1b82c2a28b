"""The shapes of values in a definition file, as marshmallow fields. Errors are `Flaw`s, never sentences alone."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import marshmallow

from workflows.definition import LANGUAGES, Text
from workflows.fields.text import clean
from workflows.refusals import Problem

LONGEST_TEXT = 500
LARGEST_NUMBER = 10**13

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_DOTTED = re.compile(r"[a-z][a-z0-9_]{0,59}(\.[a-z][a-z0-9_]{0,59}){0,2}")


@dataclass(frozen=True, slots=True)
class Flaw:
    """A fault without its place."""

    code: str
    message: str
    remedy: str


def flaw(code: str, message: str, remedy: str) -> NoReturn:
    """Raise one flaw of the value in hand."""
    raise marshmallow.ValidationError([Flaw(code, message, remedy)])


class Shape(marshmallow.Schema):
    """A mapping with known keys. An unknown key is a flaw that names the known ones."""

    class Meta:
        """A misspelt key must not be swallowed."""

        unknown = marshmallow.RAISE

    error_messages = {
        "unknown": cast("str", Flaw("unknown_key", "this key is not understood", "Remove it")),
        "type": cast("str", Flaw("wrong_shape", "keys and values must stand here", "Write 'key: value' lines")),
    }

    def handle_error(self, error: marshmallow.ValidationError, *_data: Any, **_options: Any) -> None:
        """Replace the flaw of each unknown key by one that names the nearest known key."""
        known = [answer.data_key or name for name, answer in self.load_fields.items()]
        for key in set(error.messages_dict) - set(known) - {"_schema"}:
            turned = [each for each in known if sorted(each) == sorted(str(key))]  # letters in another order
            near = turned or difflib.get_close_matches(str(key), known, 1)
            remedy = f"Did you mean '{near[0]}'?" if near else f"Known here are {', '.join(known)}"
            error.messages_dict[key] = [Flaw("unknown_key", "this key is not understood", remedy)]

    def json_rules(self) -> list[dict[str, Any]]:
        """Return what the JSON Schema of the shape demands beyond its keys; most shapes demand nothing more."""
        return []


class Value(marshmallow.fields.Field[Any]):
    """The base: a missing or an empty value is a flaw too."""

    default_error_messages = {
        "required": cast("str", Flaw("missing_key", "this key is missing", "Add it")),
        "null": cast("str", Flaw("missing_value", "nothing stands here", "Write a value or remove the key")),
    }

    def kind(self) -> str:
        """Return the type of the value, as the reference says it."""
        raise NotImplementedError

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema (2020-12) of what may stand here. A shape is a reference to its place in `$defs`."""
        raise NotImplementedError


class NameValue(Value):
    """A name: small letters, digits and underscores."""

    def kind(self) -> str:
        """Return the type of the value, as the reference says it."""
        return "name"

    def json_schema(self) -> dict[str, Any]:
        """Return the pattern of a name."""
        return {"type": "string", "pattern": anchored(_NAME)}

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> str:
        return _name(value, _NAME)


class NamesValue(Value):
    """One name or a list of different names; `dotted` allows facts (`parts.offer.some`)."""

    def kind(self) -> str:
        """Return the type of the value, as the reference says it."""
        return "name or list of names"

    def json_schema(self) -> dict[str, Any]:
        """Return a name, or a list of them in which none stands twice."""
        name = {"type": "string", "pattern": anchored(self.pattern)}
        return {"anyOf": [name, {"type": "array", "items": name, "uniqueItems": True, "minItems": int(self.required)}]}

    def __init__(self, *, dotted: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.pattern = _DOTTED if dotted else _NAME

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> tuple[str, ...]:
        names = tuple(_name(one, self.pattern) for one in (value if isinstance(value, list) else [value]))
        refuse_repetition(names)
        if self.required and not names:
            flaw("missing_value", "the list is empty", "Name at least one")
        return names


class TextsValue(Value):
    """A text in every language of `LANGUAGES`."""

    def kind(self) -> str:
        """Return the type of the value, as the reference says it."""
        return "text in kk, ru and en"

    def json_schema(self) -> dict[str, Any]:
        """Return an object with a text for each language."""
        return {"$ref": "#/$defs/texts"}

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> Text:
        if not isinstance(value, dict):
            flaw("missing_translation", "a text stands here in every language", "Write {kk: …, ru: …, en: …}")
        flaws: dict[str, list[Flaw]] = {}
        for language in LANGUAGES:
            if problem := _wrong_words(value.get(language)):
                flaws[language] = [problem]
        for language in value.keys() - set(LANGUAGES):
            flaws[language] = [Flaw("unknown_key", "this language is not understood", "Known here are kk, ru, en")]
        if flaws:
            raise marshmallow.ValidationError(flaws)
        return {language: value[language].strip() for language in LANGUAGES}


class IntegerValue(Value):
    """A whole number within bounds, both included."""

    def kind(self) -> str:
        """Return the type of the value, as the reference says it."""
        return f"whole number from {self.smallest:,} to {self.largest:,}"

    def json_schema(self) -> dict[str, Any]:
        """Return an integer with its bounds."""
        return {"type": "integer", "minimum": self.smallest, "maximum": self.largest}

    def __init__(self, smallest: int, largest: int, **options: Any) -> None:
        super().__init__(**options)
        self.smallest, self.largest = smallest, largest

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not self.smallest <= value <= self.largest:
            remedy = f"Write a number from {self.smallest} to {self.largest}"
            flaw("not_a_number", "a whole number must stand here", remedy)
        return value


class OneOfValue(Value):
    """One of some words, each standing for a value. A boolean stands for itself."""

    def kind(self) -> str:
        """Return the type of the value, as the reference says it."""
        return ", ".join(f"`{_spelled(word)}`" for word in self.words)

    def json_schema(self) -> dict[str, Any]:
        """Return the words."""
        return {"enum": list(self.words)}

    def __init__(self, words: Mapping[Any, Any], code: str = "unknown_word", **options: Any) -> None:
        super().__init__(**options)
        self.words, self.code = words, code

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> Any:
        # `True in {1: …}` holds in Python, so the type is compared as well.
        if not isinstance(value, str | bool) or value not in self.words:
            known = ", ".join(map(_spelled, self.words))
            flaw(self.code, f"'{value}' is not understood here", f"Write one of: {known}")
        return self.words[value]


class PatternValue(Value):
    """A text of a fixed form; the remedy of its flaw shows an example."""

    def kind(self) -> str:
        """Return the type of the value, as the reference says it."""
        return "text of a fixed form"

    def json_schema(self) -> dict[str, Any]:
        """Return the pattern."""
        return {"type": "string", "pattern": anchored(self.pattern)}

    def __init__(self, pattern: str, example: str, **options: Any) -> None:
        super().__init__(**options)
        self.pattern, self.example = re.compile(pattern, re.ASCII), example

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> str:
        if not isinstance(value, str) or not self.pattern.fullmatch(value):
            flaw("wrong_form", "this is not written as expected", f"Write it like '{self.example}'")
        return value


class ObjectValue(Value):
    """A mapping, built into a dataclass."""

    def __init__(self, shape: marshmallow.Schema, build: Callable[..., Any], **options: Any) -> None:
        super().__init__(**options)
        self.shape, self.build = shape, build

    def kind(self) -> str:
        """Return the type of the value, as the reference says it."""
        return f"[{name_of(self.shape)}](#{name_of(self.shape)})"

    def json_schema(self) -> dict[str, Any]:
        """Return a reference to the shape."""
        return {"$ref": f"#/$defs/{name_of(self.shape)}"}

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> Any:
        return self.build(**cast("dict[str, Any]", self.shape.load(value)))


class ListValue(Value):
    """A list of values of one shape, as a tuple; the flaw of an entry has its place."""

    def __init__(self, inner: Value, **options: Any) -> None:
        super().__init__(**options)
        self.inner = inner

    def kind(self) -> str:
        """Return the type of the value, as the reference says it."""
        return f"list of: {self.inner.kind()}"

    def json_schema(self) -> dict[str, Any]:
        """Return an array."""
        return {"type": "array", "items": self.inner.json_schema()}

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            flaw("wrong_shape", "a list must stand here", "Write [one, another]")
        return tuple(_each(enumerate(value), lambda _place, one: self.inner.deserialize(one)).values())


class MapValue(Value):
    """Name → value of one shape. `build`, when given, makes the value from its name and its keys."""

    def __init__(self, inner: Value, build: Callable[..., Any] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.inner, self.build = inner, build

    def kind(self) -> str:
        """Return the type of the value, as the reference says it."""
        return f"name → {self.inner.kind()}"

    def json_schema(self) -> dict[str, Any]:
        """Return an object with free names."""
        names = {"pattern": anchored(_NAME)}
        return {"type": "object", "propertyNames": names, "additionalProperties": self.inner.json_schema()}

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            flaw("wrong_shape", "keys and values must stand here", "Write 'key: value' lines")
        return _each(value.items(), self._one)

    def _one(self, name: str, value: Any) -> Any:
        _name(name, _NAME)
        made = self.inner.deserialize(value)
        return made if self.build is None else self.build(name, **made)


class OptionsValue(MapValue):
    """The options of a choice by key, or the name of a list of the process folder that `folders` puts in its place."""

    def kind(self) -> str:
        """Return the type of the value, as the reference says it."""
        return f"{super().kind()}, or the name of a list"

    def json_schema(self) -> dict[str, Any]:
        """Return an object, or a name."""
        return {"anyOf": [super().json_schema(), {"type": "string", "pattern": anchored(_NAME)}]}

    def _deserialize(self, value: Any, *position: Any, **options: Any) -> dict[str, Any]:
        if isinstance(value, str):
            remedy = f"Put lists/{value}.yaml beside the definition, or write the options here"
            flaw("unknown_list", f"there is no list '{value}'", remedy)
        return super()._deserialize(value, *position, **options)


def name_of(shape: marshmallow.Schema) -> str:
    """Return the name of a shape in the reference, in `keys.yaml` and in the JSON Schema: `_State` is `state`."""
    return type(shape).__name__.strip("_").removesuffix("Shape").lower()


def _spelled(word: object) -> str:
    return str(word).lower() if isinstance(word, bool) else str(word)


def plain_pattern(pattern: re.Pattern[str]) -> str:
    """The pattern as JSON Schema (ECMA 262) reads it, without anchors."""
    return pattern.pattern.replace(r"\d", "[0-9]")


def anchored(pattern: re.Pattern[str]) -> str:
    """Return the pattern of a whole value for JSON Schema."""
    return f"^({plain_pattern(pattern)})$"


def _each(pairs: Iterable[tuple[Any, Any]], load: Callable[[Any, Any], Any]) -> dict[Any, Any]:
    made, flaws = {}, {}
    for name, value in pairs:
        try:
            made[name] = load(name, value)
        except marshmallow.ValidationError as error:
            flaws[name] = error.messages
    if flaws:
        raise marshmallow.ValidationError(flaws)
    return made


def _name(value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        remedy = "Write small letters, digits and '_', beginning with a letter"
        flaw("not_a_name", f"'{value}' is not a name", remedy)
    return value


def refuse_repetition(names: tuple[str, ...]) -> None:
    """Raise a flaw when one of the names stands there twice."""
    again = sorted({name for name in names if names.count(name) > 1})
    if again:
        flaw("named_twice", f"'{again[0]}' stands here twice", "Keep one of the two")


def _wrong_words(value: object) -> Flaw | None:
    if value is None or value == "":
        return Flaw("missing_translation", "the text is missing in this language", "Write it")
    try:
        clean(value, LONGEST_TEXT, lines=True)
    except marshmallow.ValidationError as error:
        problem = cast("list[Problem]", error.messages)[0]
        return Flaw("bad_text", f"the text cannot be used ({problem.code})", "Write plain words, in quotes")
    return None
