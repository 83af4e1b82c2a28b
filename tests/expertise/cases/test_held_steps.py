"""A step of the clock that is refused at its time: tried again until the stay ends, and seen by people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise import worker
from expertise.base import clock
from expertise.base.database import table_of
from expertise.reminders.model import Timer
from expertise.reminders.timers import FIRST_WAIT, LONGEST_WAIT
from tests.support.changed_definitions import under
from tests.support.environment import on_sqlite
from workflows.refusals import Missing, NotReady

TIMERS = table_of(Timer)
LAPSE = "    from: returned\n    to: lapsed\n    by: clock\n"


@pytest.fixture
def strict(env, tmp_path):
    """A request lapses only when it says what was tried before."""
    return under(env, tmp_path, {"expertise_request": [(LAPSE, f"{LAPSE}    requires: [tried_before]\n")]})


@pytest.fixture
def returned(strict, time):
    """A request returned to its requester, and the moment at which its time is over."""
    reference = strict.walk("confirm_complete")
    strict.take("coordinator", reference, "return_for_completion", {"comment": "More"})
    due = strict.case(reference).due_at
    time.go(due)
    return reference, due


def _sweep(env):
    return dict(worker.sweep(env.transactions, env.services))


def _lapse(env, reference):
    with env.transactions.read() as session:
        own = (TIMERS.c.case_id == env.case(reference).id, TIMERS.c.kind == "lapse")
        return session.execute(select(TIMERS).where(*own)).one()


def test_it_is_tried_again_when_what_was_missing_is_there(strict, returned, time):
    reference, due = returned
    assert _sweep(strict)["not_ready"] == 1
    timer = _lapse(strict, reference)
    assert (timer.done_at, timer.outcome, timer.due_at) == (None, "not_ready", due + FIRST_WAIT)
    assert "not_ready" not in _sweep(strict)  # not before its time
    assert strict.case(reference).state == "returned"
    strict.edit("requester", reference, {"tried_before": "Nothing"})
    time.go(timer.due_at)
    assert _sweep(strict)["done"] == 1
    assert strict.case(reference).state == "lapsed"
    assert strict.look("coordinator", reference).held is None


def test_the_attempts_become_rarer_and_are_told_once(strict, returned, time):
    reference, due = returned
    waits = []
    for _ in range(8):
        assert _sweep(strict)["not_ready"] == 1
        waits.append(_lapse(strict, reference).due_at - clock.now())
        time.go(_lapse(strict, reference).due_at)
    assert waits[:4] == [FIRST_WAIT, FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT and due + timedelta(hours=8) < clock.now()
    held = [each for each in strict.look("coordinator", reference).events if each.act == "clock:held:lapse"]
    assert len(held) == 1 and held[0].values == {"refusal": "not_ready"}


def test_people_see_what_bars_it_and_when_it_is_tried_again(strict, returned):
    reference, due = returned
    assert strict.look("requester", reference).held is None
    _sweep(strict)
    held = strict.look("requester", reference).held
    assert (held.step.key, held.again_at) == ("lapse", due + FIRST_WAIT)
    assert held.refusals == (NotReady((Missing("field", "tried_before"),)),)


@on_sqlite
def test_it_ends_with_the_stay(strict, returned, time):
    reference, _due = returned
    _sweep(strict)
    strict.take("requester", reference, "resubmit")
    with strict.transactions.read() as session:
        mine = select(TIMERS).where(TIMERS.c.case_id == strict.case(reference).id, TIMERS.c.kind == "lapse")
        assert session.execute(mine).all() == []
    time.go(clock.now() + LONGEST_WAIT)
    assert strict.case(reference).state == "completeness_check"
    assert strict.look("requester", reference).held is None
