"""Databases of their own, on either engine, that a process of another program can open by address as well."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

import expertise.audit.append_only
import expertise.calendars.model
import expertise.cases.model
import expertise.experts.model
import expertise.files.model
import expertise.mail.model
import expertise.people.model
import expertise.questionnaires.model
import expertise.reminders.model  # noqa: F401 the tables hang on Base once their modules are imported
from expertise.base.database import POSTGRES_OPTIONS, Base, prepare

POSTGRES = os.environ.get("KOMEK_TEST_POSTGRES")

#: For parametrised fixtures: both kinds of database.
KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@contextmanager
def database(kind: str, folder: Path) -> Iterator[Engine]:
    """An empty database with all tables; skips where PostgreSQL is asked for and not set."""
    if kind == "postgres" and not POSTGRES:
        pytest.skip("KOMEK_TEST_POSTGRES is not set; say: export KOMEK_TEST_POSTGRES=$(tools/postgres start)")
    made = _postgres() if kind == "postgres" else _sqlite(folder)
    with made as engine:
        Base.metadata.create_all(engine)
        yield engine


def address(engine: Engine) -> str:
    """As another process opens it."""
    return engine.url.render_as_string(hide_password=False)


def connect(url: str, pool: int = 8) -> Engine:
    """Open it as the application does."""
    arguments = {"options": POSTGRES_OPTIONS} if url.startswith("postgresql") else {}
    return prepare(create_engine(url, connect_args=arguments, pool_size=pool, max_overflow=0, pool_timeout=60))


@contextmanager
def _sqlite(folder: Path) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{folder / 'komek.sqlite'}")
    yield engine
    engine.dispose()


@contextmanager
def _postgres() -> Iterator[Engine]:
    name = f"komek_test_{uuid.uuid4().hex}"
    keeper = create_engine(POSTGRES or "", isolation_level="AUTOCOMMIT")
    with keeper.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine = connect(make_url(POSTGRES or "").set(database=name).render_as_string(hide_password=False))
    try:
        yield engine
    finally:
        engine.dispose()
        with keeper.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        keeper.dispose()
