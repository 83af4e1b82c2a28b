"""Lists, sums and days as people write them, and sentences with their plurals."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from expertise.base.collation import sorted_by_name
from expertise.text.translator import TRANSLATORS, clock_time, day, in_every_language, moment


def test_lists_follow_the_alphabet_of_the_reader():
    words = ["Ұлытау", "Шымкент", "Қостанай", "Абай", "Ақмола", "Көкшетау", "Өскемен", "Орал", "Ёлка", "Ель", "Жетісу"]
    kazakh = sorted_by_name(words, str)
    russian = sorted_by_name(["Ёлка", "Жук", "Ель", "Актобе"], str)
    assert kazakh == [
        "Абай",
        "Ақмола",
        "Ель",
        "Ёлка",
        "Жетісу",
        "Көкшетау",
        "Қостанай",
        "Орал",
        "Өскемен",
        "Ұлытау",
        "Шымкент",
    ]
    assert russian == ["Актобе", "Ель", "Ёлка", "Жук"]


@pytest.mark.parametrize(
    ("language", "text"),
    [("ru", "26\u00a0600\u00a0000\u00a0₸"), ("kk", "26\u00a0600\u00a0000\u00a0₸"), ("en", "KZT\u00a026,600,000")],
)
def test_sums_and_days_are_written_as_people_write_them(language, text):
    assert TRANSLATORS[language].money({"amount": "26600000.00", "currency": "KZT"}) == text
    assert day("2016-10-31") == "31.10.2016"


def test_an_instant_is_written_on_the_clock_of_kazakhstan():
    at = datetime(2026, 3, 2, 19, 30, tzinfo=UTC)
    assert (day(at), clock_time(at), moment(at)) == ("03.03.2026", "00:30", "03.03.2026, 00:30")
    assert (day(None), moment(None)) == ("", "")


def test_a_sentence_takes_the_form_that_its_number_asks_for():
    russian = TRANSLATORS["ru"]
    forms = [russian.ngettext("%(num)d working day", "%(num)d working days", number) for number in (1, 2, 5)]
    assert forms == ["1 рабочий день", "2 рабочих дня", "5 рабочих дней"]


def test_a_sentence_is_written_in_every_language_at_once():
    text = in_every_language(lambda translator: translator.gettext("Time allowed") + translator.role("approver"))
    assert set(text) == {"kk", "ru", "en"} and text["en"] == "Time allowedapprover" and len(set(text.values())) == 3


@pytest.mark.parametrize(
    ("language", "words"), [("kk", ("КБ", "МБ")), ("ru", ("Кбайт", "Мбайт")), ("en", ("KB", "MB"))]
)
def test_sizes_are_in_units_of_the_language(language, words):
    sizes = [TRANSLATORS[language].size(octets) for octets in (1, 1024, 5 * 1024 * 1024)]
    assert [size.partition("\u00a0")[2] for size in sizes] == [words[0], words[0], words[1]]
