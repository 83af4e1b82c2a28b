"""The declarative base, column types for both databases, and the preparation of connections."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    CursorResult,
    DateTime,
    Delete,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Table,
    TypeDecorator,
    Update,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session

from expertise.base.driver import as_sqlalchemy

#: Milliseconds. A case that is held longer than this by somebody else answers "try again".
POSTGRES_OPTIONS = "-c lock_timeout=2000 -c statement_timeout=10000 -c timezone=UTC"

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

#: JSON with operators on PostgreSQL, text on SQLite.
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
#: A 64-bit key that SQLite still takes as its row id.
Key = BigInteger().with_variant(Integer, "sqlite")


class Instant(TypeDecorator[datetime]):
    """Column type of an aware moment in UTC on both databases. Raises ValueError for a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return UTC for the database; SQLite stores it without a zone, as sortable text."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 the signature is SQLAlchemy's
        """Return an aware moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all models. Flask-SQLAlchemy is given this class, so the models do not depend on it."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: Instant}


def table_of(model: type[Base]) -> Table:
    """Return the table of a model, for statements without the ORM."""
    return cast("Table", model.__table__)


def insert_into(session: Session, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT with ON CONFLICT in the dialect of the session's database."""
    return insert_as(session.get_bind().dialect.name, table)


def insert_as(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT as `insert_into` does, for statements that are built once per dialect."""
    return (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)


def changed(session: Session, statement: Update | Delete) -> int:
    """Return the number of rows that the statement changed. Entities in the session are not updated."""
    result = session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult", result).rowcount


def prepare(engine: Engine) -> Engine:
    """Set up SQLite: durable, waiting for locks, transactions begun by us. PostgreSQL is set up by its options."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own would be deferred
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # so that INSERT OR REPLACE meets the trail's delete guard
        "busy_timeout=15000",
        "wal_autocheckpoint=8000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get("sqlite_begin", "BEGIN")
    driver: Any = connection.connection.dbapi_connection
    try:
        driver.execute(begin)
    except Exception as error:
        raise as_sqlalchemy(connection.dialect, driver, error, begin) from error
