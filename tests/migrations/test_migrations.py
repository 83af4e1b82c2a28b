"""The migrations make what the models say, on both databases, and can be undone."""

from __future__ import annotations

import pytest
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from expertise import config
from expertise.app import create_app
from expertise.audit.append_only import TABLES
from expertise.base.database import Base
from tests.support.databases import EMPTY, KINDS, address, database


@pytest.fixture(params=KINDS)
def app(request, tmp_path):
    with database(request.param, tmp_path, EMPTY) as engine:
        app = create_app(config.read({"KOMEK_DATA": str(tmp_path), "KOMEK_DATABASE_URL": address(engine)}))
        yield app
        app.extensions["komek"].transactions.engine.dispose()


def test_up_gives_the_models_and_down_gives_nothing(app):
    engine = app.extensions["komek"].transactions.engine
    with app.app_context():
        upgrade()
        check()  # leaves with an error when the models say something else
        assert set(inspect(engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
        downgrade(revision="base")
        assert set(inspect(engine).get_table_names()) == {"alembic_version"}
        upgrade()
    engine.dispose()


def test_migrated_tables_have_the_guards_of_the_models(app):
    engine = app.extensions["komek"].transactions.engine
    with app.app_context():
        upgrade()
    for table in TABLES:
        for attempt in (f"UPDATE {table} SET sequence = 0", f"DELETE FROM {table}"):
            with engine.connect() as connection:
                _put_a_row(connection)
                with pytest.raises(DBAPIError, match="never changed"):
                    connection.execute(text(attempt))
                connection.rollback()
    engine.dispose()


def _put_a_row(connection):
    """One event of one case, past every rule but the guards: rolled back by the caller."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    else:
        connection.execute(text("SET session_replication_role = replica"))
    blob = "X'00'" if connection.dialect.name == "sqlite" else "'x'::bytea"
    connection.execute(
        text(
            "INSERT INTO events (case_id, sequence, at, act, actor, role, to_state, body, leaf) "
            f"VALUES (1, 1, '2026-01-01', 'a', 'b', 'c', 'd', {blob}, {blob})"
        )
    )
    connection.execute(
        text(f"INSERT INTO event_private (case_id, sequence, name, nonce, value) VALUES (1, 1, 'n', {blob}, '1')")
    )
