"""The width of a text in the interface font, and its line breaks, so that boxes fit before they are drawn."""

from __future__ import annotations

from functools import lru_cache

#: Advance widths of Golos Text Regular in thousandths of the letter size, rounded up, grouped by width.
_WIDTHS = {
    260: " '`",
    300: "ijі!,.:;·’",
    330: "lIІ",
    370: "f|",
    400: '()-[]{}"rt',
    460: "г*",
    500: "/1\\тғ“”_",
    530: "?z7sзь–",
    560: "+<=>^cx~схэ«»JakvyавучүГҒұ",
    590: "235eеёләқLкяFб",
    610: "69ZouдопъөҰ48EbdghnpqийнрһЕЁ",
    640: "0TцТ₸ң$SYЗҮ",
    670: "PXРХЬҺ&ABVАБВУЧ€",
    700: "#CRСЭKЯDGКӘ",
    740: "ЛмҚUыДЪ—OQфОӨ",
    780: "ПHNИЙНЦюҢ",
    810: "жwш",
    860: "%щMМФ",
    960: "mЫ…ЮWЖ",
    1000: "ШЩ@",
    1090: "№",
}
_WIDTH_OF = {letter: width for width, letters in _WIDTHS.items() for letter in letters}

#: A letter outside the table takes the width of a wide one.
_UNKNOWN = 860

#: Semi-bold runs up to this much wider, and a stand-in font may too.
_RESERVE = 1.05


@lru_cache(maxsize=4096)
def width(text: str, size: float) -> float:
    """Return the width of `text` in pixels at a letter size of `size` pixels, rounded up rather than down."""
    return sum(_WIDTH_OF.get(letter, _UNKNOWN) for letter in text) / 1000 * size * _RESERVE


@lru_cache(maxsize=4096)
def wrap(text: str, limit: float, size: float) -> tuple[str, ...]:
    """The lines of `text`, none wider than `limit` unless a single word is, as even as they can be.

    No more lines are made than the limit needs; within that the longest line is kept short.
    """
    lines = _fill(text.split(), limit, size)
    if len(lines) < 2:
        return lines
    narrowest = lines
    for step in range(1, 20):
        candidate = _fill(text.split(), limit * (1 - step / 20), size)
        if len(candidate) > len(lines) or longest(candidate, size) > longest(narrowest, size):
            break
        narrowest = candidate
    return narrowest


def longest(lines: tuple[str, ...], size: float) -> float:
    """The width of the widest line; 0 for none."""
    return max((width(line, size) for line in lines), default=0)


def _fill(words: list[str], limit: float, size: float) -> tuple[str, ...]:
    lines: list[str] = []
    for word in words:
        if lines and width(f"{lines[-1]} {word}", size) <= limit:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)
