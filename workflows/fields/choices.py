"""Fields in which something is chosen: from a list, by yes or no, by a tick, or a file."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Protocol

from workflows.field import Field, FieldType, Widget, Words
from workflows.fields.text import clean, refuse

LONGEST = 200  # characters of a key


class Lookups(Protocol):
    """The values that live outside a definition: regions, topics, lenders, experts, files."""

    def knows(self, type_key: str, value: str, /) -> bool:
        """Whether `value` is a key of that field type which may be chosen now.

        Raises marshmallow.ValidationError with a `Problem` for one that is there and that this person may not choose.
        """


#: Set by `types.load` for the length of one call; schemas are shared by all threads.
LOOKUPS: ContextVar[Lookups] = ContextVar("lookups")


class ChoiceType(FieldType):
    """One of the options that the definition lists."""

    key = "choice"
    widget = Widget.CHOICE
    has_options = True
    naming_rank = 1

    def parse(self, declared: Field, raw: object, /) -> str | None:
        """Return the key of the option."""
        key = clean(raw, LONGEST)
        if key is not None and key not in (declared.options or {}):
            refuse("unknown_choice")
        return key

    def json_schema(self, declared: Field, /) -> dict[str, Any]:
        """Return the keys of the options."""
        return {"enum": list(declared.options or ())}

    def write(self, declared: Field, stored: Any, words: Words, /) -> str:
        """Return the label of the option; its key when the definition has it no more."""
        label = (declared.options or {}).get(stored)
        return words.text(label) if label is not None else str(stored)


class LookedUpType(FieldType):
    """The key of something outside the definition."""

    is_looked_up = True

    def parse(self, declared: Field, raw: object, /) -> str | None:
        """Return the key, which the lookups of this call must know."""
        key = clean(raw, LONGEST)
        if key is not None and not LOOKUPS.get().knows(self.lookup(declared), key):
            refuse(f"unknown_{self.key}")
        return key

    def json_schema(self, _declared: Field, /) -> dict[str, Any]:
        """Return a string; what it may be is known outside the definition."""
        return {"type": "string", "maxLength": LONGEST}

    def write(self, _declared: Field, stored: Any, words: Words, /) -> str:
        """Return the name of what the key stands for."""
        return words.name_of(self.key, str(stored))


class RegionType(LookedUpType):
    """An oblast or city, by its ISO 3166-2 code."""

    key = "region"
    widget = Widget.CHOICE
    case_columns = frozenset({"region"})


class TopicType(LookedUpType):
    """A topic of the programme."""

    key = "topic"
    widget = Widget.CHOICE
    case_columns = frozenset({"topic"})


class LenderType(LookedUpType):
    """A lender; its people are a party of the case."""

    key = "lender"
    widget = Widget.CHOICE
    party = "lender"


class CaseType(LookedUpType):
    """Another case, by its reference: one of the workflow `of` that goes on, and never the case itself."""

    key = "case"
    widget = Widget.CHOICE
    fits_column = False
    names_case = True

    def lookup(self, declared: Field, /) -> str:
        """Return the type with the workflow."""
        return f"{self.key}:{declared.of}"

    def parse(self, declared: Field, raw: object, /) -> str | None:
        """Return the reference as cases are numbered; small letters are understood."""
        return super().parse(declared, raw.upper() if isinstance(raw, str) else raw)


class ExpertType(LookedUpType):
    """An expert, by the pseudonym of the person, who is a party of the case."""

    key = "expert"
    widget = Widget.CANDIDATES
    case_columns = frozenset({"expert"})
    is_correctable = False
    party = "expert"
    naming_rank = 3


class FileType(LookedUpType):
    """A file of the case, by its key."""

    key = "file"
    widget = Widget.FILE
    fits_column = False
    is_file = True
    is_correctable = False


class YesNoType(FieldType):
    """A question that is answered by yes or no, and may be left open."""

    key = "yes_no"
    widget = Widget.YES_NO

    _ANSWERS: Mapping[str, bool | None] = {"yes": True, "no": False, "": None}

    def parse(self, _declared: Field, raw: object, /) -> bool | None:
        """Return the answer."""
        if isinstance(raw, bool):
            return raw
        if not isinstance(raw, str) or raw not in self._ANSWERS:
            refuse("not_yes_or_no")
        return self._ANSWERS[raw]

    def json_schema(self, _declared: Field, /) -> dict[str, Any]:
        """Return a boolean."""
        return {"type": "boolean"}

    def typed(self, _declared: Field, stored: Any, /) -> str:
        """Return `yes` or `no`; empty for None."""
        return "" if stored is None else "yes" if stored else "no"

    def write(self, _declared: Field, stored: Any, words: Words, /) -> str:
        """Return the answer as a word."""
        return words.yes_or_no(stored)


class ConfirmType(YesNoType):
    """A statement that is ticked. An empty box is no answer, not the answer no: a step that requires it refuses."""

    key = "confirm"
    widget = Widget.CONFIRM
    is_correctable = False

    def parse(self, declared: Field, raw: object, /) -> bool | None:
        """Return True, or None for an empty box."""
        return super().parse(declared, raw) or None

    def json_schema(self, _declared: Field, /) -> dict[str, Any]:
        """Return the one value that is stored."""
        return {"const": True}
