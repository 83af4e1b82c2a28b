"""Fields of text: one line, many lines, an e-mail address, a telephone number."""

from __future__ import annotations

import re
from typing import Any

from workflows.field import Field, FieldType, Source, Widget
from workflows.fields.text import GUARD, clean, plain, refuse

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+)*@({_LABEL}\.)+{_LABEL}")
_PHONE = re.compile(r"\+?[\d ()./-]+", re.ASCII)
#: An extension behind the number: `доб. 123`, `ішкі 12`, `ext. 5`, `вн.12`, `#7`.
_EXTENSION = re.compile(
    r"[ ,;(]*(?:доб(?:ав(?:очный)?)?|вн(?:утр(?:енний)?)?(?:[ .]+(?:тел|номер))?|ішкі(?:[ .]+нөмірі?)?|iшкi|қосымша|қос"
    r"|ext(?:ension|n)?|int|x|х|#)[ .:=]*(?:№ *)?\d{1,7}[ )]*"
    r"| *\(\d{1,7} *(?:ішкі|ext)[ .]*\)",
    re.IGNORECASE,
)
#: A number of Kazakhstan as it is dialled within the country: 8, the code of the town or network, the number.
_TRUNK_CODE = re.compile(r"8(?=[ (-]*7)")
_TEL = re.compile(r"\A(?:тел(?:ефон)?|моб|tel|phone|т)[ .:]+", re.IGNORECASE)
#: Digits of a number that begins with +7, or with 8 and the code of a network; more are two numbers.
_OF_KAZAKHSTAN = 11


def longest(declared: Field) -> int:
    """Characters that a field of text may have. Raises TypeError for a field of another type."""
    if declared.longest is None:
        raise TypeError(f"{declared.key} is a {declared.type}, not a text")
    return declared.longest


class TextType(FieldType):
    """One line."""

    key = "text"
    widget = Widget.TEXT
    max_length = 300
    has_bounds = True
    ceiling = GUARD
    case_columns = frozenset({"title", "external_reference"})
    sources = frozenset({Source.ORGANISATION, Source.PERSON})
    is_prose = True
    is_searched = True

    def parse(self, declared: Field, raw: object, /) -> str | None:
        """Return the text in one Unicode form, without control characters, within its bounds."""
        text = clean(raw, longest(declared), lines=self.is_multiline)
        if text is not None and declared.min is not None and len(text) < declared.min:
            refuse("too_short", min=declared.min)
        return text

    def json_schema(self, declared: Field, /) -> dict[str, Any]:
        """Return a string within the bounds."""
        least = {} if declared.min is None else {"minLength": declared.min}
        return {"type": "string", "maxLength": longest(declared), **least}


class LongTextType(TextType):
    """Text of several lines."""

    key = "long_text"
    widget = Widget.LONG_TEXT
    max_length = 5000
    case_columns = frozenset()
    is_multiline = True
    naming_rank = 2


class EmailType(TextType):
    """An e-mail address, with letters of any alphabet in its domain."""

    key = "email"
    widget = Widget.EMAIL
    max_length = 254
    ceiling = 254
    floor = 5  # a@b.c
    sources = frozenset({Source.EMAIL})
    case_columns = frozenset()
    is_prose = False
    is_searched = False

    def parse(self, declared: Field, raw: object, /) -> str | None:
        """Return the address; its local part has at most 64 characters (RFC 5321)."""
        text = super().parse(declared, raw)
        if text is not None and (not _EMAIL.fullmatch(text) or text.index("@") > 64):
            refuse("bad_email")
        return text

    def json_schema(self, declared: Field, /) -> dict[str, Any]:
        """Return a string in the form of an address."""
        return {**super().json_schema(declared), "format": "idn-email"}


class PhoneType(TextType):
    """A telephone number, kept as it was typed but for blanks, dashes, and 8 in place of +7."""

    key = "phone"
    widget = Widget.PHONE
    max_length = 40
    floor = 7  # digits
    sources = frozenset({Source.PHONE})
    case_columns = frozenset()
    is_prose = False
    is_searched = False

    def parse(self, declared: Field, raw: object, /) -> str | None:
        """Return the number; it has 7 to 15 digits (E.164), and may have an extension of up to 7 more."""
        typed = plain(raw)
        text = super().parse(declared, " ".join(typed.split("\t")) if isinstance(typed, str) else typed)
        if text is None:
            return None
        text = " ".join(_TEL.sub("", text, count=1).split())
        extension = _EXTENSION.search(text)
        number = text if extension is None or extension.end() < len(text) else text[: extension.start()]
        digits = sum(map(str.isdigit, number))
        if not _PHONE.fullmatch(number) or not 7 <= digits <= 15 or number.count("(") != number.count(")"):
            refuse("bad_phone")
        if digits > _OF_KAZAKHSTAN and number.lstrip("(").startswith(("+7", "8 ", "8(", "87")):
            refuse("bad_phone")
        return _TRUNK_CODE.sub("+7", text, count=1) if digits == 11 and text.startswith("8") else text
