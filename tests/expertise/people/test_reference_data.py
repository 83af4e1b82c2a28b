"""Lists of regions, topics and lenders, their order, and regions in old records."""

from __future__ import annotations

import pytest

from expertise.base.collation import KAZAKH, alphabetically
from expertise.people import reference_data
from expertise.people.reference_seed import load_reference, table


def test_kazakh_alphabet_has_its_42_letters_in_order():
    assert len(KAZAKH) == len(set(KAZAKH)) == 42
    russian = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
    assert [letter for letter in KAZAKH if letter in russian] == list(russian)


def test_names_stand_in_kazakh_order():
    words = ["Ұлытау", "Қызылорда", "Ақтөбе", "Абай", "Ақмола", "Шымкент", "Өскемен", "Карлаг", "Әулиеата", "Ырғыз"]
    assert sorted(words, key=alphabetically) == [
        *("Абай", "Ақмола", "Ақтөбе", "Әулиеата", "Карлаг", "Қызылорда", "Өскемен", "Ұлытау", "Шымкент", "Ырғыз")
    ]


def test_quotes_do_not_change_the_order():
    assert sorted(["Еуропа", "«Даму» қоры", "Ажар"], key=alphabetically) == ["Ажар", "«Даму» қоры", "Еуропа"]


def test_lists_are_in_the_order_of_the_language(reference):
    with reference.read() as session:
        found = reference_data.regions(session)
    assert [one.names["kk"] for one in found][:4] == ["Абай облысы", "Ақмола облысы", "Ақтөбе облысы", "Алматы қаласы"]
    assert reference_data.in_order(found, "en")[0].names["en"] == "Abai Region"
    assert reference_data.in_order(found, "ru")[-1].names["ru"] == "Туркестанская область"


def test_lists_are_read_once_for_each_database(reference, sent):
    def looks():
        return sum(statement.startswith("SELECT") for statement in sent)

    sent.clear()
    for _ in range(3):
        with reference.read() as session:
            assert len(reference_data.regions(session)) == 20
            assert len(reference_data.topics(session)) == 28
            assert len(reference_data.lenders(session)) == 18
    assert looks() == 3
    reference_data.forget()
    with reference.read() as session:
        reference_data.regions(session)
    assert looks() == 4


def test_empty_list_is_not_remembered(transactions):
    with transactions.read() as session:
        assert reference_data.regions(session) == ()
    with transactions.write() as session:
        load_reference(session)
        assert len(reference_data.regions(session)) == 20


def test_topics_know_their_parent(reference):
    with reference.read() as session:
        found = {one.key: one for one in reference_data.topics(session)}
    assert found["waste"].parent == "environment"
    assert found["environment"].parent is None


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Kyzylorda", ["KZ-43"]),
        ("Kyzylorda Region", ["KZ-43"]),
        ("KZ-43", ["KZ-43"]),
        ("область Абай", ["KZ-10"]),
        ("Абай облысы", ["KZ-10"]),
        ("ҚЫЗЫЛОРДА ОБЛЫСЫ", ["KZ-43"]),
        ("кызылорда облысы", ["KZ-43"]),
        ("Qyzylorda oblysy", ["KZ-43"]),
        ("Кзыл-Ординская обл.", ["KZ-43"]),
        ("Улытау", ["KZ-62"]),
        ("Aqtobe", ["KZ-15"]),
        ("Almaty", ["KZ-75"]),
        ("Almaty city", ["KZ-75"]),
        ("Almaty Region", ["KZ-19"]),
        ("Алматинская область", ["KZ-19"]),
        ("г. Шымкент", ["KZ-79"]),
        ("South Kazakhstan", ["KZ-61"]),
        ("Южно-Казахстанская область", ["KZ-61"]),
        ("Taldykorgan", ["KZ-33"]),
        ("Талдыкорганская область", ["KZ-33"]),
        ("Nur-Sultan", ["KZ-71"]),
        ("Семей", ["KZ-10"]),
        ("Oskemen", ["KZ-63"]),
        ("East Kazakhstan; Kyzylorda; Mangystau", ["KZ-63", "KZ-43", "KZ-47"]),
        ("Абай облысы және Ұлытау облысы", ["KZ-10", "KZ-62"]),
        ("ВКО, город Алматы и Караганда", ["KZ-63", "KZ-75", "KZ-35"]),
        ("Kyzylorda; Qyzylorda", ["KZ-43"]),
        ("Astana; pilot oblasts", ["KZ-71"]),
        ("Jalal-Abad", []),
        ("all regions", []),
        ("", []),
        ("; ;,", []),
        ("Kyzylorda" * 100_000, []),
    ],
)
def test_regions_in_old_records(text, codes):
    assert reference_data.find_region(text) == codes


@pytest.mark.parametrize("row", table("kz_regions"), ids=lambda row: row["iso_3166_2"])
def test_every_region_is_found_by_each_of_its_names(row):
    for column in ("iso_3166_2", "name_en", "name_ru", "name_kk", "iso_name"):
        asked = row[column]
        if (asked, row["type"]) == ("Almaty", "city_of_republican_significance"):
            asked = "Almaty city"
        assert reference_data.find_region(asked) == [row["iso_3166_2"]], asked


def test_no_name_of_a_file_means_two_regions():
    for kind in (reference_data.REGION, reference_data.CITY):
        meant: dict[str, set[str]] = {}
        for code, of_kind, name in [*reference_data._todays_names(), *reference_data._other_names()]:
            if of_kind == kind:
                meant.setdefault(reference_data._stem(name)[0], set()).add(code)
        assert {stem: codes for stem, codes in meant.items() if len(codes) > 1} == {}
