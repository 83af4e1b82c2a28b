"""The statements that an engine sends, whichever way: by SQLAlchemy, or past it by the driver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from sqlalchemy import Engine, event

from expertise.base import driver


@contextmanager
def listening(engine: Engine) -> Iterator[list[str]]:
    """The texts of all statements sent within the block. A statement for many rows counts once."""
    sent: list[str] = []

    execute = driver._execute

    def noted(connection, text, given):
        sent.append(text)
        return execute(connection, text, given)

    def note(_connection, _cursor, statement, *_):
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        with mock.patch.object(driver, "_execute", noted):
            yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
