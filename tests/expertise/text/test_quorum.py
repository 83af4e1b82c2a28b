"""How far a step is from its quorum, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from expertise import registry
from expertise.text.quorum import describe_votes
from expertise.text.translator import TRANSLATORS


@pytest.fixture
def step():
    found = registry.load()["expertise_request"].transitions["approve_terms"]
    return replace(found, quorum=2)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "1 of 2 votes (Aliya). Missing: 1 more person. Role: approver, nobody who has voted already, "),
        ("ru", "1 из 2 голосов (Aliya). Не хватает ещё 1 человека. Роль: утверждающее лицо, "),
        ("kk", "2 дауыстың 1 берілді (Aliya). Тағы 1 адам қажет. Рөлі: бекітуші, "),
    ],
)
def test_what_is_missing_is_said(step, language, words):
    assert words in describe_votes(step, 1, ("Aliya",), TRANSLATORS[language])


def test_nobody_has_voted_yet(step):
    said = describe_votes(step, 0, (), TRANSLATORS["en"])
    assert "0 of 2 votes. Missing: 2 more persons." in said and "already" not in said
    assert "nobody who has acted here as: requester, coordinator" in said
