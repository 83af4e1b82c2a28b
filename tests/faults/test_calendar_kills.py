"""A worker that moves deadlines after a decree is killed with -9, and another carries on: each case moved once."""

from __future__ import annotations

from datetime import date

import pytest

from expertise.base import clock
from expertise.calendars.changes import Authority, move_days
from expertise.calendars.model import COUNTRY, CalendarChange
from tests.faults.crashing_actions import kill
from tests.support.databases import KINDS, database
from tests.support.environment import done, environment
from tests.support.invariants import assert_sound
from tests.support.people import MAIN_CAST
from tests.support.stages import draft
from workflows.calendar import DayRule

pytestmark = pytest.mark.fault

TUESDAY, THURSDAY = date(2026, 3, 3), date(2026, 3, 5)
POINTS = ("before_flush", "after_flush", "recompute_after_case", "before_commit", "after_commit")


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("kind", KINDS)
def test_killed_while_deadlines_move(kind, point, tmp_path, time):
    with database(kind, tmp_path, MAIN_CAST) as engine:
        env = environment(engine)
        cases = [draft(env) for _ in range(3)]
        for case in cases:
            done(env.fire("requester", case, "submit"))
        with env.transactions.write() as session:
            authority = Authority("p1", "Decree No. 7", clock.now())
            move_days(session, COUNTRY, [DayRule(TUESDAY, False, "Decree No. 7")], authority)
        kill(env, {"verb": "sweep", "with": []}, point, tmp_path)
        env.sweep()
        for case in cases:
            assert env.services.calendar.local_day(env.case(case).due_at) == THURSDAY
            assert sum(event.act == "calendar:deadline:move" for event in env.events(case)) == 1
        assert env.rows(CalendarChange.__table__)[0].moved == 3
        assert_sound(env)
