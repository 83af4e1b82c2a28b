"""Answers as people write them, in three languages; what is not surely understood comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertise.questionnaires.answers import LONGEST, parse_answers, value_of
from expertise.questionnaires.catalogue import questionnaire_of
from tests.support.contents import definitions

ASKED = questionnaire_of("recommendation_follow_up")
FIVE = list(ASKED.questions.values())
RESULT, EVIDENCE, OBSTACLE, AMOUNT, PEOPLE = FIVE


def said(text, asked=FIVE):
    found = parse_answers(text, asked)
    return {one.number: one.value for one in found.given}, list(found.unclear)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 да / 4 120000 / 5 300", {1: "implemented", 4: 120000, 5: 300}),
        ("1 иә\n2 №14 бұйрық\n", {1: "implemented", 2: "№14 бұйрық"}),
        (
            "1. Частично.\n2) Приказ № 14 от 01.02.2026\n4: 1,5 млн тг",
            {1: "partly", 2: "Приказ № 14 от 01.02.2026", 4: 1500000},
        ),
        ("№1 нет; №3 нет денег; 5 - 12 000 человек", {1: "not_yet", 3: "нет денег", 5: 12000}),
        ("1 no longer relevant\n3 The landfill was closed.", {1: "irrelevant", 3: "The landfill was closed."}),
        ("1 ішінара", {1: "partly"}),
        ("1 Өзекті емес", {1: "irrelevant"}),
        ("1 ДА, приказ № 5", {1: "implemented"}),
        ("1\u00a0да\u200b\n4\u00a0120\u00a0000\u00a0₸", {1: "implemented", 4: 120000}),
        ("4 120 000\n4 130 000", {4: 130000}),
        (
            "2 Приказ № 14\nот 1 февраля,\nстраница 3\n\nС уважением,\nИванов",
            {2: "Приказ № 14 от 1 февраля, страница 3"},
        ),
        ("Здравствуйте!\n1 да\n\nС уважением", {1: "implemented"}),
        ("2 http://akimat.kz/a/1 / стр. 5", {2: "http://akimat.kz/a/1 / стр. 5"}),
    ],
)
def test_what_is_understood(text, expected):
    assert said(text) == (expected, [])


@pytest.mark.parametrize(
    ("text", "unclear"),
    [
        ("1 нет данных", ["1 нет данных"]),
        ("1 да нет", ["1 да нет"]),
        ("4 много", ["4 много"]),
        ("4 1,5 тонны", ["4 1,5 тонны"]),
        ("9 да", ["9 да"]),
        ("0 да", ["0 да"]),
        ("4 1.5", ["4 1.5"]),
        ("Всё сделано.", ["Всё сделано."]),
        ("12.05.2026 сделали", ["12.05.2026 сделали"]),
        ("", []),
    ],
)
def test_what_is_not_sure_comes_back(text, unclear):
    assert said(text) == ({}, unclear)


def test_numbers_run_across_all_recommendations_of_a_letter():
    assert said("1 да\n6 нет\n8 Нет земли", FIVE * 2) == ({1: "implemented", 6: "not_yet", 8: "Нет земли"}, [])


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_words_of_the_letter_itself_are_understood(language):
    for key, option in RESULT.options.items():
        assert value_of(RESULT, option.label[language]) == key
        assert value_of(RESULT, option.label[language].upper()) == key


def test_no_word_means_two_things():
    words = [word for option in RESULT.options.values() for word in option.words]
    assert len(words) == len(set(words)) and all(word == word.casefold() for word in words)


@given(st.text(max_size=400))
def test_nothing_breaks_the_reader(text):
    found = parse_answers(text, FIVE)
    assert all(len(one.text) <= LONGEST and 1 <= one.number <= 5 for one in found.given)
    assert all(value_of(FIVE[one.number - 1], one.text) == one.value for one in found.given)


def test_every_step_and_field_of_the_questions_is_in_the_workflow():
    definition = definitions()[ASKED.workflow]
    assert {state for wave in ASKED.waves.items() for state in wave} <= definition.states.keys()
    assert ASKED.steps.keys() == RESULT.options.keys()
    for result, steps in ASKED.steps.items():
        for state in (state for wave in ASKED.waves.items() for state in wave):
            step = next(key for key in steps if state in definition.transitions[key].sources)
            needed = {name for name, required in definition.transitions[step].asks.items() if required}
            given = {question.to for question in FIVE if result in question.needs}
            assert needed <= given, (result, step)
    assert 3 <= len(FIVE) <= 5
