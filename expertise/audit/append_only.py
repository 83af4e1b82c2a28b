"""Database triggers that refuse update, delete and truncate on the trail, also for Komek itself.

They stop accidents and mistakes. The proof is the chain.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import DDL, event

from expertise.audit.model import AccessLogEntry, Event, HistoryEvent, HistoryValue, PrivateValue

_SQLITE = """
CREATE TRIGGER {table}_no_{verb} BEFORE {VERB} ON {table}
BEGIN SELECT RAISE(ABORT, 'the trail is never changed'); END
"""

_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION trail_is_never_changed() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN RAISE EXCEPTION ''the trail is never changed''; END'
"""

_POSTGRES = """
CREATE TRIGGER {table}_no_{verb} BEFORE {VERB} ON {table}
FOR EACH {each} EXECUTE FUNCTION trail_is_never_changed()
"""

_ALWAYS = "ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_{verb}"

TABLES = (Event.__tablename__, PrivateValue.__tablename__)
HISTORIES = (HistoryEvent.__tablename__, HistoryValue.__tablename__)


def statements(dialect: str, tables: Sequence[str] = TABLES) -> list[str]:
    """Return the DDL of the triggers for `sqlite` or `postgresql`."""
    if dialect == "sqlite":
        return [
            _SQLITE.format(table=table, verb=verb, VERB=verb.upper())
            for table in tables
            for verb in ("update", "delete")
        ]
    made = [_POSTGRES_FUNCTION]
    for table in tables:
        for verb, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
            made.append(_POSTGRES.format(table=table, verb=verb, VERB=verb.upper(), each=each))
            made.append(_ALWAYS.format(table=table, verb=verb))
    return made


def _attach() -> None:
    """Create the triggers also with tables that are made without migrations, in tests."""
    for dialect in ("sqlite", "postgresql"):
        guarded = ((PrivateValue, TABLES), (HistoryValue, HISTORIES), (AccessLogEntry, (AccessLogEntry.__tablename__,)))
        for last, tables in guarded:
            for statement in statements(dialect, tables):
                event.listen(last.__table__, "after_create", DDL(statement).execute_if(dialect=dialect))


_attach()
