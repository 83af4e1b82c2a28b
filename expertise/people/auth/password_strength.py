"""Strength of a chosen password: how many guesses an attacker needs who knows Kazakhstan, Komek and the person.

The estimate is that of zxcvbn (Wheeler, USENIX Security 2016), with more words: those of the programme, places of
Kazakhstan, common words and names in Russian and Kazakh, and what is known of the person. zxcvbn reads Latin letters
only, so a password is estimated in several readings, and the cheapest one counts: as typed, without separators, by the
keys on which Cyrillic was typed, and with Cyrillic written in Latin letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from math import prod
from typing import Any

from zxcvbn import matching, scoring

from expertise.people.reference_seed import table

#: Guesses below which a password is refused: score 3 of 4 of zxcvbn, "safely unguessable".
FEWEST_ATTEMPTS = 10**8
#: Characters that are estimated: the work grows with the square of the length, and the rest only makes it stronger.
LONGEST_ESTIMATED = 64
#: Ways to read digits and signs as letters; beyond, the signs are no spelling of a word, and reading them is costly.
MOST_SPELLINGS = 64
YEARS = range(1930, 2041)

#: Letters of a word, and signs beside it, that a date does not make hard to guess.
LONGEST_WORD, MOST_SIGNS, MOST_WORDS = 14, 4, 3

_OWN, _PLACE, _PROGRAMME, _COMMON, _YEAR, _NAME = "own", "place", "programme", "common", "year", "name"
_PARTS = re.compile(r"[^\W\d_]+|\d+|(?:[^\w]|_)+")
_DATED = re.compile(
    r"(?:19[2-9]|20[0-4])\d|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:(?:19|20)?\d\d)?"
    r"|(?:19[2-9]|20[0-4])\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])?"
)
#: Of surnames and patronymics in Russian and Kazakh, and of names that are spoken kindly.
_ENDINGS = (
    *("ов", "ев", "ова", "ева", "ин", "ина", "ович", "евич", "овна", "евна", "ұлы", "улы", "қызы", "кызы"),
    *("жан", "бек", "хан", "гүл", "гуль", "бай", "қожа", "тай", "ке"),
)
_DIGITS = re.compile(r"[\d\s+().,/:_-]+")
_WORDS = re.compile(r"[^\W_]+")


def weakness(password: str, known: Iterable[str] = ()) -> str | None:
    """Return why the password is easy to guess, or None when it is not.

    `known` is what others know of the person: name, address, organisation in every language. The answer is one of
    `own`, `place`, `programme`, `common`, `digits`, `keys`, `repeat`, `sequence`, `date` and `short`.
    """
    text = unicodedata.normalize("NFKC", password)
    if not text.strip():
        return "short"
    if _DIGITS.fullmatch(text):
        return "digits"
    words = {**_dictionaries(), _OWN: _ranked(known)}
    estimates = [_estimate(reading, words) for reading in _readings(text[:LONGEST_ESTIMATED])]
    weak = [each for each in estimates if each["guesses"] < FEWEST_ATTEMPTS]
    if weak:
        reasons = [_reason(each["sequence"]) for each in sorted(weak, key=lambda estimate: estimate["guesses"])]
        return next((known for known in (_OWN, _PLACE) if known in reasons), reasons[0])
    return _reason_of_words_with_date(text, words)


def _reason_of_words_with_date(text: str, words: Mapping[str, Mapping[str, int]]) -> str | None:
    """Return why one word, or several known ones, with a date and a few signs are easy to guess; None for any other.

    Toktar1946!!, asel-0205, Dima&Katya2020. `date` where no dictionary knows the word.
    """
    parts = _PARTS.findall(text)
    said = list(dict.fromkeys(part.casefold() for part in parts if part.isalpha()))
    digits = "".join(part for part in parts if part.isdecimal())
    signs = sum(len(part) for part in parts if not part.isalnum())
    if not said or len(said) > MOST_WORDS or signs > MOST_SIGNS or not _DATED.fullmatch(digits):
        return None
    known = [_dictionary_of(word, words) for word in said]
    if len(said) > 1:
        return next(iter(known)) if all(known) else None
    return (known[0] or "date") if len(said[0]) <= LONGEST_WORD else None


def _dictionary_of(word: str, words: Mapping[str, Mapping[str, int]]) -> str | None:
    """Return the dictionary of ours that knows the word in any spelling."""
    spelled = {spelling for reading in _readings(word) for spelling in (reading.lower(), spell(reading.lower()))}
    return next((name for name in (_OWN, _PLACE, _PROGRAMME, _COMMON) if not spelled.isdisjoint(words[name])), None)


def _readings(text: str) -> list[str]:
    """Return the different readings of a password; none is empty unless the password is."""
    plain = text.lower()
    latin = {spell(plain), spell(plain.translate(_TO_CYRILLIC)) if plain.isascii() else ""}
    found = [text, _joined(plain), text.translate(_TO_LATIN_KEYS), *sorted(latin)]
    return [_few_spellings(reading) for reading in dict.fromkeys(found) if reading]


def _few_spellings(text: str) -> str:
    """Return the text with signs that stand for letters blotted out, if they could be read in very many ways."""
    table_ = matching.relevant_l33t_subtable(text, matching.L33T_TABLE)
    return text if prod(map(len, table_.values())) <= MOST_SPELLINGS else text.translate(_BLOTTED)


def _estimate(text: str, words: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """Return `guesses` and the `sequence` of matches.

    Does not use `zxcvbn.zxcvbn`: it keeps the words of one person in a global, and it counts any three parts as 10^8
    guesses, however well known they are (`komek`, `astana`, `2026`).
    """
    return scoring.most_guessable_match_sequence(text, matching.omnimatch(text, words), _exclude_additive=True)


def _reason(sequence: list[dict[str, Any]]) -> str:
    """Return the reason that helps most: a word that is known here, else the longest part that was recognised."""
    named = {match.get("dictionary_name") for match in sequence}
    for word in (_OWN, _PLACE, _PROGRAMME):
        if word in named:
            return word
    match max(sequence, key=lambda match: (match["pattern"] != "bruteforce", len(match["token"]))):
        case {"dictionary_name": "year"} | {"pattern": "date" | "regex"}:
            return "date"
        case {"pattern": "dictionary"}:
            return _COMMON
        case {"pattern": "spatial"}:
            return "keys"
        case {"pattern": "repeat" | "sequence" as pattern}:
            return str(pattern)
    return "short"


@cache
def _dictionaries() -> dict[str, Mapping[str, int]]:
    """Return name of a dictionary → word → rank: those of zxcvbn, and the words of this country and programme."""
    listed: dict[str, list[str]] = {_PROGRAMME: [], _PLACE: [], _COMMON: [], _NAME: []}
    for row in table("password_words"):
        listed[row["kind"]].append(row["word"])
    listed[_COMMON] += [form for name in listed.pop(_NAME) for form in _forms(name)]
    listed[_PLACE] += _columns("kz_regions", "name_en name_ru name_kk centre_en centre_ru centre_kk iso_name")
    listed[_PLACE] += _columns("region_names", "name")
    listed[_PROGRAMME] += _columns("lenders", "code name_en name_ru name_kk")
    years = {str(year): rank for rank, year in enumerate(YEARS, 1)}
    return {**matching.RANKED_DICTIONARIES, **{name: _ranked(words) for name, words in listed.items()}, _YEAR: years}


def _forms(name: str) -> Iterator[str]:
    """Yield a name with the surnames, patronymics and terms of endearment that are made of it."""
    yield name
    stem = name.rstrip("аяьй") if len(name) > 4 else name
    for ending in _ENDINGS:
        yield stem + ending
        if stem != name:
            yield name + ending


def _columns(name: str, columns: str) -> list[str]:
    return [row[column] for column in columns.split() for row in table(name)]


def _ranked(texts: Iterable[str]) -> dict[str, int]:
    """Return word → rank of all spellings of the texts and of their words; one or two letters are no word."""
    words = dict.fromkeys(spelling for text in texts for spelling in _spellings(text) if len(spelling) > 2)
    return {word: rank for rank, word in enumerate(words, 1)}


def _spellings(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", text).lower()
    for word in (_joined(plain), *_WORDS.findall(plain)):
        yield word
        yield word.translate(_TO_LATIN_KEYS)
        yield _latin(word)
        yield spell(word)


def _joined(text: str) -> str:
    """Return the letters and digits alone: a hyphen between two words makes neither less known."""
    return "".join(_WORDS.findall(text))


def _latin(text: str) -> str:
    """Return Cyrillic in the usual Latin letters, without marks."""
    decomposed = unicodedata.normalize("NFD", text.translate(_TO_LATIN))
    return _joined("".join(mark for mark in decomposed if not unicodedata.combining(mark)))


def spell(text: str) -> str:
    """Return a spelling that all ways of writing Kazakh and Russian in Latin share: Qyzylorda is Kyzyl-Orda."""
    found = _latin(text)
    for written, meant in _SAME_SOUND:
        found = found.replace(written, meant)
    return found


_LATIN = {
    **dict(zip("абвгдезийклмнопрстуфхыэ", "abvgdeziyklmnoprstufhye", strict=True)),
    "ё": "e",
    "ж": "zh",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "sh",
    "ъ": "",
    "ь": "",
    "ю": "yu",
    "я": "ya",
    "ә": "a",
    "ғ": "g",
    "қ": "k",
    "ң": "n",
    "ө": "o",
    "ұ": "u",
    "ү": "u",
    "һ": "h",
    "і": "i",
    "ş": "sh",
    "ç": "ch",
    "ı": "y",
    "ŋ": "n",
}
_TO_LATIN = str.maketrans(_LATIN)
#: In this order.
_SAME_SOUND = (
    *(("shch", "sh"), ("sch", "sh"), ("dzh", "j"), ("zh", "j"), ("kh", "h"), ("gh", "g"), ("ph", "f")),
    *(("ye", "e"), ("yo", "e"), ("x", "h"), ("q", "k"), ("w", "v"), ("y", "i"), ("ii", "i"), ("ts", "c")),
)
#: Keys of the Russian and Kazakh layouts → keys of the English one.
_KEYS = dict(zip("йцукенгшщзхъфывапролджэячсмитьбюё", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`", strict=True))
_KAZAKH_KEYS = dict(zip("әіңғүұқөһ", "234590-=8", strict=True))
_KAZAKH_KEYS |= {"ү": "8", "ұ": "9", "қ": "0", "ө": "-", "һ": "="}
_CAPITALS = {letter.upper(): key.upper() for letter, key in _KEYS.items()}
_TO_LATIN_KEYS = str.maketrans(_CAPITALS | _KAZAKH_KEYS | _KEYS)
_TO_CYRILLIC = str.maketrans({key: letter for letter, key in _KEYS.items()})
_BLOTTED = str.maketrans(dict.fromkeys("@({[<!|$+%", "·"))
