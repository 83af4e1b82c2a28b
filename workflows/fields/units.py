"""The units in which amounts are given, with the words that people write behind a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from workflows.field import LANGUAGES, MeasureUnit, Text


@dataclass(frozen=True, slots=True)
class _Written:
    """A unit as it is written in Kazakh, Russian and English, and the other spellings of it, parted by `|`."""

    label: tuple[str, str, str]
    others: str = ""


_UNITS: Mapping[str, _Written] = {
    "percent": _Written(("%", "%", "%"), "процент|процента|процентов|проценты|пр|пайыз|percent|per cent|pct"),
    "km": _Written(
        ("км", "км", "km"), "километр|километра|километров|километры|шақырым|kilometre|kilometres|kilometers"
    ),
    "m": _Written(("м", "м", "m"), "метр|метра|метров|метры|metre|metres|meter|meters"),
    "m2": _Written(
        ("м²", "м²", "m²"), "м2|m2|кв м|кв.м|м кв|ш м|ш.м|шаршы метр|sq m|sqm|квадратных метров|квадратный метр"
    ),
    "km2": _Written(("км²", "км²", "km²"), "км2|km2|кв км|кв.км|шаршы км|шаршы шақырым|sq km|квадратных километров"),
    "m3": _Written(
        ("м³", "м³", "m³"), "м3|m3|куб м|куб.м|текше метр|cu m|кубометр|кубометра|кубометров|кубических метров"
    ),
    "ha": _Written(("га", "га", "ha"), "гектар|гектара|гектаров|гектары|hectare|hectares"),
    "t": _Written(("т", "т", "t"), "тн|тонна|тонны|тонн|tonne|tonnes|ton|tons"),
    "kg": _Written(("кг", "кг", "kg"), "килограмм|килограмма|килограммов|килограмм|kilogram|kilograms"),
    "l": _Written(("л", "л", "l"), "литр|литра|литров|litre|litres|liter|liters"),
    "kwh": _Written(("кВт·сағ", "кВт·ч", "kWh"), "квтч|квт ч|квт*ч|квт-ч|квт.ч|квт сағ|квт*сағ|kw h"),
    "gcal": _Written(("Гкал", "Гкал", "Gcal"), "гигакалория|гигакалорий"),
    "people": _Written(("адам", "чел.", "people"), "человек|человека|person|persons"),
    "households": _Written(
        ("үй шаруашылығы", "домохозяйств", "households"), "домохозяйство|домохозяйства|семей|семья|отбасы|household"
    ),
    "pieces": _Written(("дана", "шт.", "pieces"), "штук|штука|штуки|piece|pcs|бірлік|ед|единиц|units"),
    "points": _Written(("балл", "баллов", "points"), "балла|баллы|ұпай|point|pts"),
    "hours": _Written(("сағ", "ч", "h"), "сағат|час|часа|часов|hour|hours|hrs"),
    "days": _Written(("күн", "дн.", "days"), "день|дня|дней|day"),
    "years": _Written(("жыл", "лет", "years"), "год|года|year"),
}

#: Word of `unit` in a definition → the unit.
UNITS: Mapping[str, MeasureUnit] = MappingProxyType(
    {
        key: MeasureUnit(
            key,
            MappingProxyType(dict(zip(LANGUAGES, each.label, strict=True))),
            tuple(filter(None, each.others.split("|"))),
        )
        for key, each in _UNITS.items()
    }
)


def own_unit(label: Text) -> MeasureUnit:
    """Return a unit that a definition names in its own words; its key is the English one."""
    return MeasureUnit(label["en"], label)


def _folded(word: str) -> str:
    return " ".join(word.casefold().split()).strip(" .")


def is_written(unit: MeasureUnit, word: str) -> bool:
    """Whether `word`, as it stands beside a number, is that unit."""
    return _folded(word) in {_folded(each) for each in (*unit.label.values(), *unit.spellings)}


def is_known(word: str) -> bool:
    """Whether `word` is a unit at all, be it another one than a field wants."""
    return any(is_written(unit, word) for unit in UNITS.values())
