"""The command `komek`, run inside the test's process with settings of its own."""

from __future__ import annotations

import os

import pytest
from click.testing import CliRunner

from expertise.cli import main


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """A clean environment; `settings["KOMEK_…"] = …` changes it for the commands that follow."""
    for name in [name for name in os.environ if name.startswith("KOMEK_") and not name.startswith("KOMEK_TEST_")]:
        monkeypatch.delenv(name)

    class Environment:
        def __setitem__(self, name, value):
            monkeypatch.setenv(name, str(value))

    environment = Environment()
    environment["KOMEK_DATA"] = tmp_path / "data"
    return environment


@pytest.fixture
def komek(settings):
    """Runs `komek WORDS`; a traceback of the command is one of the test."""

    def run(*words):
        return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)

    return run
