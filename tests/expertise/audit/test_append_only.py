"""The database itself refuses to change the trail, to Komek as to anybody else."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from expertise.audit import append_only

CLUMSY = [
    "UPDATE {table} SET sequence = sequence + 100",
    "UPDATE {table} SET case_id = case_id",
    "DELETE FROM {table}",
    "DELETE FROM {table} WHERE sequence = 1",
]
ONLY = {
    "postgresql": ["TRUNCATE {table} CASCADE", "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT DO UPDATE"],
    "sqlite": ["INSERT OR REPLACE INTO {table} SELECT * FROM {table}", "REPLACE INTO {table} SELECT * FROM {table}"],
}
#: On PostgreSQL an upsert must name its key.
KEYS = {"events": "(case_id, sequence)", "event_private": "(case_id, sequence, name)"}


def attempts(dialect, table):
    for statement in CLUMSY + ONLY[dialect]:
        made = statement.format(table=table)
        yield made.replace("DO UPDATE", f"{KEYS[table]} DO UPDATE SET sequence = excluded.sequence")


@pytest.mark.parametrize("table", append_only.TABLES)
def test_the_trail_is_never_changed(env, table):
    env.walk("register")
    engine = env.transactions.engine

    def all_rows():
        with engine.connect() as connection:
            return connection.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2, 3")).all()

    before = all_rows()
    assert before
    for statement in attempts(engine.dialect.name, table):
        with pytest.raises(DBAPIError, match="the trail is never changed"), engine.begin() as connection:
            connection.execute(text(statement))
    assert all_rows() == before


def test_a_replica_does_not_step_over_the_guards(env):
    engine = env.transactions.engine
    if engine.dialect.name != "postgresql":
        return  # SQLite has no roles of sessions
    env.begin()
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        with pytest.raises(DBAPIError, match="never changed"):
            connection.execute(text("DELETE FROM event_private"))


def test_every_table_is_guarded_against_every_verb():
    for dialect, verbs in (("sqlite", ("UPDATE", "DELETE")), ("postgresql", ("UPDATE", "DELETE", "TRUNCATE"))):
        made = " ".join(append_only.statements(dialect))
        assert all(f"BEFORE {verb} ON {table}" in made for verb in verbs for table in append_only.TABLES)
