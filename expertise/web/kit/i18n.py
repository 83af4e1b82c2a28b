"""The language of the page that is being made, chosen for each request, and what templates need to write in it."""

from __future__ import annotations

from babel.support import NullTranslations
from flask import Flask, g, request
from flask_babel import Babel, Domain, get_locale

from expertise.text.catalogues import CATALOGUES, translations
from expertise.text.translator import TRANSLATORS, Translator, day, moment
from workflows.definition import LANGUAGES, Text

NAMES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
COOKIE = "komek-language"


class PageCatalogue(Domain):
    """The one catalogue of translations, for `_` in templates and pages."""

    def __init__(self) -> None:
        super().__init__(str(CATALOGUES))

    def get_translations(self) -> NullTranslations:
        """The catalogue of the language of this request."""
        return translations(current())


def attach(app: Flask) -> None:
    """Teach the application its three languages; times are shown on the clock of Kazakhstan."""
    babel = Babel(app, default_locale="kk", default_timezone="Asia/Almaty", locale_selector=choose)
    babel.domain_instance = PageCatalogue()
    for language in LANGUAGES:
        translations(language)  # a fault of a catalogue stops the start, not a page
    app.jinja_env.filters.update(
        day=day,
        moment=moment,
        said=said,
        money=lambda value: translator().money(value),
        size=lambda octets: translator().size(octets),
    )
    app.jinja_env.globals.update(language=current, language_names=NAMES)


def choose() -> str:
    """The language of the letter's reader or the signed-in person, else of the cookie or browser, else Kazakh.

    Pages of the public register may name it in their address, so that a link leads to the language it was copied in.
    """
    if request.blueprint == "public" and request.args.get("lang") in LANGUAGES:
        return request.args["lang"]
    reader = getattr(g, "reader", None) or getattr(g, "actor", None)
    if reader is not None:
        return reader.language
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or "kk"


def current() -> str:
    """The language code of the page that is being made; English where there is no page."""
    locale = get_locale()
    return "en" if locale is None else str(locale.language)


def translator() -> Translator:
    """The translator into the language of the page."""
    return TRANSLATORS[current()]


def said(text: Text | None) -> str:
    """A definition's text in the language of the page; empty for None."""
    return text[current()] if text else ""
