"""Every sentence that people read uses the words of docs/glossary.md; its table "Instead of" says which they do not."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping

import pytest
import yaml

from expertise import registry
from expertise.text.catalogues import catalogue
from tests.laws.product import ROOT
from workflows.definition import LANGUAGES
from workflows.extension import EXTENDED, LABEL
from workflows.roles import ROLE_LABELS

GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
TERMS, _, INSTEAD = GLOSSARY.partition("## Instead of")
#: Files of texts by language, beside the catalogues and the definitions.
FILES = [
    *sorted((ROOT / "templates" / "letters").glob("*.yaml")),
    *sorted((ROOT / "expertise" / "demo" / "data").rglob("*.yaml")),
    *sorted((ROOT / "expertise" / "questionnaires" / "data").glob("*.yaml")),
]
#: Kazakh: an instant or a date takes its ending with the word for it, not by itself.
BARE_DATE = re.compile(r"(\d{4}|%\((?:day|until|at|due)\)s|\$\{(?:day|due)\}) (?:бастап|дейін|бері|кейін)\b")
#: Of a row of the table: the language, the discouraged words, the better ones.
ROW = re.compile(r"^\| (en|ru|kk) \| (.+?) \| (.+?) \|$", re.MULTILINE)
REFUSED = ROW.findall(INSTEAD)


def texts(thing: object, where: str) -> Iterator[tuple[str, str, str]]:
    """Every text by language, however deep: its place, its language, its words."""
    if dataclasses.is_dataclass(thing):
        thing = {field.name: getattr(thing, field.name) for field in dataclasses.fields(thing)}
    elif isinstance(thing, list | tuple):
        thing = dict(enumerate(thing))
    if not isinstance(thing, Mapping):
        return
    for key, value in thing.items():
        if key in LANGUAGES:
            said = value if isinstance(value, Mapping) else {"": value}
            yield from ((f"{where}.{name}", key, words) for name, words in said.items() if isinstance(words, str))
        else:
            yield from texts(value, f"{where}.{key}")


def sentences() -> Iterator[tuple[str, str, str]]:
    for language in ("kk", "ru"):
        for message in catalogue(language):
            if not message.id:
                continue
            singular, *plural = [message.id] if isinstance(message.id, str) else message.id
            yield from (("catalogue", "en", said) for said in (singular, *plural))
            said = [message.string] if isinstance(message.string, str) else message.string
            yield from ((f"catalogue: {singular}", language, each) for each in said)
    for key, definition in registry.load().items():
        yield from texts(definition, key)
    yield from texts({"roles": dict(ROLE_LABELS), "extension": [LABEL, EXTENDED]}, "workflows")
    for file in FILES:
        yield from texts(yaml.safe_load(file.read_text(encoding="utf-8")), file.name)


SENTENCES = list(sentences())


def found(words: str) -> re.Pattern[str]:
    """Beginnings of words, in any case where the first letter is small."""
    flags = re.IGNORECASE if words[0].islower() else 0
    return re.compile(rf"(?<!\w){re.escape(words)}", flags)


def test_there_is_something_to_read():
    assert len(REFUSED) > 30 and {language for language, _, _ in REFUSED} == set(LANGUAGES)
    for language in LANGUAGES:
        assert sum(here == language for _, here, _ in SENTENCES) > 1500


@pytest.mark.parametrize(("language", "words", "better"), REFUSED, ids=[f"{row[0]}: {row[1]}" for row in REFUSED])
def test_no_sentence_uses_a_discouraged_word(language, words, better):
    pattern = found(words)
    wrong = [f"{where}: {said}" for where, here, said in SENTENCES if here == language and pattern.search(said)]
    assert not wrong, f"write “{better}” instead of “{words}”"


def test_a_date_in_kazakh_has_its_ending():
    wrong = [f"{where}: {said}" for where, language, said in SENTENCES if language == "kk" and BARE_DATE.search(said)]
    assert not wrong, "write “… күнінен бастап”, “… уақытына дейін”"


def test_the_reader_is_addressed_in_small_letters():
    """Russian: «вы» is capital at the beginning of a sentence only, as in all texts to many readers."""
    inside = re.compile(r"(?<=[\w,;–] )(Вы|Вас|Вам|Вами|Ваш\w*)\b")
    wrong = [f"{where}: {said}" for where, language, said in SENTENCES if language == "ru" and inside.search(said)]
    assert not wrong


def test_saved_and_sent_never_share_a_sentence_about_the_same_words():
    """What a button sends is not said to be saved, and the reverse; a sentence that parts the two says "not"."""
    both = {
        "en": (r"\bsaved\b", r"\bsent\b"),
        "ru": (r"сохран(?:ено|ены|ён|ена)\b", r"(?:отправлен|подан)[аоы]?\b"),
        "kk": (r"сақталды", r"жіберілді|берілді"),
    }
    wrong = [
        f"{where}: {said}"
        for where, language, said in SENTENCES
        if all(re.search(words, said, re.IGNORECASE) for words in both[language])
        and not re.search(r"\bnot\b|\bnothing\b|\bне\b|ничего|жоқ|ештеңе|емес", said, re.IGNORECASE)
    ]
    assert not wrong


def test_the_terms_are_sorted_and_said_in_both_languages_or_in_none():
    rows = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \| ([^|]*)\| ([^|]*)\|$", TERMS, re.MULTILINE)[2:]
    assert len(rows) > 50
    terms = [row[0].casefold() for row in rows]
    assert terms == sorted(terms)
    assert [row[0] for row in rows if bool(row[2].strip()) != bool(row[3].strip())] == []
