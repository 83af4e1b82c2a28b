"""Decodes the bytes of a mail: the declared character set if it can be true, UTF-8, or the likeliest Cyrillic set."""

from __future__ import annotations

import codecs

#: Declared by programs that do not know; what they send is anything.
UNTRUE = {"ascii", "iso8859-1", "cp1252", "unknown-8bit"}
#: cp1251 is often declared for Kazakh, whose letters it does not have: kz1048 has them in place of Serbian ones.
CYRILLIC = ("cp1251", "koi8-r", "kz1048")

#: How often letters stand in Russian and Kazakh texts, in four steps; a wrong set gives rare ones.
_WEIGHTS = {
    letter: weight
    for letters, weight in (("оеаинтслрыі", 6), ("вкмдпуяьғқг", 3), ("збчйхжшюңәөұү", 2), ("цщэфъёһ", 1))
    for letter in letters
}
_SIGNS = frozenset("«»–—№…„“”‘’°§©®·•€\u00a0")
_STRANGE = 6
#: One word in capitals can be a word in two sets; what has not been usual for twenty years is less likely.
COMMONER = 1.35


def decode(content: bytes, declared: str | None) -> tuple[str, bool]:
    """Return the text, and whether characters had to be replaced because no set fits."""
    name = _known(declared)
    if name is not None and name not in UNTRUE and name not in CYRILLIC:
        text = _strict(content, name)
        if text is not None:
            return text, False
    text = _strict(content, "utf-8")
    if text is not None:
        return text, False
    return _likeliest(content, name)


def _likeliest(content: bytes, declared: str | None) -> tuple[str, bool]:
    """Return the text in the likeliest set. A declared set wins a draw and competes only with its usual confusions."""
    sets = {"koi8-r": ("koi8-r",), "cp1251": ("cp1251", "kz1048"), "kz1048": ("kz1048",)}.get(declared or "", CYRILLIC)
    sets += (declared,) if declared in ("iso8859-1", "cp1252") else ()
    best, most = content.decode("utf-8", "replace"), -1.0
    for name in sets:
        text = _strict(content, name)
        score = _score(text) * (COMMONER if name != "koi8-r" else 1) if text is not None else -1
        if text is not None and score > most:
            best, most = text, score
    return best, most < 0


def _score(text: str) -> int:
    """Return how much the text looks like Kazakh or Russian. In a wrong set scripts and cases mix within words."""
    found, before = 0, " "
    for character in text[:20_000]:
        if character > "\x7f" and character not in _SIGNS:
            found += _weight(character)
            found -= _STRANGE if character.isupper() and before.islower() else 0
            found -= _STRANGE if character.lower() in _WEIGHTS and before.isascii() and before.isalpha() else 0
        before = character
    return found


def _weight(character: str) -> int:
    """Return the weight of a letter. Lower case counts more; an accented Latin letter counts nothing."""
    if character < "\u0250":
        return 0 if character.isalpha() else -_STRANGE
    return _WEIGHTS.get(character.lower(), -_STRANGE) + character.islower()


def _known(declared: str | None) -> str | None:
    try:
        return codecs.lookup(declared).name if declared else None
    except (LookupError, ValueError):
        return "unknown-8bit"


def _strict(content: bytes, name: str) -> str | None:
    try:
        return content.decode(name)
    except (ValueError, LookupError):
        return None
