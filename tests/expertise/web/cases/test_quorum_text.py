"""How far a step is from its quorum, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask_babel import force_locale

from expertise.cases.views.quorum import Voices
from expertise.web.cases.quorum_text import said_of


@pytest.fixture
def step(app):
    found = app.extensions["komek"].services.definitions.current("expertise_request").transitions["approve_terms"]
    return replace(found, quorum=2)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "1 of 2 voices (Aliya). Missing: 1 more person. Role: approver, nobody who has spoken already, "),
        ("ru", "1 из 2 голосов (Aliya). Не хватает ещё 1 человека. Роль: утверждающее лицо, "),
        ("kk", "2 дауыстың 1 берілді (Aliya). Тағы 1 адам қажет. Рөлі: бекітуші, "),
    ],
)
def test_what_is_missing_is_said(app, step, language, words):
    with app.test_request_context(), force_locale(language):
        assert words in said_of(Voices(step, 1, ("Aliya",)))


def test_nobody_has_spoken_yet(app, step):
    with app.test_request_context(), force_locale("en"):
        said = said_of(Voices(step, 0))
    assert "0 of 2 voices. Missing: 2 more persons." in said and "already" not in said
    assert "nobody who has acted here as: requester, coordinator" in said
