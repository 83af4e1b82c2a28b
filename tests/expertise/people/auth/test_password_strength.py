"""Passwords that somebody who knows Kazakhstan, Komek and the person finds soon, and passwords that nobody finds."""

from __future__ import annotations

import pytest

from expertise.people.auth.password_strength import spell, weakness

KNOWN = (
    "Айгүл Серікқызы Нұрланова",
    "aigul.nurlanova@akimat-kz-43.example",
    "Қызылорда облысының әкімдігі",
    "Акимат Кызылординской области",
    "Akimat of Kyzylorda Region",
)

EASY = {
    "common": (
        *("password1234", "qwertyuiop12", "P@ssw0rd2026!", "letmein12345", "Пароль123456", "gfhjkm123456"),
        *(
            "tokayev2026!!",
            "Toktar1946!!",
            "Тоқаев2026!!",
            "Njrftd2026!!",
            "Toqtar_1946",
            "Nurlybek1981!!",
            "нурлыбек1981!!",
        ),
        *("Zhanibek1988!!", "1988!!Zhanibek", "Janibek-1988", "Zhumabayev1977", "Serikova!1990!", "Kunaev-1912!!"),
        *(
            "Сергеевна1975!!",
            "Nazarbayev1940",
            "Dima-Katya-2020!",
            "Toktar1946!!Asel",
            "Nursultanovich19",
            "Dinmukhamed_1912",
            "Kasym-Jomart53",
        ),
        *("natasha19851", "январь2026!!", "сентябрь2026", "iloveyou2026", "1qaz2wsx3edc", "йцукенгшщз12"),
        *("ghbdtnvbh2026", "мирмирсчастье1", "Test12345678", "Айгерім-Динара1", "жаным2026жаным"),
    ),
    "place": (
        *("astana202612", "Astana2026!!", "Ast@na2026!!", "Шымкент-2026!", "Shymkent#2026", "rfpf[cnfy2026"),
        *("fkvfns123456", "Қазақстан2026", "Kazakhstan1991", "kazaxstan2026", "Qazaqstan2026!", "Nur-Sultan2019"),
        *("Balkhash2026!", "темиртау2026", "Өскемен2026!!", "Öskemen 2026!", "Aqtöbe-202612", "2026astana2026"),
        *("anatsa202612", "АСТАНА202612", "Ust-Kamenogorsk1", "Усть-Каменогорск", "Almaty Shymkent"),
    ),
    "programme": (
        "komek2026komek",
        "komekkomek12",
        "Көмек2026көмек",
        "сараптама2026",
        "ekspertiza2026",
        "Coordinator1!",
        "әкімдік202612",
    ),
    "own": (
        *("Нурланова2026", "nurlanova1985", "Aigul.Nurlanova1", "Qyzylorda2026!", "Kyzyl-Orda 2026", "айгул-нурланова"),
        *("nurlanova_a_2026", "Нурланова1985!!", "yehkfyjdf1985!", "Айгүл2026!!!!", "aigul0305aigul", "fquek2026!!!!"),
        *("Komek-Kyzylorda-2026", "AkimatKyzylorda1", "aigul.nurlanova@akimat-kz-43.example"),
    ),
    "digits": ("87011234567890", "+7 701 123 45 67", "850101300123", "01.12.2026 01.12", "123456789012"),
    "keys": ("ячсмитьбюфыва",),
    "repeat": ("abababababababab", "пароль пароль"),
    "date": ("Tsvdrok1946!!", "2026!!brtlok", "mqtorl-01.02.1985"),
    "sequence": ("abcdefghijkl", "абвгдежзийкл"),
}
HARD = (
    *("correct horse battery", "жеті өзен, жеті тау", "синий чайник поёт громко", "жүзім мен алмұрт дүкені"),
    *("k8$Jq2!zLm#p", "kv7-mxtq-29pl", "vU3fqM9sXz1L", "astana purple kettle river", "abcd-efgh-jkmn-pqrs"),
)


@pytest.mark.parametrize(("reason", "password"), [(reason, each) for reason, all_ in EASY.items() for each in all_])
def test_password_is_easy_to_guess_and_the_reason_is_named(reason, password):
    assert weakness(password, KNOWN) == reason


@pytest.mark.parametrize("password", HARD)
def test_password_is_hard_to_guess(password):
    assert weakness(password, KNOWN) is None


def test_what_is_known_of_one_person_is_no_weakness_of_another():
    assert weakness("Rakhmetollauly", ("Ерлан Рахметоллаұлы",)) == "own"
    assert weakness("Rakhmetollauly", KNOWN) is None


@pytest.mark.parametrize(
    "names",
    [
        ("Qyzylorda", "Kyzyl-Orda", "Кызылорда", "Қызылорда"),
        ("Жетісу", "Zhetisu", "Jetisu", "Jetysu"),
        ("Aqtöbe", "Ақтөбе"),
    ],
)
def test_all_spellings_of_a_name_are_one(names):
    assert len({spell(name.lower()) for name in names}) == 1


@pytest.mark.parametrize(
    "text", ["({[<4@69!|1$5+7%" * 60, "a48@({[<369" * 90, "а" * 1000, "\x00" * 12, "😀" * 12, "  "]
)
def test_hostile_text_is_answered(text):
    weakness(text, (text,))


@pytest.mark.parametrize(
    ("known", "password"),
    [
        ("Zhumabayev", "Жұмабаев1977!!"),
        ("Жұмабаев Ғалым", "Zhumabayev#77x"),
        ("Жұмабаев Ғалым", "jumabaev-galym"),
        ("e.tsoy-pavlova@example.kz", "ЦойПавлова77!!"),
        ("Хамитов Ёрген", "khamitov.yergen"),
        ("Щукина", "schukina77!x!"),
        ("Kuanyshbayeva", "куанышбаева!!!!"),
        ("Kuanyshbayeva", "refysi,ftdf!!!"),
    ],
)
def test_a_name_is_known_in_either_alphabet(known, password):
    assert weakness(password, (known,)) == "own"
