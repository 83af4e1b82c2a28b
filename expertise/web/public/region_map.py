"""The tile map of the twenty regions: a tile is a link that narrows the register, with the number it would show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from expertise.web.kit.choices import ReferenceNames
from expertise.web.kit.i18n import current

#: Region → column and row of its tile, about where it lies, and its short name in kk, ru, en.
TILES: Mapping[str, tuple[int, int, str, str, str]] = {
    "KZ-59": (3, 0, "СҚО", "СКО", "NKZ"),
    "KZ-27": (0, 1, "БҚО", "ЗКО", "WKZ"),
    "KZ-15": (1, 1, "АҚТ", "АКТ", "AKT"),
    "KZ-39": (2, 1, "ҚОС", "КОС", "KOS"),
    "KZ-11": (3, 1, "АҚМ", "АКМ", "AKM"),
    "KZ-71": (4, 1, "АСТ", "АСТ", "AST"),
    "KZ-55": (5, 1, "ПАВ", "ПАВ", "PAV"),
    "KZ-23": (0, 2, "АТЫ", "АТЫ", "ATY"),
    "KZ-62": (2, 2, "ҰЛЫ", "УЛЫ", "ULY"),
    "KZ-35": (3, 2, "ҚАР", "КАР", "KAR"),
    "KZ-10": (4, 2, "АБАЙ", "АБАЙ", "ABAI"),
    "KZ-63": (5, 2, "ШҚО", "ВКО", "EKZ"),
    "KZ-47": (0, 3, "МАҢ", "МАН", "MAN"),
    "KZ-43": (1, 3, "ҚЫЗ", "КЫЗ", "KYZ"),
    "KZ-61": (2, 3, "ТҮР", "ТУР", "TUR"),
    "KZ-31": (3, 3, "ЖАМ", "ЖАМ", "ZHA"),
    "KZ-19": (4, 3, "АЛМ", "АЛМ", "ALM"),
    "KZ-33": (5, 3, "ЖЕТ", "ЖЕТ", "ZHE"),
    "KZ-79": (2, 4, "ШЫМ", "ШЫМ", "SHY"),
    "KZ-75": (4, 4, "АЛА", "АЛА", "ALA"),
}
WIDE, HIGH, GAP = 44, 48, 4  # pixels of a tile, and between two
SHADES = 5


@dataclass(frozen=True, slots=True)
class MapTile:
    """One region on the map; geometry in pixels, `shade` from 0 (none) to 4 (most)."""

    x: int
    y: int
    short: str
    name: str
    number: int
    shade: int
    url: str
    chosen: bool


def tiles(
    counts: Mapping[str, int], names: ReferenceNames, chosen: str | None, address: Callable[[str | None], str]
) -> list[MapTile]:
    """Return the tiles. `address`: region → where the register is narrowed by it, None → where it is not."""
    place = {"kk": 2, "ru": 3, "en": 4}[current()]
    most = max((counts.get(code, 0) for code in TILES), default=0)
    return [
        MapTile(
            x=tile[0] * (WIDE + GAP),
            y=tile[1] * (HIGH + GAP),
            short=str(tile[place]),
            name=names.region(code),
            number=counts.get(code, 0),
            shade=_shade(counts.get(code, 0), most),
            url=address(None if code == chosen else code),
            chosen=code == chosen,
        )
        for code, tile in TILES.items()
    ]


def _shade(number: int, most: int) -> int:
    """Equal steps up to the largest number; 0 is for none at all."""
    return 0 if number == 0 else 1 + (number * (SHADES - 1) - 1) // most
