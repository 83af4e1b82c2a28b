"""One demonstration, built once for all tests here: they only look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from expertise import config
from expertise.app import create_app
from expertise.base import clock
from expertise.demo import accounts, build
from expertise.people.access import load_actor
from expertise.people.model import Person
from tests.support.contents import PUBLISHED
from tests.support.databases import copy_file

#: A Monday after the long holidays of March: waits in calendar days and in working days differ most.
NOW = datetime(2026, 3, 30, 3, tzinfo=UTC)


def prepared(folder):
    """The demonstration's application on an empty, initialised database."""
    folder.mkdir(parents=True, exist_ok=True)
    copy_file(PUBLISHED, folder / "komek.sqlite")
    settings = config.read({"KOMEK_DATA": str(folder), "KOMEK_SECRET_KEY": "k" * 40})
    return create_app(replace(settings, demo=True, second_factor="offered"))


@pytest.fixture
def prepare():
    made = []

    def make(folder):
        made.append(prepared(folder).extensions["komek"])
        return made[-1]

    yield make
    for env in made:
        env.transactions.engine.dispose()


@dataclass
class Shown:
    """The built demonstration, and at which moments letters could leave."""

    app: object
    env: object
    built: build.BuildResult
    delivered: list
    progress: list  # of (events played, all events, the day)
    now: datetime = NOW

    def read(self):
        return self.env.transactions.read()

    def person(self, session, key):
        return session.scalars(select(Person).where(Person.email == accounts.accounts()[key].email)).one()

    def actor(self, session, key):
        return load_actor(session, self.person(session, key).id, NOW.date())


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    delivered, progress = [], []
    with clock.travelling(NOW):
        app = prepared(tmp_path_factory.mktemp("demo"))
        env = app.extensions["komek"]
        built = build.build(
            env, deliver=lambda: delivered.append(clock.now()), progress=lambda *said: progress.append(said)
        )
        yield Shown(app, env, built, delivered, progress)
        env.transactions.engine.dispose()
