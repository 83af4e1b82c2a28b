"""A budget over several states: it starts, waits, stops and ends, each of its rungs once, on record."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from expertise import worker
from expertise.base import clock
from expertise.base.database import table_of
from expertise.calendars.changes import Authority, move_days
from expertise.calendars.model import COUNTRY
from expertise.calendars.public_holidays import fill
from expertise.cases.actions import deadline
from expertise.reminders.model import Timer
from expertise.text.deadlines import describe_plan
from expertise.text.translator import Translator
from tests.support.changed_definitions import under
from tests.support.environment import done
from workflows.calendar import DayRule

TIMERS = table_of(Timer)
APPEAL = Path(__file__).with_name("appeal.yaml")
#: In the time of the tests, a Monday: 15 working days on, over the holidays of March.
MONDAY, DUE = date(2026, 3, 2), date(2026, 3, 27)


@pytest.fixture
def town(env, tmp_path):
    (tmp_path / APPEAL.name).write_text(APPEAL.read_text(encoding="utf-8"), encoding="utf-8")
    return under(env, tmp_path, {})


@pytest.fixture
def appeal(town):
    reference = done(town.open("coordinator", "appeal", {"title": "A road", "region": "KZ-43"})).reference
    town.take("coordinator", reference, "register")
    return reference


def rungs(town, reference, *, pending=True):
    """The timers of the clock: (run, rung, whether done), in the order in which they fall due."""
    with town.transactions.read() as session:
        own = select(TIMERS).where(TIMERS.c.case_id == town.case(reference).id, TIMERS.c.clock == "statutory")
        rows = session.execute(own.order_by(TIMERS.c.due_at, TIMERS.c.id)).all()
    return [(row.visit, row.rung) for row in rows if (row.done_at is None) is pending]


def due_on(town, reference):
    return town.services.calendar.local_day(town.case(reference).due_at)


def go(town, time, day):
    """Go to the evening of a day, and let the worker do what was due."""
    time.go(town.services.calendar.closing(day) + timedelta(minutes=1))
    town.sweep()


def test_it_runs_on_through_states_and_gives_the_due_date_where_it_ends_first(town, appeal):
    case = town.case(appeal)
    assert (case.due_of, due_on(town, appeal), case.deadline) == ("statutory", DUE, None)
    assert [rung for _run, rung in rungs(town, appeal)] == [
        "before-2-working-days",
        "on-the-day",
        "lapse",
        "after-1-working-days",
    ]
    town.take("coordinator", appeal, "route")
    case = town.case(appeal)
    assert (case.due_of, due_on(town, appeal)) == ("statutory", DUE)  # the state has five days more
    assert case.deadline["amount"] == 20
    assert len(rungs(town, appeal)) == 4


def test_it_waits_in_a_pause_and_goes_on_with_what_is_left(town, appeal, time):
    town.take("coordinator", appeal, "route")
    calendar = town.services.calendar
    go(town, time, calendar.add_working_days(MONDAY, 4))
    town.take("manager", appeal, "ask")
    case = town.case(appeal)
    assert (case.due_of, rungs(town, appeal)) == (None, [])
    assert case.clocks["statutory"] == {"since": "2026-03-02", "used": 4, "run": 1, "running": None}
    back = calendar.add_working_days(MONDAY, 10)
    go(town, time, back)
    town.take("coordinator", appeal, "again")
    assert due_on(town, appeal) == calendar.add_working_days(back, 11)
    assert town.case(appeal).due_of == "statutory"
    assert len(rungs(town, appeal)) == 4


def test_an_answer_stops_it_and_a_dispute_begins_a_run_of_its_own(town, appeal, time):
    town.take("coordinator", appeal, "route")
    town.take("manager", appeal, "answer")
    assert (town.case(appeal).due_of, rungs(town, appeal)) == (None, [])
    town.take("coordinator", appeal, "dispute")
    assert {run for run, _rung in rungs(town, appeal)} == {2}
    assert (due_on(town, appeal), town.case(appeal).clocks["statutory"]["used"]) == (DUE, 0)


def test_it_reminds_whose_turn_it_is_takes_its_step_once_and_then_reports(town, appeal, time):
    calendar = town.services.calendar
    town.take("coordinator", appeal, "route")
    go(town, time, calendar.add_working_days(DUE, -2))
    assert town.letters(appeal).count(("deadline_reminder", "manager")) == 1
    assert ("deadline_reminder", "coordinator") not in town.letters(appeal)
    go(town, time, DUE)
    case = town.case(appeal)
    assert (case.state, case.due_of, due_on(town, appeal)) == ("late", "statutory", DUE)
    go(town, time, calendar.add_working_days(DUE, 1))
    assert town.letters(appeal).count(("deadline_escalation", "approver")) == 1
    assert town.case(appeal).state == "late"
    town.take("manager", appeal, "answer")
    assert town.case(appeal).due_of is None
    assert rungs(town, appeal) == []
    assert len(rungs(town, appeal, pending=False)) == 4
    assert town.verify().broken == ()


def test_a_step_within_a_state_touches_no_rung(town, appeal):
    before = rungs(town, appeal)
    done(town.comment("coordinator", appeal, "Where is the road?"))
    assert rungs(town, appeal) == before


def test_an_end_stops_it(town, appeal, time):
    town.take("coordinator", appeal, "route")
    town.take("manager", appeal, "ask")
    go(town, time, town.services.calendar.add_working_days(MONDAY, 30))
    case = town.case(appeal)
    assert (case.state, case.due_at, case.due_of) == ("dropped", None, None)
    assert case.clocks["statutory"]["stopped"] is True
    assert rungs(town, appeal) == []


def explained(town, reference, language):
    case, definition = town.case(reference), town.services.definitions.current("appeal")
    with town.transactions.read() as session:
        plan = deadline.staying(session, town.services, definition, case)
    return describe_plan(plan, definition, case.state, case.clocks, "Kyzylorda", Translator(language))


def test_the_page_names_the_time_that_ends_first_and_the_others_beside_it(town, appeal, time):
    said = explained(town, appeal, "ru")
    assert said.sentence == (
        "Срок по закону: 15 рабочих дней с 02.03.2026, с учётом праздников и постановлений, дней: 4 "
        "→ 27.03.2026, 18:00 Kyzylorda"
    )
    assert said.clocks == []
    town.take("coordinator", appeal, "route")
    assert explained(town, appeal, "en").sentence.startswith("Statutory time: 15 working days from 02.03.2026")
    town.take("manager", appeal, "ask")
    assert explained(town, appeal, "ru").clocks == [("Срок по закону", "приостановлено, осталось: 15 рабочих дней")]
    assert explained(town, appeal, "kk").sentence.startswith("02.03.2026")
    town.take("coordinator", appeal, "again")
    town.take("manager", appeal, "answer")
    assert explained(town, appeal, "en").clocks == []


def test_the_preview_of_a_step_says_whose_due_date_it_will_be(town, appeal):
    (offered,) = [each for each in town.look("coordinator", appeal).offered if each.step.key == "route"]
    assert offered.preview.deadline.due_of == "statutory"
    assert town.services.calendar.local_day(offered.preview.deadline.due_at) == DUE


def test_a_calendar_that_changes_moves_it_and_its_rungs(town, appeal):
    with town.transactions.write() as session:
        fill(session)
        rules = [DayRule(date(2026, 3, 26), working=False, source="Decree")]
        move_days(session, COUNTRY, rules, Authority("p1", "Decree", clock.now()))
    worker.follow(town.transactions, town.services)
    assert due_on(town, appeal) == date(2026, 3, 30)
    with town.transactions.read() as session:
        lapse = select(TIMERS.c.due_at).where(TIMERS.c.case_id == town.case(appeal).id, TIMERS.c.kind == "lapse")
        assert [town.services.calendar.local_day(at) for at in session.scalars(lapse)] == [date(2026, 3, 30)]
