"""Statements sent by the database's driver in the session's transaction, past what SQLAlchemy does for each of them.

For the few statements that every step or request sends: their text is made once, and the driver prepares what comes
often. Errors are those of SQLAlchemy, so that nobody needs to know which way a statement went.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from psycopg import Connection as PostgreSQL
from psycopg import RawCursor
from sqlalchemy import CompoundSelect, Dialect, Row, Select
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

#: Where a session keeps the driver's connection of its transaction: see `expertise.base.transaction`.
CONNECTION = "driver_connection"


def dialect_of(session: Session) -> Dialect:
    """The dialect of the session's database."""
    return session.get_bind().dialect


def send(session: Session, text: str, given: Sequence[Any] | Mapping[str, Any]) -> Any:
    """Execute one statement; returns the driver's cursor. Raises as SQLAlchemy does.

    Values by place stand as `?` in the text for SQLite, as `$1`, `$2` … for PostgreSQL.
    """
    connection = _connection(session)
    try:
        return _execute(connection, text, given)
    except Exception as error:
        raise as_sqlalchemy(dialect_of(session), connection, error, text) from error


def _execute(connection: Any, text: str, given: Sequence[Any] | Mapping[str, Any]) -> Any:
    if isinstance(connection, PostgreSQL):
        cursor = connection.cursor() if isinstance(given, Mapping) else RawCursor(connection)
        return cursor.execute(text, given)  # the driver prepares what comes often, and lets go of what does not
    return connection.execute(text, given)


def _connection(session: Session) -> Any:
    known = session.info.get(CONNECTION)
    return known if known is not None else session.connection().connection.dbapi_connection


def as_sqlalchemy(dialect: Dialect, connection: Any, error: Exception, text: str) -> BaseException:
    """The error as SQLAlchemy would raise it; the values, which may be personal, are not in it."""
    driver_error = dialect.loaded_dbapi.Error
    lost = isinstance(error, driver_error) and dialect.is_disconnect(error, connection, None)
    return DBAPIError.instance(
        text, None, error, driver_error, hide_parameters=True, connection_invalidated=lost, dialect=dialect
    )


class Prepared:
    """A SELECT whose text is made once for each dialect; its rows are those that SQLAlchemy would give, by name.

    The values of `bindparam` are given with each call; all others are fixed when the statement is built.
    """

    def __init__(self, statement: Select[Any] | CompoundSelect[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def first(self, session: Session, given: Mapping[str, Any]) -> Row[Any] | None:
        """The first row; None for none."""
        compiled = self._in(session)
        cursor = send(session, compiled.text, compiled.values(given))
        found = cursor.fetchone()
        row = None if found is None else compiled.row(found, cursor)
        cursor.close()
        return row

    def all(self, session: Session, given: Mapping[str, Any]) -> list[Row[Any]]:
        """All rows."""
        compiled = self._in(session)
        cursor = send(session, compiled.text, compiled.values(given))
        found = [compiled.row(each, cursor) for each in cursor.fetchall()]
        cursor.close()
        return found

    def _in(self, session: Session) -> _Compiled:
        dialect = dialect_of(session)
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(self._statement, dialect)
        return compiled


class _Compiled:
    """The text of a SELECT in one dialect, and the conversions of its values and columns."""

    def __init__(self, statement: Select[Any] | CompoundSelect[Any], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self.text, self._dialect = str(compiled), dialect
        self._order = compiled.positiontup
        self._convert = {name: bind_processor(each.type, dialect) for name, each in compiled.binds.items()}
        asked = {name for name, each in compiled.binds.items() if each.required}
        self._fixed = {
            name: self._converted(name, value) for name, value in compiled.params.items() if name not in asked
        }
        self._columns = [column.type for column in statement.selected_columns]
        self._metadata = SimpleResultMetaData([column.key or "" for column in statement.selected_columns])
        self._processors: list[Any] | None = None

    def values(self, given: Mapping[str, Any]) -> Sequence[Any] | Mapping[str, Any]:
        """The values as the driver takes them: by place or by name."""
        named = self._fixed | {name: self._converted(name, value) for name, value in given.items()}
        return named if self._order is None else [named[name] for name in self._order]

    def row(self, found: Sequence[Any], cursor: Any) -> Row[Any]:
        """The row that the driver found, its columns converted."""
        if self._processors is None:  # the cursor is asked once: its answer takes longer than the row
            self._processors = [
                kind.dialect_impl(self._dialect).result_processor(self._dialect, said[1])
                for kind, said in zip(self._columns, cursor.description, strict=True)
            ]
        return Row(self._metadata, self._processors, self._metadata._key_to_index, found)  # noqa: SLF001 Row takes it so

    def _converted(self, name: str, value: Any) -> Any:
        convert = self._convert.get(name)
        return value if convert is None else convert(value)


def bind_processor(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """The conversion of a value on its way to the database; None for none."""
    return kind.dialect_impl(dialect).bind_processor(dialect)
