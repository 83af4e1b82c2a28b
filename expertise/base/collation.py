"""Order of names by the Kazakh alphabet, which holds the Russian one in its own order."""

from __future__ import annotations

KAZAKH = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
_PLACE = {letter: place for place, letter in enumerate(KAZAKH)}


def alphabetically(text: str) -> list[tuple[int, int]]:
    """Sort key: blanks, digits, Latin, then Kazakh letters; quotes and other signs do not count."""
    return [
        (1, _PLACE[character]) if character in _PLACE else (0, ord(character))
        for character in text.casefold()
        if character.isalnum() or character == " "
    ]
