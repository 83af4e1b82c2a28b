"""Search: by the beginnings of words, whatever keyboard they were typed on."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from expertise.cases import search as words
from expertise.cases.model import Case, Word
from tests.support.case_environment import REQUEST, done, on_sqlite


@pytest.fixture
def finds(env):
    def search(query):
        conditions = [Case.id.in_(matching) for matching in words.matching(query)]
        with env.transactions.read() as session:
            return list(session.scalars(select(Case.reference).where(*conditions).order_by(Case.id)))

    return search


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Қызылорда ҚЫЗЫЛОРДА", ["кызылорда"]),
        ("әғқңөұүһі ё", ["агкноууhи".replace("h", "х"), "е"]),
        ("Өскемен, Ұлытау; Шымкент!", ["оскемен", "улытау", "шымкент"]),
        ("ER-2026-0001", ["er", "2026", "0001"]),
        ("ﬁne Straße", ["fine", "strasse"]),
        ("", []),
        ("… — !", []),
        ("NUL\0between", ["nul", "between"]),
        ("x" * 100, ["x" * words.LONGEST]),
    ],
)
def test_words_are_folded_alike(text, folded):
    assert words.fold(text) == folded


def test_a_case_is_found_by_beginnings_of_all_its_words(env, finds):
    waste = env.begin({**REQUEST, "title": "Қалдықтарды сұрыптау"})
    water = env.begin({**REQUEST, "title": "Су құбыры", "problem": "Pipes 100% old_style"})
    for query, found in (
        ("қалдық", [waste]),
        ("калдык", [waste]),
        ("КАЛДЫКТАРДЫ сурып", [waste]),
        ("сұрып құбыр", []),
        ("құб", [water]),
        ("убыр", []),  # the middle of a word is no beginning
        ("pipes 100", [water]),
        ("%", [waste, water]),  # no word at all narrows nothing
        ("100%", [water]),
        ("old_st", [water]),
        ("o_d", []),
        (water.lower(), [water]),
        ("ER-2026", [waste, water]),
        ("z'; DROP TABLE cases; --", []),
        (" ".join(["қал"] * 500), [waste]),
    ):
        assert finds(query) == found, query


def test_an_edit_is_found_and_the_old_words_are_forgotten(env, finds):
    reference = env.begin({**REQUEST, "title": "First thoughts"})
    done(env.try_edit("requester", reference, {"title": "Second thoughts"}))
    assert finds("second") == [reference] and finds("first") == []


@on_sqlite
def test_what_a_step_collects_is_found_too(env, finds):
    reference = env.walk("start_terms")
    assert finds("public need") == [reference]


@on_sqlite
def test_personal_fields_are_not_searched(env, finds):
    env.begin({**REQUEST, "contact_person": "Distinctive", "contact_email": "distinctive@example.kz"})
    assert finds("distinctive") == []


@on_sqlite
def test_one_case_fills_no_index(env):
    done(env.try_open({**REQUEST, "problem": " ".join(f"w{number}" for number in range(180)), "title": "x"}))
    definition = env.services.definitions.current("expertise_request")
    with env.transactions.write() as session:
        words.index(session, 1, "ER", definition, {"terms_of_reference": " ".join(map(str, range(3000)))})
        assert len(session.scalars(select(Word.word)).all()) == words.MOST
