"""Three languages for every word of a workflow, and Kazakh is nowhere Russian left standing.

Pages and letters have tests of their own: tests/expertise/web/kit/test_catalogues.py, tests/expertise/mail.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping

import pytest
import yaml

from expertise import registry
from tests.laws.product import ROOT
from workflows.definition import LANGUAGES, ROLES
from workflows.roles import ROLE_LABELS

LETTERS = sorted((ROOT / "templates" / "letters").glob("*.yaml"))
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
#: Words that are the same in both languages.
LOAN_WORDS = {"Телефон", "Бюджет", "Грант", "Идея", "Кредитор", "кредитор", "аудитор"}
DEFINITIONS = registry.load()


def texts(thing: object, where: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every text of a definition, however deep, with the path to it."""
    if isinstance(thing, Mapping):
        if thing and set(thing) <= set(LANGUAGES):
            yield where, thing
            return
        for key, value in thing.items():
            yield from texts(value, f"{where}.{key}")
    elif dataclasses.is_dataclass(thing):
        for field in dataclasses.fields(thing):
            yield from texts(getattr(thing, field.name), f"{where}.{field.name}")


@pytest.mark.parametrize("key", DEFINITIONS)
def test_every_word_of_a_workflow_is_said_in_three_languages(key):
    found = dict(texts(DEFINITIONS[key], key))
    assert len(found) > 20
    for where, text in found.items():
        assert set(text) == set(LANGUAGES) and all(words.strip() for words in text.values()), where


def test_only_loan_words_are_the_same_in_kazakh_and_russian():
    everywhere = [*DEFINITIONS.values(), ROLE_LABELS]
    assert {text["kk"] for each in everywhere for _, text in texts(each, "") if text["kk"] == text["ru"]} == LOAN_WORDS


def test_every_role_has_a_name():
    assert set(ROLE_LABELS) == set(ROLES)
    for text in ROLE_LABELS.values():
        assert set(text) == set(LANGUAGES)


def test_letters_say_the_same_in_all_languages():
    """The same values in each, and no Russian sentence left standing in the Kazakh one."""
    for path in LETTERS:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for part in ("subject", "body"):
            written = content[part]
            named = {language: sorted(PLACEHOLDER.findall(written[language])) for language in LANGUAGES}
            assert named["kk"] == named["ru"] == named["en"], (path.stem, part)
            assert len(set(written.values())) == len(LANGUAGES), (path.stem, part)
