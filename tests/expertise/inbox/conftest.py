"""A house whose letters have left, ready to be answered: made once on SQLite, and copied for each test."""

from __future__ import annotations

import shutil

import pytest
from sqlalchemy import event

from expertise.base import clock
from expertise.cases.desk import Upload
from tests.support.databases import connect, database
from tests.support.days import MONDAY
from tests.support.environment import Environment, done
from tests.support.postbox import Postbox, settings
from tests.support.stages import delivering

REPORT = Upload("0" * 64, 1200, "есеп.pdf", "application/pdf")


def furnish(env):
    """A request in delivery, whose deliverable waits for the requester's acceptance; returns both references."""
    case, deliverable = delivering(env)
    done(env.fire("expert", deliverable, "submit", uploads={"report": REPORT}))
    return case, deliverable


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    with clock.travelling(MONDAY), database("sqlite", folder) as engine:
        references = furnish(Environment(engine).settle())
    return folder / "komek.sqlite", references


@pytest.fixture
def references(made):
    return made[1]


@pytest.fixture
def deliverable(references):
    return references[1]


@pytest.fixture
def env(made, tmp_path, time):
    shutil.copy(made[0], tmp_path / "komek.sqlite")
    engine = connect(f"sqlite:///{tmp_path / 'komek.sqlite'}")
    event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
    yield Environment(engine)
    engine.dispose()


@pytest.fixture
def postbox(env, tmp_path):
    return Postbox(env, settings(tmp_path))


@pytest.fixture
def asked(postbox, deliverable):
    """The letter that asks the requester to accept the deliverable."""
    return postbox.letter("requester", deliverable)
