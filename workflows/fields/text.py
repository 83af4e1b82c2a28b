"""Typed text, made safe to store: one Unicode form, no invisible characters, a bounded length.

NUL breaks the database driver, controls break log lines and spreadsheets, bidirectional overrides show
another text than the one that is stored, lone surrogates cannot be written as UTF-8 at all.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby
from typing import NoReturn

from marshmallow import ValidationError

from workflows.refusals import Problem

#: No single text is looked at beyond this many characters, whatever its field allows.
GUARD = 1_000_000

#: Unicode's stream-safe bound (UAX 15). Sorting one long run of marks takes quadratic time: 100,000
#: of them keep `unicodedata.normalize` busy for twelve seconds.
MARKS_IN_A_ROW = 30

#: One visible letter comes from at most this many typed code points.
DECOMPOSED = 4

# U+FFFE and U+FFFF are no control characters, but no XML file (so no .docx, no .xlsx) may hold them.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile("\r\n|[\r\u2028\u2029]")


def refuse(code: str, **parameters: str | int) -> NoReturn:
    """Raise the one `ValidationError` of the engine: it carries a `Problem`, never a sentence."""
    raise ValidationError([Problem(code, tuple(parameters.items()))])


#: Characters that take no room, as they come with numbers copied from a page, a letter or a spreadsheet.
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_FULL_WIDTH = {0xFF01 + place: 0x21 + place for place in range(94)}


def plain(value: object) -> object:
    """Return a typed number or date in plain characters: any blank as a space, any dash or minus as `-`.

    Full-width characters become ordinary ones, and what cannot be seen is dropped; digits of other scripts stay.
    A value that is no text, or already plain, is returned as it is.
    """
    if not isinstance(value, str) or value.isascii() or len(value) > GUARD:
        return value
    text = _INVISIBLE.sub("", value).translate(_FULL_WIDTH)
    return "".join(" " if unicodedata.category(c) == "Zs" else "-" if _is_dash(c) else c for c in text)


def _is_dash(character: str) -> bool:
    return character == "\u2212" or unicodedata.category(character) == "Pd"


def clean(value: object, longest: int, *, lines: bool = False) -> str | None:
    """Return the text as it is stored: NFC, stripped, line ends as LF. None when nothing is left.

    `longest` counts characters of the kept text; `lines` allows line breaks and tabs inside it.
    """
    if not isinstance(value, str):
        refuse("wrong_type", expected="text")
    if len(value) > GUARD:
        refuse("too_long", max=longest, over=len(value) - longest)
    text = _LINE_END.sub("\n", value).strip(" \t\n\u00a0\ufeff")
    if len(text) > longest * DECOMPOSED:
        refuse("too_long", max=longest, over=len(text) - longest)
    _refuse_machinery(text, lines)
    text = unicodedata.normalize("NFC", text)
    if len(text) > longest:
        refuse("too_long", max=longest, over=len(text) - longest)
    return text or None


def _refuse_machinery(text: str, lines: bool) -> None:
    if _CONTROL.search(text):
        refuse("control_character")
    if not lines and ("\n" in text or "\t" in text):
        refuse("one_line")
    if text.isascii():
        return
    if _SURROGATE.search(text):
        refuse("broken_character")
    if _BIDI.search(text):
        refuse("direction_character")
    if _marks_in_a_row(text) > MARKS_IN_A_ROW:
        refuse("piled_marks", max=MARKS_IN_A_ROW)


def _marks_in_a_row(text: str) -> int:
    if not any(map(unicodedata.combining, text)):
        return 0
    runs = groupby(text, lambda character: unicodedata.combining(character) > 0)
    return max((sum(1 for _ in run) for marked, run in runs if marked), default=0)
