"""What a change of a case costs."""

from __future__ import annotations

import pytest

from tests.support.statements import listening


@pytest.fixture
def counted(env):
    """How many statements something sends to the database; the worker's are not counted."""

    def count(action):
        env.transactions.resting = True
        with listening(env.transactions.engine) as sent:
            action()
        env.transactions.resting = False
        env.transactions.expand()
        return len(sent)

    return count
