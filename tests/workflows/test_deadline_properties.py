"""What holds for every start, budget, wait and ladder that Hypothesis can think of."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from workflows.calendar import Calendar, DayRule
from workflows.deadlines import leave, plan
from workflows.definition import Budget, DayUnit, Deadline, Definition, Rung, State
from workflows.ladder import TimerKind

KAZAKHSTAN = Calendar.kazakhstan()
TEXT = {"kk": "…", "ru": "…", "en": "…"}


def request(deadline: Deadline) -> Definition:
    states = {
        "check": State("check", TEXT, "coordinator", deadline=deadline),
        "returned": State("returned", TEXT, "requester", paused=True),
    }
    return Definition("request", 1, "R", TEXT, "KZ", states, {}, {}, "check", "0")


def within(amount: int, unit: DayUnit = DayUnit.WORKING_DAYS) -> Definition:
    return request(Deadline(Budget(amount, unit)))


def due(definition: Definition, started_at: datetime) -> datetime:
    moment = plan(definition, "check", KAZAKHSTAN, started_at).due_at
    assert moment is not None
    return moment


instants = st.datetimes(datetime(2012, 1, 2), datetime(2027, 6, 1), timezones=st.just(UTC))
units = st.sampled_from([DayUnit.WORKING_DAYS, DayUnit.CALENDAR_DAYS])
amounts = st.integers(1, 120)
gaps = st.timedeltas(timedelta(0), timedelta(days=40))
offsets = st.builds(Budget, st.integers(1, 15), units)
reminders = st.builds(Rung, st.just("before"), offsets, st.just("coordinator"))
escalations = st.builds(Rung, st.just("after"), offsets, st.just("manager"))
deadlines = st.builds(
    Deadline,
    within=st.builds(Budget, amounts, units),
    remind=st.lists(reminders, max_size=4).map(tuple),
    escalate=st.lists(escalations, max_size=4).map(tuple),
    then=st.sampled_from((None, "lapse")),
)


@given(instants, gaps, amounts, units)
def test_a_later_start_is_never_due_earlier(start: datetime, gap: timedelta, amount: int, unit: DayUnit) -> None:
    definition = within(amount, unit)
    assert due(definition, start) <= due(definition, start + gap)


@given(instants, amounts, st.integers(0, 30), units)
def test_a_larger_budget_is_never_due_earlier(start: datetime, amount: int, more: int, unit: DayUnit) -> None:
    assert due(within(amount, unit), start) <= due(within(amount + more, unit), start)


@given(instants, amounts, units)
def test_a_due_moment_is_the_close_of_a_working_day_after_the_start(
    start: datetime, amount: int, unit: DayUnit
) -> None:
    moment = due(within(amount, unit), start)
    assert moment > start
    assert moment.astimezone(KAZAKHSTAN.zone).time() == time(18)
    assert KAZAKHSTAN.is_working(KAZAKHSTAN.local_day(moment))


@given(instants, amounts)
def test_subtracting_the_budget_from_the_due_day_leads_back_to_the_start(start: datetime, amount: int) -> None:
    day = KAZAKHSTAN.local_day(due(within(amount), start))
    origin = KAZAKHSTAN.local_day(start)
    assert KAZAKHSTAN.add_working_days(day, -amount) == KAZAKHSTAN.on_or_before(origin)


@given(instants, gaps, gaps, amounts)
def test_waiting_moves_the_due_day_by_exactly_the_working_days_waited(
    start: datetime, worked: timedelta, waited: timedelta, amount: int
) -> None:
    definition = within(amount)
    left, back = start + worked, start + worked + waited
    days = [KAZAKHSTAN.local_day(moment) for moment in (start, left, back)]
    used = KAZAKHSTAN.working_days_between(days[0], days[1])
    waited_days = KAZAKHSTAN.working_days_between(days[1], days[2])
    clocks = leave(definition, "check", "returned", KAZAKHSTAN, start, left)
    planned = plan(definition, "check", KAZAKHSTAN, back, clocks)
    assert planned.explanation is not None
    assert planned.explanation.paused == waited_days
    if used != amount:  # a budget used up to the day has a rule of its own, tested above
        plain = KAZAKHSTAN.local_day(due(definition, start))
        expected = KAZAKHSTAN.add_working_days(plain, waited_days)
        assert planned.explanation.due_on == expected


@given(deadlines, instants)
def test_no_reminder_falls_into_quiet_hours_or_on_a_day_off(deadline: Deadline, start: datetime) -> None:
    for timer in plan(request(deadline), "check", KAZAKHSTAN, start).timers:
        moment = timer.due_at.astimezone(KAZAKHSTAN.zone)
        assert KAZAKHSTAN.is_working(moment.date())
        assert time(8) <= moment.time() < time(20)


@given(deadlines, instants, gaps)
def test_the_ladder_is_ordered_and_only_the_lapse_may_be_past(
    deadline: Deadline, start: datetime, gap: timedelta
) -> None:
    seen = start + gap
    timers = plan(request(deadline), "check", KAZAKHSTAN, start, planned_at=seen).timers
    assert list(timers) == sorted(timers, key=lambda timer: timer.due_at)
    assert all(timer.due_at >= seen for timer in timers if timer.kind is not TimerKind.LAPSE)
    assert [timer.step for timer in timers if timer.kind is TimerKind.LAPSE] == (
        [deadline.then] if deadline.then else []
    )


@given(instants, amounts, st.dates(date(2024, 1, 1), date(2025, 12, 31)))
def test_one_more_day_off_never_brings_a_due_moment_forward(start: datetime, amount: int, extra: date) -> None:
    stricter = Calendar.kazakhstan([DayRule(extra, False, "decree")])
    later = plan(within(amount), "check", stricter, start).due_at
    assert later is not None and later >= due(within(amount), start)
