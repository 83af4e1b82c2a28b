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
    """The application on an empty, initialised database."""
    folder.mkdir(parents=True, exist_ok=True)
    copy_file(PUBLISHED, folder / "komek.sqlite")
    app = create_app(replace(config.read({"KOMEK_DATA": str(folder), "KOMEK_SECRET_KEY": "k" * 40}), demo=True))
    return app.extensions["komek"]


@pytest.fixture
def prepare():
    houses = []

    def make(folder):
        houses.append(prepared(folder))
        return houses[-1]

    yield make
    for env in houses:
        env.transactions.engine.dispose()


@dataclass
class Shown:
    """The built demonstration, and at which moments letters could leave."""

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
        env = prepared(tmp_path_factory.mktemp("demo"))
        built = build.build(
            env, deliver=lambda: delivered.append(clock.now()), progress=lambda *said: progress.append(said)
        )
        yield Shown(env, built, delivered, progress)
        env.transactions.engine.dispose()
