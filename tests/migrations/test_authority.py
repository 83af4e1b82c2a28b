"""What was there before authority stays, what the narrower tables cannot say goes on the way back."""

from __future__ import annotations

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from expertise import config
from expertise.app import create_app
from tests.support.databases import EMPTY, KINDS, address, database

ROWS = (
    (
        "INSERT INTO people (id, key, name, email, language, active, created_at) "
        "VALUES (1, 'p1', 'A', 'a@example.kz', 'kk', true, '2026-01-01')"
    ),
    "INSERT INTO grants (id, person_id, role) VALUES (1, 1, 'approver')",
    (
        "INSERT INTO sessions (token, person_id, started_at, seen_at, ends_at) "
        "VALUES ('t', 1, '2026-01-01', '2026-01-01', '2026-01-02')"
    ),
)


@pytest.fixture(params=KINDS)
def url(request, tmp_path):
    with database(request.param, tmp_path, EMPTY) as engine:
        yield address(engine)


def test_rows_survive_both_ways_and_nobody_stays_signed_in(url, tmp_path):
    app = create_app(config.read({"KOMEK_DATA": str(tmp_path), "KOMEK_DATABASE_URL": url}))
    engine = app.extensions["komek"].transactions.engine

    def one(statement):
        with engine.begin() as connection:
            return connection.execute(text(statement)).scalar()

    with app.app_context():
        upgrade(revision="0001")
        with engine.begin() as connection:
            for row in ROWS:
                connection.execute(text(row))
        upgrade(revision="0002")
        assert one("SELECT count(*) FROM people WHERE NOT lead") == 1
        assert one("SELECT count(*) FROM grants WHERE workflow IS NULL") == 1
        assert one("SELECT count(*) FROM sessions") == 0
        with engine.begin() as connection:
            connection.execute(
                text("INSERT INTO grants (id, person_id, role, workflow) VALUES (2, 1, 'approver', 'offer')")
            )
        downgrade(revision="0001", x_arg=["lose=yes"])
        assert one("SELECT count(*) FROM people") == 1
        assert one("SELECT id FROM grants") == 1
    engine.dispose()
