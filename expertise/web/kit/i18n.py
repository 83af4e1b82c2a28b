"""Which language a page speaks, its catalogues, and dates, sums and alphabets in it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from babel import Locale, numbers
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, request
from flask_babel import Babel, Domain, get_locale

from workflows.calendar import ALMATY
from workflows.definition import LANGUAGES, Text

T = TypeVar("T")

CATALOGUES = Path(__file__).parents[2] / "translations"
NAMES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
COOKIE = "komek-language"

#: With the country, because plain `ru` writes the currency's code where a tenge sign is expected.
_NUMBERS = {"kk": "kk_KZ", "ru": "ru_KZ", "en": "en_GB"}

#: Unicode puts the Kazakh letters behind я; a list sorted so looks broken to every reader.
_ALPHABETS = {
    "kk": "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "en": "abcdefghijklmnopqrstuvwxyz",
}
_PLACES = {
    language: {letter: (1, place) for place, letter in enumerate(letters)} for language, letters in _ALPHABETS.items()
}


class Catalogues(Domain):
    """The translations of all pages, compiled from the .po files when the process starts: one file per subject.

    The files are the source and no compiled copy can be out of date. Compiled by Babel's own tool a new
    catalogue is marked fuzzy and silently left out; here a fuzzy entry is left out, and a test finds it.
    """

    def __init__(self) -> None:
        super().__init__(str(CATALOGUES))
        self._compiled: dict[str, NullTranslations] = {"en": NullTranslations()}
        for language in LANGUAGES:
            if (CATALOGUES / language).exists():
                self._compiled[language] = _compile(catalogue(language))

    def get_translations(self) -> NullTranslations:
        """The catalogue of the language that this request speaks."""
        return self._compiled[current()]


def catalogue(language: str) -> Catalog:
    """All .po files of a language as one. Raises ValueError when two of them say the same sentence differently."""
    whole = Catalog(locale=language)
    for path in sorted((CATALOGUES / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as source:
            for entry in read_po(source, locale=language, abort_invalid=True):
                known = whole.get(entry.id, entry.context)
                if entry.id and known is not None and known.string != entry.string:
                    raise ValueError(f"{path.name}: {entry.id!r} is translated differently in another file")
                whole[entry.id] = entry
    return whole


def _compile(catalogue: Catalog) -> Translations:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def attach(app: Flask) -> None:
    """Teach the application its three languages; times are shown on the clock of Kazakhstan."""
    babel = Babel(app, default_locale="kk", default_timezone="Asia/Almaty", locale_selector=choose)
    babel.domain_instance = Catalogues()
    app.jinja_env.filters.update(day=day, moment=moment, said=said, money=money, size=size)
    app.jinja_env.globals.update(language=current, language_names=NAMES)


def choose() -> str:
    """The language of the letter's reader or the signed-in person, else of the cookie or browser, else Kazakh."""
    reader = getattr(g, "reader", None) or getattr(g, "actor", None)
    if reader is not None:
        return reader.language
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or "kk"


def current() -> str:
    """The language code of the page that is being made; English where there is no page."""
    locale = get_locale()
    return "en" if locale is None else str(locale.language)


def said(text: Text | None) -> str:
    """A definition's text in the language of the page."""
    return text[current()] if text else ""


def day(value: date | datetime | str | None) -> str:
    """`31.10.2016`, in every language; an instant is shown as the day it falls on in Kazakhstan."""
    if not value:
        return ""
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    elif isinstance(value, datetime):
        value = value.astimezone(ALMATY).date()
    return f"{value:%d.%m.%Y}"


def moment(value: datetime | None) -> str:
    """`31.10.2016, 17:05` on the clock of Kazakhstan."""
    return f"{value.astimezone(ALMATY):%d.%m.%Y, %H:%M}" if value else ""


def clock_time(value: datetime) -> str:
    """`17:05` on the clock of Kazakhstan."""
    return f"{value.astimezone(ALMATY):%H:%M}"


def money(value: Mapping[str, str] | None) -> str:
    """A stored amount with the sign of its currency; whole sums without their two zeros."""
    if not value:
        return ""
    amount = Decimal(value["amount"])
    digits = "#,##0" if amount == amount.to_integral_value() else "#,##0.00"
    pattern = f"¤¤\u00a0{digits}" if current() == "en" else f"{digits}\u00a0¤"
    locale = _NUMBERS[current()]
    return numbers.format_currency(amount, value["currency"], pattern, locale=locale, currency_digits=False)


def size(octets: int) -> str:
    """`12 KB`, `3.4 MB` in the numbers of the language."""
    locale = _NUMBERS[current()]
    if octets < 1024 * 1024:
        return f"{numbers.format_decimal(max(1, round(octets / 1024)), locale=locale)}\u00a0KB"
    return f"{numbers.format_decimal(round(Decimal(octets) / (1024 * 1024), 1), locale=locale)}\u00a0MB"


def language_name(code: str) -> str:
    """`kk` → `қазақ тілі`, in the language of the page."""
    return Locale(current()).languages.get(code, code)


def in_order(items: Iterable[T], name: Callable[[T], str]) -> list[T]:
    """Sorted as a dictionary of the page's language sorts."""
    places: Mapping[str, tuple[int, int]] = _PLACES[current()]

    def place(item: T) -> list[tuple[int, int]]:
        return [places.get(letter, (0 if ord(letter) < 128 else 2, ord(letter))) for letter in name(item).lower()]

    return sorted(items, key=place)
