"""References of cases as people write them: ER-2026-0016, er 2026 16, ЕР-2026-0016 with Cyrillic letters."""

from __future__ import annotations

import re
import unicodedata

_DASH = r"-\u2010-\u2015\u2212_/."
#: Two or three letters, a year and a number. Within a text only with signs between them.
_WITHIN = re.compile(rf"(?<!\w)([^\W\d_]{{2,3}})[{_DASH}](\d{{4}})[{_DASH}](\d{{1,8}})(?!\w)")
#: The same as the only thing that was typed: blanks will do, or nothing at all.
_ALONE = re.compile(rf"\W*([^\W\d_]{{2,3}})[{_DASH}\s№]*((?:19|20)\d\d)[{_DASH}\s№]*(\d{{1,8}})\W*")

#: Capital Cyrillic letters that look like a Latin one.
_ALIKE = str.maketrans("АВЕІЈКМНОРСТУХ", "ABEIJKMHOPCTYX")
#: Cyrillic letters by their sound.
_SOUND = str.maketrans("АБВГДЕЗИЙКЛМНОПРСТУФХЭҚҒҢӘӨҰҮІЫҺ", "ABVGDEZIYKLMNOPRSTUFHEQGNAOUUIYH")
#: The letters on the same keys of a Russian keyboard.
_KEYS = str.maketrans("ФИСВУАПРШОЛДЬТЩЗЙКЫЕГМЦЧНЯ", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def references(text: str) -> list[str]:
    """Return the references within a text, each as `#er-2026-16`; several where its letters can be read in two ways."""
    found = (key for match in _WITHIN.finditer(unicodedata.normalize("NFKC", text)) for key in _keys(*match.groups()))
    return list(dict.fromkeys(f"#{prefix.lower()}-{year}-{number}" for prefix, year, number in found))


def read_reference(text: str) -> list[tuple[str, int, int]]:
    """Return the possible readings (prefix, year, number) of a text that is nothing but a reference; else none."""
    match = _ALONE.fullmatch(unicodedata.normalize("NFKC", text))
    return list(dict.fromkeys(_keys(*match.groups()))) if match is not None else []


def _keys(letters: str, year: str, number: str) -> list[tuple[str, int, int]]:
    large = letters.upper()
    readings = (large, large.translate(_ALIKE), large.translate(_SOUND), large.translate(_KEYS))
    return [(each, int(year), int(number)) for each in readings if each.isascii()]
