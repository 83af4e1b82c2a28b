"""A word in the other script: Kazakh and Russian words in Latin letters, and back, for searching only.

The alphabets of 2018 (acutes) and 2021 (breves and dots), the spelling of English texts and what people type without
any of them are read into one folded Cyrillic word.
"""

from __future__ import annotations

import re

#: Groups of Latin letters, the longer ones first, in folded Cyrillic ones.
_GROUPS = {
    "shch": "щ",
    "zh": "ж",
    "sh": "ш",
    "ch": "ч",
    "kh": "х",
    "gh": "г",
    "ts": "ц",
    "yu": "ю",
    "ya": "я",
    "ye": "е",
    "yo": "е",
}
_GROUP = re.compile("|".join(_GROUPS))
_LETTERS = str.maketrans(
    dict(zip("abcdefghijklmnopqrstuvwxz", "абцдефгхижклмнопкрстувухз", strict=True))
    | {"ä": "а", "á": "а", "ə": "а", "ǵ": "г", "ğ": "г", "ń": "н", "ñ": "н", "ŋ": "н", "ö": "о", "ó": "о", "ɵ": "о"}
    | {"ú": "у", "ü": "у", "ū": "у", "ŭ": "у", "ý": "у", "ı": "ы", "ş": "ш", "ç": "ч"}
)
#: `y` and `i` are й behind a vowel (Ertai, Semey); else `y` is ы (Qyzylorda).
_GLIDE = re.compile(r"(?<=[aeiouyäáəöóüúūŭıаеоуюя])[iy](?![aeiouyäáəöóüú])")

#: Folded Cyrillic letters as English texts write them, and as the Kazakh alphabet does where it differs.
_ENGLISH = str.maketrans(
    dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufye", strict=True))
    | {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "ь": "", "ъ": ""}
)
_KAZAKH = str.maketrans({"к": "q", "х": "h", "й": "i"})


def to_cyrillic(word: str) -> tuple[str, ...]:
    """Return the readings of a folded Latin word in folded Cyrillic letters; letters without a counterpart stay.

    Two where `ng` may be ң or нг: Tengiz, Mangystau.
    """
    glides = _GLIDE.sub("й", word)
    readings = dict.fromkeys((glides.replace("ng", "н"), glides))
    grouped = (_GROUP.sub(lambda found: _GROUPS[found[0]], each) for each in readings)
    return tuple(each.replace("y", "ы").translate(_LETTERS) for each in grouped)


def to_latin(word: str) -> tuple[str, str]:
    """Return a folded Cyrillic word as English texts spell it, and with the Latin letters of Kazakh."""
    return word.translate(_ENGLISH), word.translate(_KAZAKH).translate(_ENGLISH)
