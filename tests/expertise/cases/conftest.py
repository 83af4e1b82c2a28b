"""A furnished house on both databases; tests that no database can change ask for `on_sqlite` as well."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from tests.expertise.cases.scenery import env

__all__ = ["counted", "env"]


@pytest.fixture
def counted(env):
    """How many statements something sends to the database; the worker's are not counted."""

    def count(deed):
        sent = []

        def note(_connection, _cursor, statement, *_):
            sent.append(statement)

        env.transactions.resting = True
        event.listen(env.transactions.engine, "before_cursor_execute", note)
        deed()
        event.remove(env.transactions.engine, "before_cursor_execute", note)
        env.transactions.resting = False
        env.transactions.expand()
        return len(sent)

    return count
