"""Every sentence of pages, letters, receipts and reports is there in Kazakh and in Russian."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from expertise.text.catalogues import catalogue

ROOT = Path(__file__).parents[4]
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
FORMS = {"kk": 1, "ru": 3}  # Kazakh has one plural after numerals, Russian three


def said():
    """Every msgid of templates and Python, a pair where there is a plural."""
    words = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
    places = ((ROOT / "templates", [("**.html", "jinja2")]), (ROOT / "expertise", [("**.py", "python")]))
    return {found[2] for folder, how in places for found in extract_from_dir(str(folder), how, keywords=words)}


@pytest.mark.parametrize("language", FORMS)
def test_every_sentence_is_translated(language):
    known = catalogue(language)
    for message in said():
        singular, plural = message if isinstance(message, tuple) else (message, None)
        entry = known.get(singular)
        assert entry is not None, f"{singular!r} is not in the {language} catalogue"
        assert not entry.fuzzy, f"{singular!r} is fuzzy"
        texts = entry.string if plural else (entry.string,)
        assert len(texts) == (FORMS[language] if plural else 1)
        for text in texts:
            assert text and set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(singular)), (singular, text)


@pytest.mark.parametrize("language", FORMS)
def test_nothing_is_translated_that_nobody_says(language):
    used = {message[0] if isinstance(message, tuple) else message for message in said()}
    assert {
        message.id[0] if message.pluralizable else message.id for message in catalogue(language) if message.id
    } == used


def test_the_two_languages_differ_where_they_should():
    """A Russian text left standing in the Kazakh catalogue: all but names and loan words differ."""
    russian = catalogue("ru")
    same = [message.id for message in catalogue("kk") if message.id and message.string == russian[message.id].string]
    assert set(same) == {"Komek", "currency", "a file"}
