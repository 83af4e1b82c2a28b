"""Order of names by the Kazakh alphabet, which holds the Russian one in its own order.

Unicode puts the Kazakh letters behind я; a list sorted so looks broken to every reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

KAZAKH = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
_PLACE = {letter: place for place, letter in enumerate(KAZAKH)}


def alphabetically(text: str) -> list[tuple[int, int]]:
    """Return a sort key: blanks, digits, Latin, then Kazakh letters. Quotes and other signs do not count."""
    return [
        (1, _PLACE[character]) if character in _PLACE else (0, ord(character))
        for character in text.casefold()
        if character.isalnum() or character == " "
    ]


def sorted_by_name(items: Iterable[T], name: Callable[[T], str]) -> list[T]:
    """The items in the order of the alphabet."""
    return sorted(items, key=lambda item: alphabetically(name(item)))
