"""A demonstration is entered with the password that it names, whatever else is set."""

from __future__ import annotations

from expertise import config
from expertise.commands.demonstration import _demo_settings


def test_a_demonstration_offers_the_second_factor_and_requires_none(tmp_path):
    given = config.read({"KOMEK_DATA": str(tmp_path), "KOMEK_SECOND_FACTOR": "required"})
    assert given.second_factor == "required"
    settings = _demo_settings(given)
    assert settings.demo and settings.second_factor == "offered"
    assert settings.secret_key == _demo_settings(given).secret_key, "a restart signs nobody out"
