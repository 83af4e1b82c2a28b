"""Fields that name somebody or some place: a person, an organisation, a place of the national classifier."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workflows.field import Field, FieldType, Widget, Words
from workflows.fields.choices import LOOKUPS, LookedUpType
from workflows.fields.numbers import LONGEST
from workflows.fields.text import clean, plain, refuse


class PersonType(LookedUpType):
    """A person with an account, by pseudonym; with `role` one who has that role today. Naming makes nobody a party."""

    key = "person"
    widget = Widget.CHOICE
    arguments = frozenset({"role"})
    names_person = True

    def lookup(self, declared: Field, /) -> str:
        """Return the type, with the role where there is one."""
        return f"{self.key}:{declared.role}" if declared.role else self.key


class OrganisationType(LookedUpType):
    """An organisation, by its key."""

    key = "organisation"
    widget = Widget.CHOICE
    names_organisation = True


MOST_LETTERS = 300  # of the words of a place
_CODE = re.compile(r"\d{9}", re.ASCII)
_CODED = re.compile(r"(\d{2,12})[\s,;:–—-]*(.*)", re.ASCII | re.DOTALL)


class PlaceType(FieldType):
    """A place: `{"code": "431010000", "text": "Қызылорда қ., Абай к-сі 5"}`; one of the two may be missing.

    The code is that of the national classifier (KATO): nine digits, of which the first two are those of the region in
    ISO 3166-2. Komek has the regions and no list of all places, so what follows the two is not judged.
    """

    key = "place"
    widget = Widget.PLACE
    is_searched = True

    def parse(self, _declared: Field, raw: object, /) -> dict[str, str | None] | None:
        """Return code and text; a text may begin with the code."""
        if raw is None:
            return None
        if isinstance(raw, str):
            line = clean(raw, MOST_LETTERS)
            found = _CODED.fullmatch(line or "")
            given: Mapping[str, Any] = (
                {"code": found[1], "text": found[2]} if found and len(found[1]) == 9 else {"text": line}
            )
        elif isinstance(raw, Mapping) and raw.keys() <= {"code", "text"}:
            given = raw
        else:
            refuse("wrong_type", expected="place")
        code = clean(plain(given.get("code") if given.get("code") is not None else ""), LONGEST)
        text = clean(given.get("text") if given.get("text") is not None else "", MOST_LETTERS)
        if code is None and text is None:
            return None
        if code is not None:
            code = code.replace(" ", "")
            if not _CODE.fullmatch(code):
                refuse("bad_place")
            if not LOOKUPS.get().knows("region", region_of(code)):
                refuse("unknown_place")
        return {"code": code, "text": text}

    def json_schema(self, _declared: Field, /) -> dict[str, Any]:
        """Return an object of code and text."""
        nothing = {"type": "null"}
        code = {"anyOf": [{"type": "string", "pattern": r"^\d{9}$"}, nothing]}
        text = {"anyOf": [{"type": "string", "maxLength": MOST_LETTERS}, nothing]}
        return {
            "type": "object",
            "properties": {"code": code, "text": text},
            "required": ["code", "text"],
            "additionalProperties": False,
        }

    def typed(self, _declared: Field, stored: Any, /) -> dict[str, str]:
        """Return code and text; empty for None."""
        return {name: stored[name] or "" for name in ("code", "text")} if stored else {}

    def shown(self, _declared: Field, raw: Any, /) -> dict[str, str]:
        """Return code and text as they were sent."""
        given = raw if isinstance(raw, Mapping) else {"text": raw} if isinstance(raw, str) else {}
        return {name: str(given.get(name) or "") for name in ("code", "text")}

    def write(self, _declared: Field, stored: Any, words: Words, /) -> str:
        """Return the text and the region, with the code behind them."""
        code, text = stored["code"], stored["text"]
        region = words.name_of("region", region_of(code)) if code else ""
        return ", ".join(filter(None, [text, region])) + (f" ({code})" if code else "")

    def searched(self, stored: Any, /) -> str:
        """Return the words and the code."""
        return " ".join(filter(None, [stored["text"], stored["code"]]))

    def is_blank(self, raw: Any, /) -> bool:
        """Whether there is neither code nor text."""
        if isinstance(raw, Mapping):
            return all(map(super().is_blank, (raw.get("code"), raw.get("text"))))
        return super().is_blank(raw)


def region_of(code: str) -> str:
    """Return the region (ISO 3166-2) in which a place of the classifier lies."""
    return f"KZ-{code[:2]}"
