"""The keys of a definition file, from the shapes that read it: the reference for people, the JSON Schema for editors.

Type and obligation of a key come from its shape, and so cannot be out of date; meaning, example and version stand in
`keys.yaml`, one section for each shape. tests/laws/test_processes.py refuses a key that has none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import marshmallow

from workflows.definition import LANGUAGES
from workflows.fields.types import TYPES
from workflows.loading.reader import FILE
from workflows.loading.schema import LONGEST_TEXT, ListValue, MapValue, ObjectValue, Shape, Value, name_of
from workflows.loading.yaml_tree import parse

BAR = r"\|"  # as Markdown writes it inside a table
KEYS = Path(__file__).parent / "keys.yaml"


@dataclass(frozen=True, slots=True)
class DescribedKey:
    """A key of a shape: its type from the code; its meaning, an example in YAML and its first version from `keys.yaml`.

    `section` is the shape in whose section it is described, which may be one that this shape extends. A text that is
    missing is empty.
    """

    name: str
    kind: str
    required: bool
    means: str
    example: str
    since: str
    section: str


@dataclass(frozen=True, slots=True)
class KeySection:
    """One shape of a definition file with the keys that are its own."""

    name: str
    about: str
    keys: tuple[DescribedKey, ...]


@lru_cache(maxsize=1)
def texts() -> Mapping[str, Any]:
    """Return `keys.yaml` as a tree: section → `about`, and `keys`: name → `means`, `example`, `since`."""
    return cast("Mapping[str, Any]", parse(KEYS.read_text(encoding="utf-8"), KEYS.name).tree)


def shapes() -> tuple[Shape, ...]:
    """Return every shape of a file, each once: the file itself first, then in the order in which keys lead to them."""
    found: dict[str, Shape] = {}
    _collect(FILE, found)
    return tuple(found.values())


def _collect(shape: Shape, found: dict[str, Shape]) -> None:
    name = name_of(shape)
    if name in found:
        return
    found[name] = shape
    for value in shape.load_fields.values():
        inner = _inner(value)
        if inner is not None:
            _collect(inner, found)


def _inner(value: marshmallow.fields.Field[Any]) -> Shape | None:
    """Return the shape inside a value, through lists and maps; None for a plain value."""
    while isinstance(value, ListValue | MapValue):
        value = value.inner
    return cast("Shape", value.shape) if isinstance(value, ObjectValue) else None


def keys_of(shape: Shape) -> dict[str, Value]:
    """Return the keys of a shape as they stand in the file, with their values."""
    return {value.data_key or name: cast("Value", value) for name, value in shape.load_fields.items()}


def described(shape: Shape) -> tuple[DescribedKey, ...]:
    """Return every key of a shape, with the texts of the nearest shape that describes it."""
    lineage = [name_of(cast("Any", each)) for each in _lineage(shape)]
    return tuple(_described(name, value, lineage) for name, value in keys_of(shape).items())


def _lineage(shape: Shape) -> Iterator[Shape]:
    yield from (each() for each in type(shape).__mro__ if issubclass(each, Shape) and each is not Shape)


def _described(name: str, value: Value, lineage: list[str]) -> DescribedKey:
    section = next((each for each in lineage if name in _keys(each)), lineage[0])
    said = _keys(section).get(name, {})
    means, example, since = (str(said.get(word, "")).strip() for word in ("means", "example", "since"))
    return DescribedKey(name, value.kind(), value.required, means, example, since, section)


def _keys(section: str) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", texts().get(section, {}).get("keys", {}))


def sections() -> tuple[KeySection, ...]:
    """Return the sections of the reference, each with the keys that are described in it."""
    found = []
    for shape in shapes():
        name = name_of(shape)
        own = tuple(key for key in described(shape) if key.section == name)
        found.append(KeySection(name, str(texts().get(name, {}).get("about", "")), own))
    return tuple(found)


def markdown() -> str:
    """Return the reference of all keys, as it stands in docs/processes.md."""
    lines = [f"Types of fields: {', '.join(f'`{key}`' for key in TYPES)}."]
    for section in sections():
        lines += ["", f"### {section.name}", "", section.about]
        inherited = _extended(section.name)
        if inherited:
            lines.append(f"It also has the keys of a [{inherited}](#{inherited}).")
        lines += ["", "| key | type | meaning | example | since |", "|---|---|---|---|---|"]
        lines += [_row(key) for key in section.keys]
    return "\n".join(lines) + "\n"


def _extended(name: str) -> str:
    """Return the name of the shape whose keys this one has as well; empty for none."""
    shape = next(each for each in shapes() if name_of(each) == name)
    return next((name_of(each) for each in _lineage(shape) if name_of(each) != name), "")


def _row(key: DescribedKey) -> str:
    kind = f"**{key.kind}**" if key.required else key.kind
    example = "<br>".join(f"`{line}`" for line in key.example.splitlines())
    cells = (f"`{key.name}`", kind, key.means, example, key.since)
    return f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a definition file, for editors that complete keys and mark faults."""
    text = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
    definitions: dict[str, Any] = {
        "texts": {
            "type": "object",
            "properties": dict.fromkeys(LANGUAGES, text),
            "required": list(LANGUAGES),
            "additionalProperties": False,
        }
    }
    definitions |= {name_of(shape): _object(shape) for shape in shapes()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A process of Komek",
        "$ref": f"#/$defs/{name_of(FILE)}",
        "$defs": definitions,
    }


def _object(shape: Shape) -> dict[str, Any]:
    keys, values = described(shape), keys_of(shape)
    found: dict[str, Any] = {
        "type": "object",
        "properties": {key.name: _property(key, values[key.name]) for key in keys},
        "required": [key.name for key in keys if key.required],
        "additionalProperties": False,
    }
    rules = shape.json_rules()
    return found | {"allOf": rules} if rules else found


def _property(key: DescribedKey, value: Value) -> dict[str, Any]:
    return value.json_schema() | {"description": f"{key.means}\n\n{key.example}"}
