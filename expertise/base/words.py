"""Words as they are searched: folded, read through look-alike letters, and cut to their stems.

One set of functions for writing and for asking, in Python, so that both databases find the same.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import snowballstemmer

from expertise.base.references import references

LONGEST = 40  # characters of a word that are kept
WORD = re.compile(r"\w+")
#: Words joined by hyphens; a hyphen at the end of a line is one, too.
COMPOUND = re.compile(r"[^\W\d]+(?:[-\u2010\u2011](?:[ \t]*\r?\n[ \t]*)?[^\W\d]+)+")
#: A word as people typed it, with marks of stress and signs that nobody sees.
_PIECE = re.compile(r"[\w\u0300-\u036f\u00ad\u200b-\u200d\u2060]+(?:[-\u2010\u2011][\w\u0300-\u036f\u00ad]+)*")

#: Kazakh letters and their Russian neighbours, so that a keyboard without them still finds the word.
FOLDED = str.maketrans("әғқңөұүһіё", "агкноуухие")

#: Letters of other alphabets that look like a Cyrillic one, before the case of letters is folded.
_LIKE_CYRILLIC = str.maketrans(
    "aceikopxyhmtəɵüABCEHIKMOPTXYƏƟαορικν",
    "асеікорхуһмтәөүАВСЕНІКМОРТХУӘӨаорікв",
)
#: The other way round: Cyrillic letters in a word of Latin ones.
_LIKE_LATIN = str.maketrans("асеіорхуһкмтАВСЕНІКМОРТХУ", "aceiopxyhkmtABCEHIKMOPTXY")

_CYRILLIC = re.compile(r"[\u0400-\u052f]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u0259\u019f\u0275]")
_ALIKE = re.compile(r"[aceikopxyhmt]+")


def fold(text: str) -> list[str]:
    """The distinct words of a text as they are stored and looked for, in order."""
    return list(dict.fromkeys(_folded(word)[:LONGEST] for word in WORD.findall(_plain(text))))


def tokens(text: str) -> list[str]:
    """Everything under which a text is found.

    Its words, each followed by its stems, which begin with `~`; words with a hyphen inside once more as one word;
    numbers without leading zeros; references of cases in one spelling, which begins with `#`.
    """
    found: dict[str, None] = {}
    for word in (*fold(text), *joined(text)):
        found |= dict.fromkeys((word, *(f"~{stem}" for stem in stems(word) if stem != word), *_misread(word)))
        if word[0] == "0" and word.isdecimal():
            found[word.lstrip("0") or "0"] = None
    return list(found | dict.fromkeys(references(text)))


def joined(text: str) -> list[str]:
    """Return the words with hyphens inside as one word each: онлайнсервис for онлайн-сервис, also across two lines."""
    return [_folded("".join(WORD.findall(each)))[:LONGEST] for each in COMPOUND.findall(_plain(text))]


def pieces(text: str) -> Iterator[re.Match[str]]:
    """Yield the words of a text as they stand there, a word with hyphens inside as one."""
    yield from _PIECE.finditer(text)


def alternatives(word: str) -> list[str]:
    """The tokens of which one is enough, for a folded word that is looked for: its stems, and what it may stand for."""
    exact = [each for stem in stems(word) for each in (stem, f"~{stem}")]
    return list(dict.fromkeys((*exact, *_misread(word))))


def _plain(text: str) -> str:
    """The text composed, without marks of stress, soft hyphens and other signs that nobody sees."""
    composed = unicodedata.normalize("NFKC", text)
    return "".join(each for each in composed if unicodedata.category(each) not in ("Cf", "Mn"))


def _folded(word: str) -> str:
    return _one_alphabet(word).casefold().translate(FOLDED)


def _one_alphabet(word: str) -> str:
    """A word of two alphabets in one: `қaлдық` with a Latin a is Kazakh. A word of which nobody can tell stays."""
    if not (_CYRILLIC.search(word) and _LATIN.search(word)) and not re.search(r"[αορικν]", word):
        return word
    cyrillic = word.translate(_LIKE_CYRILLIC)
    if not _LATIN.search(cyrillic):
        return cyrillic
    latin = word.translate(_LIKE_LATIN)
    return latin if not _CYRILLIC.search(latin) else word


def _misread(word: str) -> list[str]:
    """A word of Latin letters that all look like Cyrillic ones may be a Cyrillic one: `cy` for `су`."""
    return [word.translate(_LIKE_CYRILLIC).translate(FOLDED)] if _ALIKE.fullmatch(word) else []


# --- stems ------------------------------------------------------------------------------------

_local = threading.local()


def _snowball(language: str, word: str) -> str:
    """A stemmer keeps the word in hand, so each thread has its own."""
    known = _local.__dict__.setdefault("stemmers", {})
    if language not in known:
        known[language] = snowballstemmer.stemmer(language)
    return str(known[language].stemWord(word))


@lru_cache(maxsize=50_000)
def stems(word: str) -> tuple[str, ...]:
    """The stems of a folded word: of a Latin one by English, of a Cyrillic one by Russian and by Kazakh."""
    if not word.isalpha():
        return ()
    if _LATIN.search(word):
        return (_snowball("english", word),)
    if not _CYRILLIC.search(word):
        return ()
    return tuple(dict.fromkeys((_snowball("russian", word), kazakh_stem(word))))


#: Endings of Kazakh words in folded letters, in the order in which they stand from the end: where and whence, case,
#: possession, plural. Of each group the longest that fits is cut once.
_ENDINGS: tuple[tuple[str, ...], ...] = tuple(
    tuple(sorted(group.split(), key=len, reverse=True))
    for group in (
        "дагы деги тагы теги ндагы ндеги дикі дики тики ники",
        """нын нин дын дин тын тин га ге ка ке на не ны ни ды ди ты ти да де та те нда нде дан ден тан тен нан нен
        мен бен пен""",
        "ымыз имиз мыз миз ыныз иниз ныз низ сы си ым им ын ин ы и",
        "лар лер дар дер тар тер",
    )
)
_VOWEL = frozenset("аеиоуыэюя")
#: Voiced last letters that appear before an ending: кітап, кітабы; көлік, көлігі.
_HARD = {"б": "п", "г": "к"}
_SHORT = frozenset("ай ат ел ер ет ис ой от су уй".split())  # noqa: SIM905 words of two letters that take endings


def kazakh_stem(word: str) -> str:
    """A Kazakh word without the endings of its case, possession and plural, in folded letters."""
    stem = word
    for group in _ENDINGS:
        stem = _cut(stem, group)
        if group is _ENDINGS[1] and len(stem) > 4 and stem.endswith(("сын", "син")):
            stem = stem[:-1]  # баласын: the accusative of what is possessed
    return _settled(_cut(stem, _ENDINGS[2]))  # once more: the plural hid words that end so themselves, өтінімдер


def _cut(word: str, endings: tuple[str, ...]) -> str:
    for ending in endings:
        rest = word[: -len(ending)]
        fits = len(rest) > 2 or rest in _SHORT
        if ending in ("сы", "си") and rest.endswith(("ы", "и")):
            fits = False  # облысы is облыс and ы: few words end in a narrow vowel
        if fits and word.endswith(ending) and not _VOWEL.isdisjoint(rest):
            return rest
    return word


def _settled(stem: str) -> str:
    """The stem with its last consonant hard, and without the narrow vowel that comes and goes: халық, халқы."""
    stem = stem[:-1] + _HARD.get(stem[-1:], stem[-1:])
    if len(stem) > 3 and stem[-2] in "ыи" and stem[-1] not in _VOWEL and stem[-3] not in _VOWEL:
        return stem[:-2] + stem[-1]
    return stem


# --- names in another script --------------------------------------------------------------------

_SOUNDS = str.maketrans(
    {
        **dict(zip("абвгдезийклмнопрстуфхцъыьэ", "abvgdezijklmnoprstufhc\0i\0e", strict=True)),
        **dict(zip("әғқңөұүһіё", "agknouuhie", strict=True)),
        "ж": "j",
        "ч": "4",
        "ш": "$",
        "щ": "$",
        "ю": "iu",
        "я": "ia",
        "ş": "sh",
        "ç": "ch",
        "ğ": "g",
        "ŋ": "n",
        "ı": "i",
        "ə": "a",
    }
)
#: Ways to write one sound in Latin letters → one sign, the longer ones first.
_SPELLINGS = (
    *(("shch", "$"), ("sch", "$"), ("sh", "$"), ("ch", "4"), ("zh", "j"), ("dj", "j"), ("kh", "h"), ("gh", "g")),
    *(("ts", "c"), ("tz", "c"), ("ks", "x"), ("q", "k"), ("w", "v"), ("ng", "n"), ("ph", "f")),
    *(("ye", "e"), ("yo", "e"), ("jo", "e"), ("yu", "iu"), ("ju", "iu"), ("ya", "ia"), ("y", "i")),
)


def sounds(text: str) -> str:
    """A name as it sounds, the same for Айгүл, Айгуль and Aigul, to be compared and never shown."""
    composed = unicodedata.normalize("NFKC", text).casefold()
    heard = composed.translate(_SOUNDS).replace("\0", "")
    heard = "".join(each for each in unicodedata.normalize("NFD", heard) if not unicodedata.combining(each))
    for spelling, sign in _SPELLINGS:
        heard = heard.replace(spelling, sign)
    heard = re.sub(r"(?<=[aeiou])j(?![aeiou])", "i", heard)
    return re.sub(r"([a-z$])\1+", r"\1", re.sub("['’ʼ`]", "", heard))
