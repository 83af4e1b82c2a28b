"""Going back never loses what somebody stored, unless it is said: by komek, by Flask's command, on both databases."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from expertise import config
from expertise.app import create_app
from expertise.base.database import Base
from expertise.base.losses import Holdings, count, lost
from tests.support.databases import EMPTY, KINDS, address, database

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=KINDS)
def url(request, tmp_path):
    with database(request.param, tmp_path, EMPTY) as engine:
        yield address(engine)


@pytest.fixture
def app(url, tmp_path):
    app = create_app(config.read({"KOMEK_DATA": str(tmp_path), "KOMEK_DATABASE_URL": url}))
    with app.app_context():
        upgrade()
        yield app
    app.extensions["komek"].transactions.engine.dispose()


@pytest.fixture
def say(app):
    engine = app.extensions["komek"].transactions.engine

    def execute(statement):
        with engine.begin() as connection:
            found = connection.execute(text(statement))
            return [tuple(row) for row in found] if found.returns_rows else []

    return execute


def run(url, tmp_path, *command):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KOMEK_")}
    ours = {"KOMEK_DATABASE_URL": url, "KOMEK_DATA": str(tmp_path), "KOMEK_SECRET_KEY": "k" * 40}
    program = str(Path(sys.executable).parent / command[0])
    return subprocess.run(
        [program, *command[1:]],
        env={**clean, **ours},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("table", "command"),
    [
        ("readings", ("komek", "downgrade")),
        ("readings", ("flask", "--app", "wsgi", "db", "downgrade")),
        ("letter_requests", ("komek", "downgrade")),
    ],
    ids=["komek", "flask", "komek-letter_requests"],
)
def test_a_filled_table_is_not_dropped_in_silence(url, app, say, tmp_path, table, command):
    target = before(table)
    fill(app, table)
    engine = app.extensions["komek"].transactions.engine
    version = "SELECT version_num FROM alembic_version"
    head = say(version)
    engine.dispose()
    answer = run(url, tmp_path, *command, target)
    assert answer.returncode == 1 and f"{table}: 1 rows" in answer.stderr, answer.stderr
    assert "--lose" in answer.stderr and "Traceback" not in answer.stderr
    assert say(version) == head and say(f"SELECT count(*) FROM {table}") == [(1,)]
    assert set(inspect(engine).get_table_names()) >= set(Base.metadata.tables)
    engine.dispose()
    answer = run(url, tmp_path, *command, target, "--lose")
    assert answer.returncode == 0, answer.stderr
    assert say(version) == [(target,)]
    assert table not in inspect(engine).get_table_names()


def before(table):
    """The revision before the one that makes the table."""
    for path in sorted((ROOT / "migrations" / "versions").glob("*.py")):
        content = path.read_text(encoding="utf-8")
        upwards = content.partition("def upgrade")[2].partition("def downgrade")[0]
        if f'"{table}",' in upwards and "create_table" in upwards:
            return content.partition('\ndown_revision = "')[2].partition('"')[0]
    raise AssertionError(table)


def sample(column, dialect):
    """A value for the column, as SQL."""
    kind = str(column.type).upper()
    listed = {"language": "'kk'", "kind": "'invitation'"}  # PostgreSQL checks what they may be
    if column.name in listed:
        return listed[column.name]
    for word, value in {"DATE": "'2026-01-01'", "TIME": "'2026-01-01'", "BOOL": "false", "INT": "7"}.items():
        if word in kind:
            return value
    if "JSON" in kind:
        return "'[1]'"
    if "BLOB" in kind or "BINARY" in kind:
        return "X'01'" if dialect == "sqlite" else "'x'::bytea"
    return "'x'"


def fill(app, name):
    """One row, past foreign keys, and on SQLite past checks as well."""
    engine, table = app.extensions["komek"].transactions.engine, Base.metadata.tables[name]
    numbered = table.autoincrement_column
    wanted = [column for column in table.columns if not column.nullable and column is not numbered]
    values = {column.name: sample(column, engine.dialect.name) for column in wanted}
    past = ("SET session_replication_role = replica",)
    if engine.dialect.name == "sqlite":
        past = ("PRAGMA foreign_keys = OFF", "PRAGMA ignore_check_constraints = ON")
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        for statement in (*past, f"INSERT INTO {name} ({', '.join(values)}) VALUES ({', '.join(values.values())})"):
            driver.execute(statement)
        driver.commit()
    engine.dispose()


@pytest.mark.parametrize(
    "table", ["api_tokens", "passkeys", "hand_over_notes", "unsent_forms", "letter_requests", "views", "people"]
)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_whatever_table_is_filled_going_back_to_nothing_refuses(app, table):
    fill(app, table)
    with pytest.raises(SystemExit):
        downgrade(revision="base")
    with app.extensions["komek"].transactions.engine.connect() as connection:
        assert count(connection).rows[table] == 1


def test_what_was_there_and_is_not_is_named():
    def holdings(**tables):
        rows = {name: number for name, (number, _) in tables.items()}
        return Holdings(rows, {name: columns for name, (_, columns) in tables.items()})

    before = holdings(a=(3, {"id": 3, "x": 2, "y": 0}), b=(5, {"id": 5}), c=(0, {"id": 0}))
    assert lost(before, before) == []
    assert lost(before, holdings(a=(3, {"id": 3}), b=(4, {"id": 4}))) == ["a.x: 2 values", "b: 1 rows"]
    assert lost(before, holdings(a=(3, {"id": 3, "z": 2}), b=(5, {"id": 5}))) == []  # another name
    assert lost(before, holdings(a=(3, {"id": 3, "z": 1}), b=(5, {"id": 5}))) == ["a.x: 2 values"]
    assert lost(before, holdings(a=(3, {"id": 3})), {"a.x", "b"}) == []


def test_a_column_that_somebody_filled_counts(app, say):
    fill(app, "people")
    downgrade(revision="0002")
    say("UPDATE people SET lead = true")
    with pytest.raises(SystemExit):
        downgrade(revision="0001")
    assert say("SELECT count(*) FROM people WHERE lead") == [(1,)]
