"""References count up by workflow and year, without a gap and without a twin."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest

from expertise.cases.actions.open import next_reference
from tests.support.environment import on_sqlite
from tests.support.main_line import REQUEST

TOGETHER = 4


def test_numbers_follow_each_other_by_workflow_and_year(env):
    request, offer = (env.services.definitions.current(key) for key in ("expertise_request", "expert_offer"))
    with env.transactions.write() as session:
        assert [next_reference(session, request, 2026) for _ in range(2)] == ["ER-2026-0001", "ER-2026-0002"]
        assert next_reference(session, offer, 2026) == "EO-2026-0001"
        assert next_reference(session, request, 2027) == "ER-2027-0001"


def test_a_number_is_given_back_with_its_transaction(env):
    with env.undone() as session:
        next_reference(session, env.services.definitions.current("expertise_request"), 2026)
    assert env.begin() == "ER-2026-0001"


def test_the_first_of_a_year_may_be_many(env):
    """All begin the year at once, each in a transaction of its own."""
    definition, barrier = env.services.definitions.current("expertise_request"), Barrier(TOGETHER)

    def take(_):
        barrier.wait(10)
        return env.transactions.run(lambda session: next_reference(session, definition, 2030))

    with ThreadPoolExecutor(TOGETHER) as pool:
        taken = sorted(pool.map(take, range(TOGETHER)))
    assert taken == [f"ER-2030-{number:04d}" for number in range(1, TOGETHER + 1)]


@pytest.mark.parametrize(("hour", "year"), [(18, 2026), (20, 2027)])
@on_sqlite
def test_the_year_begins_in_kazakhstan(env, time, hour, year):
    time.go(datetime(2026, 12, 31, hour, 30, tzinfo=UTC))  # 23:30, and half past one of the next year
    assert env.begin(REQUEST) == f"ER-{year}-0001"
