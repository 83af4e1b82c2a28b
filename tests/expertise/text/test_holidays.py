"""Names of public holidays are known in all three languages, for every day that the calendar was filled with."""

from __future__ import annotations

import pytest

from expertise.calendars.public_holidays import AHEAD, FIRST_YEAR
from expertise.text.holidays import holiday_name
from expertise.text.translator import TRANSLATORS
from workflows.calendar import published_through, seed

KAZAKH = set("әғқңөұүһіӘҒҚҢӨҰҮҺІ")


@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_holiday_is_named_in_kazakh_to_others(language):
    years = range(FIRST_YEAR, published_through("KZ") + AHEAD + 1)
    names = {rule.source for year in years for rule in seed("KZ", year).values()}
    assert len(names) > 40
    shown = {name: holiday_name(name, TRANSLATORS[language]) for name in names}
    assert {name: text for name, text in shown.items() if KAZAKH & set(text) or text == name} == {}
    assert "; " in holiday_name("Жеңіс күні; Астана күні", TRANSLATORS[language])


def test_a_decree_stays_as_it_was_written():
    text = "Government decree No. 870 of 26.10.2026"
    assert {holiday_name(text, translator) for translator in TRANSLATORS.values()} == {text}


def test_in_russian():
    assert (
        holiday_name("Наурыз мейрамы (қайта белгіленген демалыс)", TRANSLATORS["ru"])
        == "Праздник Наурыз (перенос выходного)"
    )
