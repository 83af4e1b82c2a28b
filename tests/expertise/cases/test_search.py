"""Search: by the beginnings of words, whatever keyboard they were typed on."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from expertise.base.words import LONGEST, fold
from expertise.cases import search as words
from expertise.cases.model import Case, Word
from tests.support.environment import done, on_sqlite
from tests.support.main_line import REQUEST


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
        ("x" * 100, ["x" * LONGEST]),
    ],
)
def test_words_are_folded_alike(text, folded):
    assert fold(text) == folded


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
    done(env.edit("requester", reference, {"title": "Second thoughts"}))
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
    done(env.file({**REQUEST, "problem": " ".join(f"w{number}" for number in range(180)), "title": "x"}))
    definition = env.services.definitions.current("expertise_request")
    with env.transactions.write() as session:
        words.index(session, 1, "ER", definition, {"terms_of_reference": " ".join(map(str, range(30_000)))})
        assert len(session.scalars(select(Word.word)).all()) == words.MOST


# --- other forms, other letters, comments -----------------------------------------------------------


def test_a_case_is_found_by_other_forms_of_its_words(env, finds):
    waste = env.begin({**REQUEST, "title": "Переработка отходов", "problem": "Landfills are full"})
    water = env.begin({**REQUEST, "title": "Ауыл суының сапасы", "problem": "Pipes leak"})
    for query, found in (
        ("отходы", [waste]),
        ("отходами переработкой", [waste]),
        ("landfill", [waste]),
        ("суы", [water]),
        ("ауылдың сапасын", [water]),
        ("cуының cапасы", [water]),  # with Latin letters c
        ("pipe leaking", [water]),
        ("отходы су", []),
    ):
        assert finds(query) == found, query


def test_a_word_typed_with_latin_letters_is_found_by_the_right_one(env, finds):
    reference = env.begin({**REQUEST, "title": "Қaлдықтарды сұpыптау", "problem": "Бiлiм бeру"})
    for query in ("қалдықтарды", "калдык", "сұрыптау", "білім", "билим беру"):
        assert finds(query) == [reference], query


def test_every_word_of_a_long_text_is_found(env, finds):
    reference = env.walk("start_terms")
    terms = " ".join(f"word{number}" for number in range(2000))
    env.take("coordinator", reference, "start_terms")
    done(env.edit("coordinator", reference, {"terms_of_reference": terms}))
    for number in (0, 399, 400, 401, 1999):
        assert finds(f"word{number}") == [reference]


def test_comments_are_searched_and_stay_found_after_an_edit(env, finds):
    reference = env.begin()
    done(env.comment("requester", reference, "Импортирован из старого реестра"))
    assert finds("реестры") == [reference]
    done(env.edit("requester", reference, {"title": "Another title"}))
    assert finds("реестр импортирован") == [reference] and finds("another") == [reference]
    env.take("requester", reference, "submit")
    env.take("coordinator", reference, "register")
    env.take("coordinator", reference, "return_for_completion", {"comment": "Distinctive remark"})
    assert finds("distinctive remarks") == [reference]


def test_the_index_is_written_anew_in_pieces(env, finds, monkeypatch):
    monkeypatch.setattr(words, "AT_ONCE", 2)
    cases = [env.begin({**REQUEST, "title": f"Отходы {number}"}) for number in range(5)]
    done(env.comment("requester", cases[0], "Сказано в комментарии"))
    with env.transactions.write() as session:
        session.execute(delete(Word))
    assert finds("отход") == []
    last, times = 0, 0
    while last is not None:
        with env.transactions.write() as session:
            last, times = words.index_some(session, last), times + 1
    assert times == 4 and finds("отходами") == cases and finds("комментарий") == [cases[0]]
