"""What a change of a case costs."""

from __future__ import annotations

import pytest
from sqlalchemy import event


@pytest.fixture
def counted(env):
    """How many statements something sends to the database; the worker's are not counted."""

    def count(action):
        sent = []

        def note(_connection, _cursor, statement, *_):
            sent.append(statement)

        env.transactions.resting = True
        event.listen(env.transactions.engine, "before_cursor_execute", note)
        action()
        event.remove(env.transactions.engine, "before_cursor_execute", note)
        env.transactions.resting = False
        env.transactions.expand()
        return len(sent)

    return count
