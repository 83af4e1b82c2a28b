"""Budgets, waiting and the ladder: examples a lawyer can follow."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time

import pytest

from workflows.calendar import Calendar
from workflows.deadlines import Plan, Term, leave, plan, working_days_left
from workflows.definition import Budget, DayUnit, Deadline, Definition, Final, Rung, State, Transition
from workflows.ladder import PlannedTimer, TimerKind

WORKING, CALENDAR = DayUnit.WORKING_DAYS, DayUnit.CALENDAR_DAYS
KAZAKHSTAN = Calendar.kazakhstan()
TEXT = {"kk": "…", "ru": "…", "en": "…"}

LADDER = Deadline(
    within=Budget(5, WORKING),
    remind=(
        Rung("before", Budget(2, WORKING), "coordinator"),
        Rung("on", Budget(0, WORKING), "coordinator"),
    ),
    escalate=(Rung("after", Budget(2, WORKING), "manager"),),
    then="lapse",
)


def request(deadline: Deadline = LADDER) -> Definition:
    """check ⇄ returned (paused) → waiting (paused), check → analysis → closed."""
    lapse = Transition("lapse", TEXT, ("check",), "closed", ("clock",))
    states = {
        "check": State("check", TEXT, "coordinator", deadline=deadline),
        "returned": State("returned", TEXT, "requester", deadline=deadline, paused=True),
        "waiting": State("waiting", TEXT, "lender", paused=True),
        "analysis": State("analysis", TEXT, "coordinator", deadline=deadline),
        "closed": State("closed", TEXT, final=Final.LAPSED),
    }
    return Definition(
        key="request",
        version=1,
        reference="R-{year}-{number}",
        title=TEXT,
        calendar="KZ",
        states=states,
        transitions={"lapse": lapse},
        fields={},
        initial="check",
        digest="0",
    )


def within(amount: int, unit: DayUnit = WORKING) -> Definition:
    return request(Deadline(Budget(amount, unit)))


def local(day: date, hour: int = 10, minute: int = 0) -> datetime:
    return KAZAKHSTAN.at(day, time(hour, minute))


def due(definition: Definition, started_at: datetime) -> datetime:
    moment = plan(definition, "check", KAZAKHSTAN, started_at).due_at
    assert moment is not None
    return moment


def rungs(planned: Plan) -> list[tuple[str, str]]:
    return [(timer.kind.value, timer.rung) for timer in planned.timers]


# --- budgets ---------------------------------------------------------------------------------------


def test_the_start_day_is_not_counted_and_the_last_day_ends_with_the_office_hours() -> None:
    assert due(within(5), local(date(2025, 5, 12))) == local(date(2025, 5, 19), 18)


def test_a_case_that_comes_late_in_the_evening_starts_on_that_day() -> None:
    assert due(within(1), local(date(2025, 5, 12), 23, 30)) == local(date(2025, 5, 13), 18)


def test_holidays_and_moved_days_are_skipped_and_named() -> None:
    planned = plan(within(3), "check", KAZAKHSTAN, local(date(2024, 4, 30)))
    assert planned.due_at == local(date(2024, 5, 4), 18), "the Saturday worked for 8 May"
    assert planned.explanation is not None
    assert [rule.day for rule in planned.explanation.days_off] == [
        date(2024, 5, 1),
        date(2024, 5, 4),
    ]


def test_calendar_days_end_at_the_same_hour_and_move_to_the_next_working_day() -> None:
    planned = plan(within(10, CALENDAR), "check", KAZAKHSTAN, local(date(2025, 3, 12)))
    assert planned.due_at == local(date(2025, 3, 26), 18), "22 March, then Nauryz until the 25th"
    assert planned.explanation is not None
    assert planned.explanation.moved == 4


def test_a_budget_across_1_march_2024_ends_at_18_hours_of_the_new_zone() -> None:
    assert due(within(3), local(date(2024, 2, 27))) == datetime(2024, 3, 1, 13, tzinfo=UTC)
    assert due(within(2), local(date(2024, 2, 27))) == datetime(2024, 2, 29, 12, tzinfo=UTC)


def test_a_state_without_deadline_has_an_empty_plan() -> None:
    assert plan(request(), "closed", KAZAKHSTAN, local(date(2025, 5, 12))) == Plan()


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        plan(request(), "check", KAZAKHSTAN, datetime(2025, 5, 12, 10))


def test_a_due_day_in_an_unconfirmed_year_is_marked() -> None:
    calendar = Calendar.kazakhstan(confirmed_through=2025)
    for start, confirmed in ((date(2025, 12, 1), True), (date(2025, 12, 30), False)):
        explanation = plan(within(5), "check", calendar, local(start)).explanation
        assert explanation is not None
        assert explanation.confirmed is confirmed


def test_an_extension_adds_days_to_the_budget() -> None:
    start = local(date(2025, 5, 12))
    planned = plan(within(5), "check", KAZAKHSTAN, start, term=Term(extended=3, extensions=1))
    assert planned.due_at == due(within(8), start)
    assert planned.explanation is not None
    assert (planned.explanation.budget.amount, planned.explanation.extended) == (5, 3)


# --- the ladder ------------------------------------------------------------------------------------


def test_the_ladder_stands_in_order_and_names_whom_it_calls() -> None:
    planned = plan(request(), "check", KAZAKHSTAN, local(date(2025, 5, 12)))
    assert planned.timers == (
        PlannedTimer(
            TimerKind.REMIND,
            "before-2-working-days",
            local(date(2025, 5, 15), 9),
            "coordinator",
        ),
        PlannedTimer(TimerKind.REMIND, "on-the-day", local(date(2025, 5, 19), 9), "coordinator"),
        PlannedTimer(TimerKind.LAPSE, "lapse", local(date(2025, 5, 19), 18), "clock", "lapse"),
        PlannedTimer(TimerKind.ESCALATE, "after-2-working-days", local(date(2025, 5, 21), 9), "manager"),
    )


def test_a_reminder_that_is_already_past_is_dropped_but_the_lapse_never() -> None:
    start = local(date(2025, 5, 12))
    late = plan(request(), "check", KAZAKHSTAN, start, planned_at=local(date(2025, 5, 16)))
    assert rungs(late)[0] == ("remind", "on-the-day")
    later = plan(request(), "check", KAZAKHSTAN, start, planned_at=local(date(2025, 6, 16)))
    assert rungs(later) == [("lapse", "lapse")]


def test_a_warning_in_calendar_days_comes_before_a_weekend_and_a_call_after_it() -> None:
    deadline = Deadline(
        Budget(5, WORKING),
        remind=(Rung("before", Budget(1, CALENDAR), "coordinator"),),
        escalate=(Rung("after", Budget(5, CALENDAR), "manager"),),
    )
    planned = plan(request(deadline), "check", KAZAKHSTAN, local(date(2025, 5, 12)))
    days = [KAZAKHSTAN.local_day(timer.due_at) for timer in planned.timers]
    assert days == [date(2025, 5, 16), date(2025, 5, 26)]


# --- waiting ---------------------------------------------------------------------------------------


def test_two_days_on_the_other_side_move_the_due_day_by_two() -> None:
    definition = request()
    start = local(date(2025, 5, 12))
    left, back = local(date(2025, 5, 14)), local(date(2025, 5, 16))
    clocks = leave(definition, "check", "returned", KAZAKHSTAN, start, left)
    assert json.loads(json.dumps(clocks)) == {"check": {"since": "2025-05-12", "used": 2}}
    clocks = leave(definition, "returned", "check", KAZAKHSTAN, left, back, clocks)
    planned = plan(definition, "check", KAZAKHSTAN, back, clocks)
    assert planned.due_at == local(date(2025, 5, 21), 18)
    assert planned.explanation is not None
    assert planned.explanation.started_on == date(2025, 5, 12)
    assert (planned.explanation.used, planned.explanation.paused) == (2, 2)


def test_the_paused_state_has_a_deadline_of_its_own_and_starts_it_anew_each_time() -> None:
    definition = request()
    left = local(date(2025, 5, 14))
    clocks = leave(definition, "check", "returned", KAZAKHSTAN, left, left)
    planned = plan(definition, "returned", KAZAKHSTAN, left, clocks)
    assert planned.due_at == local(date(2025, 5, 21), 18)
    again = leave(definition, "returned", "waiting", KAZAKHSTAN, left, left, clocks)
    assert again == clocks, "two paused states in a row wait as one"


def test_a_second_return_adds_to_the_first() -> None:
    definition = request()
    days = [local(date(2025, 5, day)) for day in (12, 13, 15, 19)]
    clocks = leave(definition, "check", "returned", KAZAKHSTAN, days[0], days[1])
    clocks = leave(definition, "returned", "check", KAZAKHSTAN, days[1], days[2], clocks)
    clocks = leave(definition, "check", "returned", KAZAKHSTAN, days[2], days[3], clocks)
    assert clocks == {"check": {"since": "2025-05-12", "used": 3}}


def test_work_that_went_on_elsewhere_comes_back_with_a_whole_budget() -> None:
    definition = request()
    day = local(date(2025, 5, 14))
    clocks = leave(definition, "check", "returned", KAZAKHSTAN, day, day)
    assert leave(definition, "returned", "analysis", KAZAKHSTAN, day, day, clocks) == {}
    assert leave(definition, "check", "analysis", KAZAKHSTAN, day, day) == {}


def test_a_step_that_stays_changes_no_clock() -> None:
    day = local(date(2025, 5, 14))
    waiting = leave(request(), "check", "returned", KAZAKHSTAN, day, day)
    assert leave(request(), "returned", "returned", KAZAKHSTAN, day, day, waiting) == waiting


def test_a_budget_used_up_to_the_day_still_gives_the_day_of_return() -> None:
    definition = within(2)
    start, left = local(date(2025, 5, 12)), local(date(2025, 5, 14))
    clocks = leave(definition, "check", "returned", KAZAKHSTAN, start, left)
    for back, expected in (
        (local(date(2025, 5, 20), 11), date(2025, 5, 20)),
        (local(date(2025, 5, 20), 19), date(2025, 5, 21)),
        (local(date(2025, 5, 24), 11), date(2025, 5, 26)),
    ):
        due_at = plan(definition, "check", KAZAKHSTAN, back, clocks).due_at
        assert due_at == local(expected, 18)


def test_a_budget_that_was_exceeded_stays_exceeded() -> None:
    definition = within(2)
    start, left = local(date(2025, 5, 12)), local(date(2025, 5, 16))
    clocks = leave(definition, "check", "returned", KAZAKHSTAN, start, left)
    planned = plan(definition, "check", KAZAKHSTAN, local(date(2025, 5, 21)), clocks)
    assert planned.due_at == local(date(2025, 5, 19), 18)


def test_days_left_count_down_to_zero_and_on() -> None:
    end = local(date(2025, 5, 19), 18)
    seen = [working_days_left(KAZAKHSTAN, end, local(date(2025, 5, day))) for day in (16, 18, 19, 20)]
    assert seen == [1, 1, 0, -1]
