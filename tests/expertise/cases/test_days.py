"""The order of days at the desk: in a form, in a step, in a correction; today is that of Kazakhstan."""

from __future__ import annotations

from datetime import timedelta

from tests.support.environment import done
from tests.support.main_line import REQUEST
from workflows.refusals import Invalid, Problem


def problems(answer):
    assert isinstance(answer, Invalid), answer
    return {name: [problem.code for problem in found] for name, found in answer.errors}


def test_an_end_before_its_beginning_is_refused(env):
    days = {"desired_start": "2026-06-01", "latest_date": "2026-05-01"}
    assert problems(env.file({**REQUEST, **days})) == {"latest_date": ["date_too_early"]}
    reference = env.begin({**REQUEST, "desired_start": "2026-06-01", "latest_date": "2026-07-01"})
    assert problems(env.edit("requester", reference, {"latest_date": "31.05.2026"})) == {
        "latest_date": ["date_too_early"]
    }
    assert problems(env.edit("requester", reference, {"desired_start": "2.7.2026"})) == {
        "desired_start": ["date_too_late"]
    }
    done(env.edit("requester", reference, {"desired_start": "01.08.2026", "latest_date": "01.09.2026"}))


def test_what_has_happened_lies_in_the_past(env, time):
    reference = done(env.open("coordinator", "loan_referral", {"title": "T", "price_date": "2026-03-02"})).reference
    answer = env.edit("coordinator", reference, {"price_date": "2026-03-03"})
    assert answer.errors == (("price_date", (Problem("in_the_future"),)),)
    time.move(timedelta(hours=14))  # 20 o'clock in London is the next day in Almaty
    done(env.edit("coordinator", reference, {"price_date": "2026-03-03"}))
