"""A fresh database for each test, on SQLite and, where KOMEK_TEST_POSTGRES is set, on PostgreSQL as well."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

import expertise.audit.model
import expertise.calendars.model
import expertise.cases.model
import expertise.experts.model
import expertise.files.model
import expertise.mail.inbound.model
import expertise.mail.model
import expertise.people.model
import expertise.questionnaires.model
import expertise.reminders.model  # noqa: F401 the tables hang on Base once their modules are imported
from expertise.base.database import POSTGRES_OPTIONS, Base, prepare
from expertise.base.transaction import Transactions
from expertise.people.reference_seed import load_reference


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database with all tables. Tests that ask for it run once per kind of database."""
    made = _sqlite(tmp_path) if request.param == "sqlite" else _postgres()
    with made as engine:
        Base.metadata.create_all(engine)
        yield engine


@pytest.fixture
def transactions(engine: Engine) -> Transactions:
    return Transactions(engine)


@pytest.fixture
def reference(transactions: Transactions) -> Transactions:
    """Transactions on a database that knows regions, topics, lenders and akimats."""
    with transactions.write() as session:
        load_reference(session)
    return transactions


@contextmanager
def _sqlite(folder: Path) -> Iterator[Engine]:
    engine = prepare(create_engine(f"sqlite:///{folder / 'test.sqlite'}"))
    yield engine
    engine.dispose()


@contextmanager
def _postgres() -> Iterator[Engine]:
    """A schema of its own: made faster than a database, and thrown away whole."""
    address = os.environ.get("KOMEK_TEST_POSTGRES")
    if not address:
        pytest.skip("KOMEK_TEST_POSTGRES is not set; say: export KOMEK_TEST_POSTGRES=$(tools/postgres start)")
    schema = f"test_{uuid.uuid4().hex}"
    options = f"{POSTGRES_OPTIONS} -c search_path={schema}"
    engine = prepare(create_engine(address, connect_args={"options": options}, pool_size=10))
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield engine
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()
