"""Fields in which several things are chosen: options of the definition, or entries of a list outside it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from workflows.field import Field, FieldType, Widget, Words
from workflows.fields.choices import LONGEST, LOOKUPS
from workflows.fields.text import clean, refuse

#: Word of `list` in a definition → the field type whose values the list holds.
LISTS: Mapping[str, str] = MappingProxyType({"regions": "region", "topics": "topic", "lenders": "lender"})
MOST = 100  # choices of one field
_TICKED = frozenset({"yes", "on", "true"})


class ChoicesType(FieldType):
    """Any number of choices, stored as a list of keys, each once, in the order of the definition or of their keys."""

    key = "choices"
    widget = Widget.CHOICES
    has_options = True
    arguments = frozenset({"list"})
    ceiling = MOST
    has_bounds = True

    def lookup(self, declared: Field, /) -> str:
        """Return the name of the list; `choices` for options of the definition."""
        return declared.listed or self.key

    def looks_up(self, declared: Field, /) -> bool:
        """Return whether the choices come from a list outside the definition."""
        return declared.listed is not None

    def parse(self, declared: Field, raw: object, /) -> list[str] | None:
        """Return the keys. A form sends each as a ticked box, a program as a list, a letter by commas or lines."""
        keys = self._keys(declared, raw)
        if len(keys) > MOST:
            refuse("too_many_choices", max=declared.most)
        for key in keys:
            self._check(declared, key)
        if not keys:
            return None
        if declared.min is not None and len(keys) < declared.min:
            refuse("too_few_choices", min=declared.min)
        if len(keys) > declared.most:
            refuse("too_many_choices", max=declared.most)
        place = {key: number for number, key in enumerate(declared.options or ())}
        return sorted(keys, key=lambda key: (place.get(key, 0), key))

    def _keys(self, declared: Field, raw: object) -> list[str]:
        if raw is None:
            return []
        if isinstance(raw, Mapping):
            ticked = [key for key, value in raw.items() if isinstance(value, str) and value.strip() in _TICKED]
            if not all(isinstance(value, str) for value in raw.values()):
                refuse("wrong_type", expected="choices")
            found: list[object] = list(ticked)
        elif isinstance(raw, str):
            text = clean(raw, LONGEST * MOST, lines=True)
            found = list((text or "").replace("\n", ",").replace(";", ",").split(","))
        elif isinstance(raw, list | tuple):
            found = list(raw)
        else:
            refuse("wrong_type", expected="choices")
        keys = (self._key(declared, each) for each in found)
        return list(dict.fromkeys(key for key in keys if key is not None))

    def _key(self, declared: Field, given: object) -> str | None:
        """Return the key; of an option also by its label in any language."""
        text = clean(given, LONGEST)
        options = declared.options or {}
        if text is None or text in options:
            return text
        said = " ".join(text.casefold().split()).rstrip(".")
        labels = ((key, label) for key, texts in options.items() for label in texts.values())
        return next((key for key, label in labels if " ".join(label.casefold().split()).rstrip(".") == said), text)

    def _check(self, declared: Field, key: str) -> None:
        if self.looks_up(declared):
            if not LOOKUPS.get().knows(self.lookup(declared), key):
                refuse(f"unknown_{LISTS[self.lookup(declared)]}")
        elif key not in (declared.options or {}):
            refuse("unknown_choice")

    def json_schema(self, declared: Field, /) -> dict[str, Any]:
        """Return an array of different keys."""
        item: dict[str, Any] = {"type": "string", "maxLength": LONGEST}
        if not self.looks_up(declared):
            item = {"enum": list(declared.options or ())}
        return {"type": "array", "items": item, "minItems": max(declared.min or 1, 1), "maxItems": declared.most}

    def typed(self, _declared: Field, stored: Any, /) -> dict[str, str]:
        """Return each key with a tick; empty for None."""
        return dict.fromkeys(stored or (), "yes")

    def shown(self, _declared: Field, raw: Any, /) -> dict[str, str]:
        """Return the keys that are ticked."""
        if isinstance(raw, Mapping):
            return {str(key): "yes" for key, value in raw.items() if value in _TICKED}
        if isinstance(raw, str):
            return {each.strip(): "yes" for each in raw.split(",") if each.strip()}
        return {each: "yes" for each in raw if isinstance(each, str)} if isinstance(raw, list | tuple) else {}

    def write(self, declared: Field, stored: Any, words: Words, /) -> str:
        """Return the names of what was chosen, in one line."""
        options, kind = declared.options or {}, LISTS.get(self.lookup(declared), "")
        listed = self.looks_up(declared)
        names = (
            words.name_of(kind, key) if listed else words.text(options[key]) if key in options else key
            for key in stored
        )
        return ", ".join(names)

    def is_blank(self, raw: Any, /) -> bool:
        """Whether nothing is ticked."""
        return not raw or (isinstance(raw, str) and not raw.strip())
