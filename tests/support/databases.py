"""Databases for tests: each test has one of its own, copied from a template that is built once per process.

A copy of SQLite is a copied file, one of PostgreSQL a cloned database; another program can open either by its
address. Ordinary tests do not wait for the disk: a database that is thrown away needs no fsync. Tests marked
`fault` or `durable`, and the benchmarks, keep the durability that the application sets.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from tempfile import mkdtemp

import pytest
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.pool import Pool

import expertise.audit.append_only
import expertise.calendars.model
import expertise.cases.model
import expertise.cases.notify.model
import expertise.experts.model
import expertise.files.model
import expertise.mail.inbound.model
import expertise.mail.model
import expertise.people.model
import expertise.questionnaires.model
import expertise.reminders.model  # noqa: F401 the tables hang on Base once their modules are imported
from expertise.base import clock
from expertise.base.database import POSTGRES_OPTIONS, Base, prepare
from tests.support.days import MONDAY

POSTGRES = os.environ.get("KOMEK_TEST_POSTGRES")
#: A server with fsync for what is about durability; without one of its own it is the same.
DURABLE_POSTGRES = os.environ.get("KOMEK_TEST_POSTGRES_DURABLE") or POSTGRES
MISSING = "KOMEK_TEST_POSTGRES is not set; say: export KOMEK_TEST_POSTGRES=$(tools/postgres start)"

#: For parametrised fixtures: both kinds of database.
KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@dataclass(frozen=True)
class Contents:
    """What a new database holds: what `base` holds, and what `fill` writes into it on the Monday of the tests."""

    name: str
    fill: Callable[[Engine], object]
    base: Contents | None = None


#: Not even tables: for migrations.
EMPTY = Contents("empty", lambda _engine: None)
#: All tables, and no row.
TABLES = Contents("tables", Base.metadata.create_all)


@contextmanager
def database(kind: str, folder: Path, contents: Contents = TABLES) -> Iterator[Engine]:
    """A database of its own on `kind`; skips where PostgreSQL is asked for and not set."""
    if kind == "sqlite":
        made = _copied_file(folder / "komek.sqlite", contents)
    elif POSTGRES:
        made = server((DURABLE_POSTGRES or POSTGRES) if _durable else POSTGRES).clone(contents)
    else:
        pytest.skip(MISSING)
    with made as engine:
        yield engine


def address(engine: Engine) -> str:
    """The URL by which another process opens the same database."""
    return engine.url.render_as_string(hide_password=False)


def connect(url: str, pool: int = 8) -> Engine:
    """An engine on the URL, prepared as the application prepares its own."""
    arguments = {"options": POSTGRES_OPTIONS} if url.startswith("postgresql") else {}
    return prepare(create_engine(url, connect_args=arguments, pool_size=pool, max_overflow=0, pool_timeout=60))


# --- durability -------------------------------------------------------------------------------

_durable = True


def set_durable(durable: bool) -> None:
    """Say whether databases opened from now on wait for the disk."""
    global _durable  # noqa: PLW0603 a setting of the process, like the listener that reads it
    _durable = durable


@event.listens_for(Pool, "checkout")
def _do_not_wait(connection, record, _proxy) -> None:
    """Let SQLite go on before the disk has it: after `prepare`, which sets the opposite when a connection is made."""
    if "durable" not in record.info:
        record.info["durable"] = _durable
        if not _durable and isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous=OFF")


# --- SQLite -----------------------------------------------------------------------------------


def copy_file(contents: Contents, path: Path) -> Path:
    """Put a database file with these contents at `path`, and return it."""
    return Path(shutil.copyfile(_file(contents), path))


@contextmanager
def _copied_file(path: Path, contents: Contents) -> Iterator[Engine]:
    copy_file(contents, path)
    engine = connect(f"sqlite:///{path}")
    try:
        yield engine
    finally:
        engine.dispose()


@cache
def _file(contents: Contents) -> Path:
    """The template as a file. Its last connection is closed, which leaves everything in that one file."""
    path = _folder() / f"{contents.name}.sqlite"
    path.touch()
    if contents.base:
        shutil.copyfile(_file(contents.base), path)
    engine = connect(f"sqlite:///{path}")
    with clock.travelling(MONDAY):
        contents.fill(engine)
    engine.dispose()
    return path


@cache
def _folder() -> Path:
    folder = Path(mkdtemp(prefix="komek-templates-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


# --- PostgreSQL -------------------------------------------------------------------------------


class Server:
    """One PostgreSQL server, and the templates that this process keeps in it."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._admin = create_engine(url, isolation_level="AUTOCOMMIT")
        self._templates: dict[Contents, str] = {}

    @contextmanager
    def clone(self, contents: Contents) -> Iterator[Engine]:
        """A database with these contents, dropped at the end."""
        name = self._create(self._template(contents))
        engine = self._open(name)
        try:
            yield engine
        finally:
            engine.dispose()
            self._say(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """Drop the templates."""
        while self._templates:
            _contents, name = self._templates.popitem()
            self._say(f"DROP DATABASE {name} WITH (FORCE)")
        self._admin.dispose()

    def _template(self, contents: Contents) -> str:
        if contents not in self._templates:
            name = self._create(self._template(contents.base) if contents.base else "template0")
            self._templates[contents] = name
            engine = self._open(name)
            with clock.travelling(MONDAY):
                contents.fill(engine)
            engine.dispose()
        return self._templates[contents]

    def _create(self, template: str) -> str:
        name = f"komek_test_{uuid.uuid4().hex}"
        self._say(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY {self._strategy}")
        return name

    @cached_property
    def _strategy(self) -> str:
        """Files are copied faster than logged, but only where the checkpoints round the copy do not wait for a disk."""
        with self._admin.connect() as connection:
            return "WAL_LOG" if connection.execute(text("SHOW fsync")).scalar() == "on" else "FILE_COPY"

    def _open(self, name: str) -> Engine:
        return connect(self._url.set(database=name).render_as_string(hide_password=False))

    def _say(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(statement))


_servers: dict[str, Server] = {}


def server(url: str) -> Server:
    """The server at the URL: one object per process."""
    if url not in _servers:
        _servers[url] = Server(url)
    return _servers[url]


@atexit.register
def drop_templates() -> None:
    """Leave nothing of this process in any server; a server that has gone already is forgiven."""
    while _servers:
        _url, each = _servers.popitem()
        with suppress(Exception):
            each.close()
