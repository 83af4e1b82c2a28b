"""Words of three languages in their forms, with the letters of the wrong keyboard, and names in the other script."""

from __future__ import annotations

import csv
from collections import defaultdict
from itertools import permutations
from pathlib import Path

import pytest

from expertise.base.words import alternatives, fold, kazakh_stem, sounds, tokens

FORMS = defaultdict(list)
with Path(__file__).with_name("word_forms.csv").open(encoding="utf-8") as file:
    for line in csv.DictReader(file):
        FORMS[line["language"]].append(line["forms"].split())


def found(query: str, text: str) -> bool:
    """Whether the search finds the text: every word by its beginning, its stem, or what it may stand for."""
    stored = set(tokens(text))
    return all(
        any(each.startswith(word) for each in stored) or not stored.isdisjoint(alternatives(word))
        for word in fold(query)
    )


#: Language → the least share of forms found by another form, and the most share of other words found with them.
@pytest.mark.parametrize(("language", "least", "most"), [("ru", 0.97, 0.001), ("en", 0.97, 0.003), ("kk", 0.95, 0.003)])
def test_a_word_is_found_by_its_other_forms_and_others_are_not(language, least, most, capsys):
    lemmas = FORMS[language]
    pairs = [pair for forms in lemmas for pair in permutations(forms, 2)]
    missed = [pair for pair in pairs if not found(*pair)]
    others = [(one, two) for one, other in permutations(lemmas, 2) for one in one for two in other]
    wrong = [pair for pair in others if found(*pair)]
    with capsys.disabled():
        share, noise = 1 - len(missed) / len(pairs), len(wrong) / len(others)
        print(f"\n{language}: {share:.1%} of {len(pairs)} pairs of forms found, {noise:.2%} of {len(others)} others")
    assert share >= least, missed
    assert noise <= most, wrong


@pytest.mark.parametrize(
    ("mixed", "right"),
    [
        ("қaлдық", "қалдық"),  # a Latin a
        ("Қызылopдa", "Қызылорда"),
        ("бiлiм", "білім"),  # a Latin i
        ("oблыcтaғы", "облыстағы"),
        ("Кеңec", "Кеңес"),
        ("xалық", "халық"),
        ("cу", "су"),
        ("hалық", "һалық"),
        ("Ƅілім".replace("Ƅ", "б"), "білім"),
        ("əкімдік", "әкімдік"),  # the Latin schwa
        ("ВOДA", "вода"),
        ("Тaриф", "тариф"),
        ("пoлигон", "полигон"),
        ("кaлендaрь", "календарь"),
        ("прoeкт", "проект"),
        ("соmputer", "computer"),  # Cyrillic letters in an English word
        ("lаndfill", "landfill"),
        ("во\u0301да", "вода"),  # a mark of stress
        ("қал\u00adдық", "қалдық"),  # a soft hyphen
        ("\u200bвода", "вода"),
    ],
)
def test_a_letter_of_the_other_keyboard_changes_nothing(mixed, right):
    assert fold(mixed) == fold(right)
    assert found(mixed, right) and found(right, mixed)


def test_a_word_of_look_alikes_alone_is_found_both_ways():
    assert found("су", "cy") and found("cy", "су") and found("cop", "сор")
    assert found("pipe", "pipe") and not found("вода", "boat")


def test_letters_of_other_words_stay():
    assert fold("ISO ER-2026 CO₂ pH7") == ["iso", "er", "2026", "co2", "ph7"]
    assert fold("Wasserж") == ["wasserж"]  # nobody can tell


@pytest.mark.parametrize(
    ("form", "stem"),
    [
        ("облысындағы", "облс"),
        ("қалаларының", "кала"),
        ("баласын", "бала"),
        ("суға", "су"),
        ("кітабы", "китап"),
        ("ол", "ол"),
    ],
)
def test_kazakh_endings_are_cut_one_after_the_other(form, stem):
    assert kazakh_stem(fold(form)[0]) == stem


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Айгүл Сәрсенова", "Aigul Sarsenova"),
        ("Айгуль", "Aigul"),
        ("Айгерім", "Aygerim"),
        ("Ержан Жұмабаев", "Yerzhan Zhumabayev"),
        ("Жанат", "Janat"),
        ("Дмитрий Щербаков", "Dmitry Shcherbakov"),
        ("Юрий Цой", "Yuri Tsoy"),
        ("Юрий", "Yuriy"),
        ("Қуаныш", "Kuanysh"),
        ("Қуаныш", "Quanysh"),
        ("Вячеслав Соловьёв", "Vyacheslav Solovyov"),
        ("Евгений Чернов", "Yevgeniy Chernov"),
        ("Әлия Ахметова", "Aliya Akhmetova"),
        ("Максим", "Maxim"),
        ("Әсел", "Äsel"),
        ("Шыңғыс", "Şyñğys"),
        ("Ғалия", "Ghaliya"),
        ("Өмірбек", "Omirbek"),
        ("Бақытжан", "Bakytzhan"),
        ("Анна", "Ana"),
    ],
)
def test_a_name_sounds_the_same_in_both_scripts(one, other):
    assert sounds(one) == sounds(other)


def test_different_names_sound_different():
    names = [
        "Айгүл",
        "Айнұр",
        "Асель",
        "Алия",
        "Ержан",
        "Ерлан",
        "Нұрлан",
        "Нұржан",
        "Жанна",
        "Жанат",
        "Марат",
        "Мұрат",
    ]
    assert len({sounds(name) for name in names}) == len(names)
