"""Differences between two versions of a process, in words of three languages."""

from __future__ import annotations

import re

import pytest

from expertise import registry
from expertise.text import differences
from expertise.text.translator import TRANSLATORS
from workflows.difference import compare
from workflows.loading.reader import read

TEXT = (registry.DEFINITIONS / "expert_offer.yaml").read_text(encoding="utf-8")
BEFORE = registry.load()["expert_offer"]

#: What is changed → the sentence in English.
CHANGES = {
    ("within: 5 working days", "within: 9 working days"): (
        "State “Sent”: time to act: 5 working days → 9 working days"
    ),
    ("remind: [2 working days before, on the day]", "remind: on the day"): (
        "State “Sent”: reminders: 2 working days before, on the day → on the day"
    ),
    ("times: 1, at_most: 5 working days", "times: 2, at_most: 5 working days"): (
        "State “Sent”: more time: 1 × 5 working days, by coordinator → 2 × 5 working days, by coordinator"
    ),
    ("not_by: [requester, coordinator]", "not_by: requester"): (
        "Step “Accept the offer”: four eyes: not by: requester, coordinator → requester"
    ),
    ("asks: {no_conflict: required, availability_note: optional}", "asks: {no_conflict: required}"): (
        "Step “Accept the offer”: asks for: “I have no conflict of interest”: yes; “Availability”: no"
        " → “I have no conflict of interest”: yes"
    ),
    ("en: Recall the offer", "en: Call it back"): "Step “Call it back”: name: “Recall the offer” → “Call it back”",
    ("max: 160", "max: 200"): "Field “Title of the request”: most: 160 → 200",
    ("en: Answer awaited", "en: Waiting"): "Phase “Waiting”: name: “Answer awaited” → “Waiting”",
    ("tells: {expert: offer_recalled}", "tells: {}"): ("Step “Recall the offer”: letters: expert: offer_recalled → –"),
}


def test_the_roles_that_a_definition_declares_are_compared():
    def with_roles(text):
        return read(TEXT.replace("\nfields:\n", f"\nroles:\n  {text}\nfields:\n", 1), "expert_offer.yaml").definition

    board = "board: {label: {kk: Кеңес, ru: Совет, en: Board}, grant: %s}"
    before, after = with_roles(board % "true"), with_roles(board % "region")
    said = {language: differences.sentences(before, after, each) for language, each in TRANSLATORS.items()}
    assert said["en"] == ["Role “Board”: for which regions it is granted: a region or the whole country → a region"]
    assert said["ru"] == ["Роль «Совет»: для каких регионов даётся: регион или вся страна → регион"]
    assert said["kk"] == ["«Кеңес» рөлі: қай аймақтарға беріледі: аймақ немесе бүкіл ел → аймақ"]
    assert differences.sentences(BEFORE, after, TRANSLATORS["en"]) == ["Role “Board”: new"]


def _after(*exchanges):
    text = TEXT
    for old, new in exchanges:
        assert old in text
        text = text.replace(old, new)
    return read(text, "expert_offer.yaml").definition


@pytest.mark.parametrize("exchange", CHANGES, ids=lambda each: each[1][:30])
def test_a_change_is_said_in_one_sentence(exchange):
    after = _after(exchange)
    assert differences.sentences(BEFORE, after, TRANSLATORS["en"]) == [CHANGES[exchange]]
    for language, letters in (("kk", "[әіңғүұқөһ]"), ("ru", "[а-я]")):
        (said,) = differences.sentences(BEFORE, after, TRANSLATORS[language])
        assert re.search(letters, said) and "→" in said


def test_what_is_new_and_what_is_gone_is_said():
    after = _after(("  recalled:\n", "  called_back:\n"), ("to: recalled", "to: called_back"))
    said = differences.sentences(BEFORE, after, TRANSLATORS["en"])
    assert "State “Recalled”: taken away" in said and "State “Recalled”: new" in said
    assert "Step “Recall the offer”: leads to: “Recalled” → “Recalled”" in said


def test_the_same_content_has_no_difference():
    assert (
        differences.sentences(
            BEFORE, _after(("workflow: expert_offer", "# a remark\nworkflow: expert_offer")), TRANSLATORS["kk"]
        )
        == []
    )


def test_a_greater_version_alone_is_no_difference_of_content():
    after = _after((f"version: {BEFORE.version}", f"version: {BEFORE.version + 1}"))
    assert compare(BEFORE, after) == []
