"""More time: judged like a step, counted in the unit of the deadline, and kept while a budget waits."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.days import MONDAY
from tests.workflows.samples import REQUEST, definition_of
from workflows import Definition, FourEyes, Invalid, Standing, WrongRole, decide
from workflows.calendar import Calendar
from workflows.deadlines import Term, leave, plan
from workflows.extension import STEP, days_asked, form_of

KAZAKHSTAN = Calendar.kazakhstan()
BUDGET = "within: 5 working days\n      remind"


def request(extend: str = "by: manager, times: 2, at_most: 10 working days") -> Definition:
    return definition_of(REQUEST, (BUDGET, f"within: 5 working days\n      extend: {{{extend}}}\n      remind"))


def test_the_decision_is_a_step_with_a_reason() -> None:
    form = form_of(request(), "checking")
    step = form.transitions[STEP]
    assert step.by == ("manager",) and step.asks == {"days": False, "until": False, "comment": True}
    assert form.fields["days"].max == 10
    assert form_of(request(), "checking") is form


def test_a_state_without_it_has_none() -> None:
    with pytest.raises(LookupError):
        form_of(request(), "search")


@pytest.mark.parametrize(
    ("standing", "refusal"),
    [
        (Standing("checking", frozenset({"coordinator"}), "a"), WrongRole(("manager",))),
        (Standing("checking", frozenset({"manager"}), "a", acted={"requester": ["a"]}), FourEyes("requester")),
        (
            Standing("checking", frozenset({"manager"}), "b", {"manager": "a"}, acted={"requester": ["a"]}),
            FourEyes("requester"),
        ),
    ],
)
def test_who_may_not_take_it_hears_why(standing: Standing, refusal: object) -> None:
    form = form_of(request("by: manager, not_by: [requester], times: 1, at_most: 3 working days"), "checking")
    assert decide(form, STEP, standing).refusals == (refusal,)


@pytest.mark.parametrize(
    ("asked", "days"),
    [
        ({"days": 3}, 3),
        ({"until": "2026-03-13"}, 4),
        ({"until": "2026-03-15"}, 4),  # a Sunday: the Friday before it
        ({}, None),
    ],
)
def test_days_and_dates_say_the_same(asked: dict[str, object], days: int | None) -> None:
    due_on = date(2026, 3, 6)  # Monday, 9 March, is a day off for the 8th
    assert days_asked(form_of(request(), "checking"), asked, KAZAKHSTAN, due_on) == days


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"until": "2026-03-06"}, "not_later"),
        ({"until": "2026-03-08"}, "not_later"),
        ({"until": "2026-05-01"}, "date_too_late"),
        ({"until": "2026-03-13", "days": 1}, "one_of_two"),
    ],
)
def test_a_date_that_cannot_be_meant_is_refused(asked: dict[str, object], code: str) -> None:
    found = days_asked(form_of(request(), "checking"), asked, KAZAKHSTAN, date(2026, 3, 6))
    assert isinstance(found, Invalid)
    assert [problem.code for _, problems in found.errors for problem in problems] == [code]


def test_the_latest_date_that_is_told_is_taken() -> None:
    form, due_on = form_of(request(), "checking"), date(2026, 3, 6)
    found = days_asked(form, {"until": "2026-05-01"}, KAZAKHSTAN, due_on)
    assert isinstance(found, Invalid)
    latest = dict(found.errors[0][1][0].parameters)["latest"]
    assert days_asked(form, {"until": latest}, KAZAKHSTAN, due_on) == 10


def test_calendar_days_are_counted_as_such() -> None:
    definition = definition_of(
        REQUEST, (BUDGET, "within: 5 days\n      extend: {by: manager, times: 1, at_most: 10 days}\n      remind")
    )
    form = form_of(definition, "checking")
    assert days_asked(form, {"until": "2026-03-13"}, KAZAKHSTAN, date(2026, 3, 6)) == 7


@given(st.integers(0, 4), st.integers(0, 20), st.integers(1, 10), st.integers(1, 10))
def test_what_was_granted_waits_with_the_budget(worked: int, waited: int, first: int, second: int) -> None:
    """Granted before the wait and after it: as if all of it had been in the budget from the beginning."""
    definition, calendar = request(), KAZAKHSTAN
    whole = definition_of(REQUEST, (BUDGET, f"within: {5 + first + second} working days\n      remind"))
    left = calendar.closing(calendar.add_working_days(date(2026, 3, 2), worked))
    back = calendar.closing(calendar.add_working_days(calendar.local_day(left), waited))
    before = leave(definition, "checking", "returned", calendar, MONDAY, left, term=Term(first, 1))
    assert before["checking"].get("extended") == first
    after = leave(definition, "returned", "checking", calendar, left, back, before)
    planned = plan(definition, "checking", calendar, back, after, term=Term(second, 1))
    plain = leave(whole, "checking", "returned", calendar, MONDAY, left)
    assert planned.due_at == plan(whole, "checking", calendar, back, plain).due_at
    assert planned.explanation is not None
    assert (planned.explanation.extended, planned.explanation.extensions) == (first + second, 2)


@given(st.integers(1, 20))
def test_more_time_is_never_due_earlier_and_its_rungs_are_others(more: int) -> None:
    plain = plan(request(), "checking", KAZAKHSTAN, MONDAY)
    longer = plan(request(), "checking", KAZAKHSTAN, MONDAY, term=Term(more, 1))
    assert plain.due_at is not None and longer.due_at is not None and longer.due_at > plain.due_at
    assert [timer.rung for timer in longer.timers] == [f"{timer.rung}+1" for timer in plain.timers]


@given(st.dates(date(2026, 1, 1), date(2026, 6, 30)))
def test_a_latest_day_only_ever_brings_a_due_day_forward(latest: date) -> None:
    plain = plan(request(), "checking", KAZAKHSTAN, MONDAY).explanation
    limited = plan(request(), "checking", KAZAKHSTAN, MONDAY, term=Term(not_after=latest)).explanation
    assert plain is not None and limited is not None
    assert limited.due_on <= plain.due_on
    assert limited.due_on <= latest or limited.due_on == plain.due_on
    assert (limited.not_after is not None) is (limited.due_on < plain.due_on or limited.not_after == latest)
