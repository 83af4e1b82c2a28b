"""The differences between two versions of a definition, as values: place, key, and both sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from workflows.definition import Deadline, Definition, Text

#: Attribute of the dataclasses → how a definition file spells it, where the two differ.
_SPELLED = {
    "column": "as",
    "final": "final",
    "is_public": "public",
    "owner": "with",
    "paused": "clock",
    "sources": "from",
    "target": "to",
}
#: Attributes that follow from the rest, or say where something stands in the file.
_LEFT_OUT = frozenset(
    {"key", "digest", "lines", "line", "states", "transitions", "fields", "parts", "facts", "groups", "clocks"}
)
_LEFT_OUT_OF_FILE = _LEFT_OUT | {"phases", "roles", "version"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    `place` is `workflow`, `field`, `state`, `transition`, `part`, `clock`, `group`, `phase`, `fact` or `role`.
    `word` is `added`, `removed`, or the key of the file whose value has changed (`deadline.within`); `label` is the
    name that people know the thing by.
    """

    place: str
    key: str
    label: Text
    word: str
    before: Any = None
    after: Any = None


def compare(before: Definition, after: Definition) -> list[Difference]:
    """Return every difference, in the order of the file. Two definitions with one digest have none."""
    if before.digest == after.digest:
        return []
    found = list(
        _changed(
            "workflow", after.key, after.title, _values(before, _LEFT_OUT_OF_FILE), _values(after, _LEFT_OUT_OF_FILE)
        )
    )
    found += _phases(before, after)
    for place, old, new in (
        ("field", before.fields, after.fields),
        ("state", before.states, after.states),
        ("transition", before.transitions, after.transitions),
        ("part", before.parts, after.parts),
        ("clock", before.clocks, after.clocks),
        ("group", {each.key: each for each in before.groups}, {each.key: each for each in after.groups}),
        ("fact", before.facts, after.facts),
        ("role", before.roles, after.roles),
    ):
        found += _things(place, old, new)
    return found


def _phases(before: Definition, after: Definition) -> Iterator[Difference]:
    old, new = before.phases, after.phases
    yield from (Difference("phase", key, old[key], "removed") for key in old if key not in new)
    for key, label in new.items():
        if key not in old:
            yield Difference("phase", key, label, "added")
        elif old[key] != label:
            yield Difference("phase", key, label, "label", old[key], label)


def _things(place: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    yield from (Difference(place, key, each.label, "removed") for key, each in old.items() if key not in new)
    for key, each in new.items():
        if key not in old:
            yield Difference(place, key, each.label, "added")
        else:
            left_out = _LEFT_OUT - {"fields"} if place == "group" else _LEFT_OUT
            yield from _changed(place, key, each.label, _values(old[key], left_out), _values(each, left_out))


def _changed(place: str, key: str, label: Text, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for word in {**old, **new}:
        if old.get(word) != new.get(word):
            yield Difference(place, key, label, word, old.get(word), new.get(word))


def _values(thing: Any, left_out: frozenset[str]) -> dict[str, Any]:
    """Return the keys of a thing as the file spells them, those of a deadline one by one, with their values."""
    found: dict[str, Any] = {}
    for each in fields(thing):
        value = getattr(thing, each.name)
        if each.name in left_out:
            continue
        if isinstance(value, Deadline):
            found |= {f"deadline.{name}": one for name, one in _values(value, frozenset()).items()}
        elif each.name != "deadline":
            found[_SPELLED.get(each.name, each.name)] = value
    return found
