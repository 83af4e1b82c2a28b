"""A fresh database for each test, on SQLite and, where KOMEK_TEST_POSTGRES is set, on PostgreSQL as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from expertise import registry
from expertise.base.transaction import Transactions
from expertise.calendars.cache import Calendars
from expertise.cases.services import Services
from tests.support.contents import PUBLISHED, REFERENCE, definitions
from tests.support.databases import KINDS, TABLES, database
from tests.support.environment import Environment, Prompt
from tests.support.people import CAST
from tests.support.statements import listening

#: What the database of a test holds, by the fixture that the test asks for; the first one found counts.
CONTENTS = {"cast": CAST, "published": PUBLISHED, "reference": REFERENCE}


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database with all tables, empty unless the test asks for contents. Tests run once per kind of database."""
    asked = next((contents for name, contents in CONTENTS.items() if name in request.fixturenames), TABLES)
    with database(request.param, tmp_path, asked) as engine:
        yield engine


@pytest.fixture
def transactions(engine: Engine) -> Transactions:
    return Transactions(engine)


@pytest.fixture
def sent(engine: Engine) -> Iterator[list[str]]:
    """The statements that go to the database, whichever way, from the beginning of the test."""
    with listening(engine) as sent:
        yield sent


@pytest.fixture
def reference(transactions: Transactions) -> Transactions:
    """Transactions on a database that knows regions, topics, lenders and akimats."""
    return transactions


@pytest.fixture
def published(transactions: Transactions) -> Transactions:
    """Transactions on a database with reference data and the workflows of the application."""
    return transactions


@pytest.fixture
def cast(transactions: Transactions) -> Transactions:
    """Transactions on a database with reference data, workflows and people."""
    return transactions


@pytest.fixture
def env(cast, time) -> Environment:
    """Reference data, workflows and people; the clock stands on a Monday."""
    known = registry.Registry(definitions(), cast.read)
    services = Services(known, Calendars(), "https://komek.example.kz")
    return Environment(Prompt(cast.engine, lambda: services), services)
