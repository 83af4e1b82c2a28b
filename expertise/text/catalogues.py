"""The translations of every sentence of Komek, compiled from the .po files: one catalogue for pages, mail and reports.

English sentences stand in the code and are the keys of the catalogue; the files under expertise/translations
hold the Russian and the Kazakh ones, a file per subject.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

CATALOGUES = Path(__file__).parents[1] / "translations"


def N_(message: str) -> str:  # noqa: N802 the name that gettext and its tools know
    """Return the message unchanged. Marks a sentence of a table for extraction; it is translated where it is used."""
    return message


def catalogue(language: str) -> Catalog:
    """All .po files of a language as one. Raises ValueError when two of them translate one sentence differently."""
    merged = Catalog(locale=language)
    for path in sorted((CATALOGUES / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as source:
            for entry in read_po(source, locale=language, abort_invalid=True):
                known = merged.get(entry.id, entry.context)
                if entry.id and known is not None and known.string != entry.string:
                    raise ValueError(f"{path.name}: {entry.id!r} is translated differently in another file")
                merged[entry.id] = entry
    return merged


@cache
def translations(language: str) -> NullTranslations:
    """The compiled catalogue of a language; of English, an empty one. Compiled once in a process.

    The files are the source and no compiled copy can be out of date. Compiled by Babel's own tool a new
    catalogue is marked fuzzy and silently left out; here a fuzzy entry is left out, and a test finds it.
    """
    if not (CATALOGUES / language).exists():
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return Translations(compiled)
