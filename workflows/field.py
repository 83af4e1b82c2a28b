"""A field of a workflow, and the interface of its type."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Protocol

LANGUAGES = ("kk", "ru", "en")

#: Text in every language of Komek, keyed by language code: {"kk": …, "ru": …, "en": …}.
Text = Mapping[str, str]


#: Stands for the day on which a value is given, in the bounds of a date.
TODAY = "today"


class Source(enum.StrEnum):
    """Where a form finds a value that need not be typed."""

    ORGANISATION = "organisation"  # the name of the person's organisation
    PERSON = "person"  # their name
    EMAIL = "email"
    PHONE = "phone"  # the one that they gave in their last case
    TODAY = "today"


class Widget(enum.StrEnum):
    """The control in which a value is typed or chosen. Pages say what it looks like."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    MONEY = "money"  # an amount and a currency
    DATE = "date"
    CHOICE = "choice"  # one of a list
    CANDIDATES = "candidates"  # one of a list, each with lines that help to choose
    YES_NO = "yes_no"
    CONFIRM = "confirm"  # a box to tick
    EMAIL = "email"
    PHONE = "phone"
    FILE = "file"
    TABLE = "table"
    DECIMAL = "decimal"  # a number, its unit behind it
    DURATION = "duration"  # an amount and a unit of time
    CHOICES = "choices"  # boxes to tick, any number of them
    MOMENT = "moment"  # a day and a time
    PLACE = "place"  # a code and a name


@dataclass(frozen=True, slots=True)
class MeasureUnit:
    """The unit of an amount: its key, which is stored, its words, and how people write it besides."""

    key: str
    label: Text
    spellings: tuple[str, ...] = ()


class Words(Protocol):
    """The words of one language for values, and the names of what they refer to."""

    def text(self, text: Text, /) -> str:
        """The text in this language."""

    def yes_or_no(self, answer: bool, /) -> str:
        """The answer as a word."""

    def day(self, day: str, /) -> str:
        """A day; `day` is an ISO date."""

    def number(self, number: int | Decimal, /) -> str:
        """A number with the separators of the language."""

    def duration(self, amount: int, unit: str, /) -> str:
        """A length of time; `unit` is `working_days` or `hours`."""

    def moment(self, moment: str, /) -> str:
        """A day and time with its zone; `moment` is ISO 8601 with an offset."""

    def money(self, money: Mapping[str, str], /) -> str:
        """A sum with its currency; `money` is a stored value."""

    def name_of(self, type_key: str, key: str, /) -> str:
        """The name of a region, topic, lender, person, organisation or file, or what stands for one without a name."""


class FieldType(ABC):
    """A type of field: how a value is parsed, stored, shown in a form and written.

    There is one object per type, in `workflows.fields.types.TYPES`. Code that depends on the type of a field asks the
    object; nothing else compares types. Raw values come from forms (text; nested for money and tables) or from JSON
    (typed), and both give the same stored value, which is what JSON can hold. None stands for "no value".
    """

    #: The name of the type in a definition file, for programs and in letters to authors of workflows.
    key: ClassVar[str]
    #: The control that a form shows.
    widget: ClassVar[Widget]
    #: Characters of a text whose declaration sets no `max`; None for what is no text.
    max_length: ClassVar[int | None] = None
    #: Whether `min` and `max` mean something: characters, a number, whole units of money, rows.
    has_bounds: ClassVar[bool] = False
    #: The most that `max` can allow, in what the bounds count; 0 for a type without bounds.
    ceiling: ClassVar[int] = 0
    #: The least amount of any value, in what the bounds count; None where it may be as low as one likes.
    lowest: ClassVar[int | None] = None
    #: The keys of a declaration that mean something for this type alone: `unit`, `digits`, `list`, `role`.
    arguments: ClassVar[frozenset[str]] = frozenset()
    #: Those of them without which a declaration says too little, always or as soon as it has bounds.
    demands: ClassVar[frozenset[str]] = frozenset()
    bounds_demand: ClassVar[frozenset[str]] = frozenset()
    #: The fewest characters of any value; 0 for a type that may be as short as one likes.
    floor: ClassVar[int] = 0
    #: Whether the declaration lists what can be chosen.
    has_options: ClassVar[bool] = False
    #: Whether the declaration has columns.
    has_columns: ClassVar[bool] = False
    #: Whether a table can have a column of this type.
    fits_column: ClassVar[bool] = True
    #: The columns of a case (`as` in the file) that hold values of this type.
    case_columns: ClassVar[frozenset[str]] = frozenset()
    #: The currencies of a sum; empty for everything else.
    units: ClassVar[tuple[str, ...]] = ()
    #: The units of a length of time; empty for everything else.
    time_units: ClassVar[tuple[str, ...]] = ()
    #: Whether a value is a number or a sum of money, which facts compare.
    is_amount: ClassVar[bool] = False
    #: Whether a value is the reference of another case.
    names_case: ClassVar[bool] = False
    #: Whether a value is a key of something outside the definition: a region, a topic, a lender, an expert, a file.
    is_looked_up: ClassVar[bool] = False
    #: Whether the words of a value are searched.
    is_searched: ClassVar[bool] = False
    #: Whether a value is written freely: it can be given in a reply by mail, may be shortened.
    is_prose: ClassVar[bool] = False
    #: Whether a text may have several lines.
    is_multiline: ClassVar[bool] = False
    #: Whether a value is a day with a time.
    is_moment: ClassVar[bool] = False
    #: Whether a value is the pseudonym of a person, or the key of an organisation.
    names_person: ClassVar[bool] = False
    names_organisation: ClassVar[bool] = False
    #: Whether a value is a day, by which deadlines can be bounded.
    is_date: ClassVar[bool] = False
    #: Where a form can find a value that need not be typed.
    sources: ClassVar[frozenset[Source]] = frozenset()
    #: Whether a value is an uploaded file.
    is_file: ClassVar[bool] = False
    #: Whether a value that was given by mistake can be corrected afterwards. A consent, a file and a person cannot.
    is_correctable: ClassVar[bool] = True
    #: The role in a case of whoever the value names: `expert` or `lender`; empty for everything else.
    party: ClassVar[str] = ""
    #: The order in which values name a part of a case among its siblings, 1 being best; 0 for a type that names none.
    naming_rank: ClassVar[int] = 0

    def __str__(self) -> str:
        return self.key

    @abstractmethod
    def parse(self, declared: Field, raw: Any, /) -> Any:
        """Return the stored value, or None when nothing was given.

        Raises marshmallow.ValidationError with a list of `Problem`s.
        """

    @abstractmethod
    def json_schema(self, declared: Field, /) -> dict[str, Any]:
        """Return the JSON Schema (2020-12) of a stored value that is not None."""

    def looks_up(self, _declared: Field, /) -> bool:
        """Return whether a value of this field is looked up outside the definition."""
        return self.is_looked_up

    def searched(self, stored: Any, /) -> str:
        """Return the words by which a stored value is found, of a type that is searched."""
        return str(stored)

    def lookup(self, _declared: Field, /) -> str:
        """Return the name under which lookups and lists of choices know the things that a value can be."""
        return self.key

    def choices(self, declared: Field, /) -> Mapping[str, Text]:
        """Return what can be chosen, as far as the declaration or the type itself says it."""
        return declared.options or {}

    def typed(self, _declared: Field, stored: Any, /) -> Any:
        """Return a stored value as a person would type it; for None what an empty form holds."""
        return "" if stored is None else str(stored)

    def shown(self, _declared: Field, raw: Any, /) -> Any:
        """Return what a form can show of a raw value, whatever shape somebody sent."""
        return raw if isinstance(raw, str) else ""

    def write(self, _declared: Field, stored: Any, _words: Words, /) -> str:
        """Return a stored value, which is not None, as text to read."""
        return str(stored)

    def cells(self, _declared: Field, _stored: Any, _words: Words, /) -> list[list[str]]:
        """Return the texts of a table, row by row, empty for a cell without a value; no rows for a single value."""
        return []

    def is_blank(self, raw: Any, /) -> bool:
        """Whether nobody put anything into the control; a currency or an unticked box alone is nothing."""
        return raw is None or (isinstance(raw, str) and not raw.strip())


@dataclass(frozen=True, slots=True)
class Field:
    """One declaration that feeds form, validation, storage, search and export.

    `column` names the case column to which the value is copied.
    """

    key: str
    type: FieldType
    label: Text
    hint: Text | None = None
    min: int | None = None
    max: int | None = None
    options: Mapping[str, Text] | None = None  # of a choice
    columns: Mapping[str, Field] | None = None  # of a table
    column: str | None = None  # `as` in the file
    matches: Mapping[str, str] | None = None  # of an expert: what is wanted → the field that says it
    of: str | None = None  # the workflow of the case that the field names
    personal: bool = False  # holds personal data: never exported, never public
    positive: bool = False  # of an amount: nothing is no value
    example: Text | None = None  # a value as somebody might write it
    filled_from: Source | None = None  # what the form fills in beforehand
    not_before: str | None = None  # of a date: another one, or TODAY
    not_after: str | None = None
    unit: MeasureUnit | None = None  # of a decimal; of a duration the only one that can be given
    digits: int | None = None  # of a decimal: after the comma
    listed: str | None = (
        None  # `list` in the file, of several choices: the list outside the definition they are chosen from
    )
    role: str | None = None  # of a person: the role that they have

    @property
    def least(self) -> int | None:
        """The least that a value may be, in what the bounds of its type count; None where nothing bounds it."""
        return self.type.lowest if self.min is None else self.min

    @property
    def longest(self) -> int | None:
        """Characters that a text may have; None for what is no text."""
        return None if self.type.max_length is None else self.max or self.type.max_length

    @property
    def most(self) -> int:
        """The most that a value may be or have, in what the bounds of its type count."""
        return min(self.max or self.type.max_length or self.type.ceiling, self.type.ceiling)

    def is_like(self, other: Field) -> bool:
        """Whether both have the same type."""
        return self.type is other.type

    def accepts(self, other: Field) -> bool:
        """Whether every value of `other` can be a value of this field: the same type, and each of its options."""
        return self.is_like(other) and set(other.options or ()) <= set(self.options or ())
