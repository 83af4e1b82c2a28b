"""A decree is published in the middle of running cases: what lies on desks moves, and what is no deadline does not."""

from __future__ import annotations

from datetime import date, timedelta

from expertise.base import clock
from expertise.calendars import change_progress
from expertise.calendars.changes import Authority, move_days
from expertise.calendars.model import COUNTRY
from expertise.calendars.public_holidays import fill
from expertise.cases import desk
from tests.support.environment import done
from tests.support.invariants import assert_sound
from tests.support.stages import delivering, draft
from workflows.calendar import DayRule

DECREE = "Постановление Правительства РК № 118 от 27.02.2026"
THURSDAY, FRIDAY, SATURDAY = date(2026, 3, 5), date(2026, 3, 6), date(2026, 3, 14)


def due_on(env, reference):
    at = env.case(reference).due_at
    return env.services.calendar.local_day(at) if at is not None else None


def checked(env):
    """A request in its completeness check, five working days from Monday, 2 March."""
    case = draft(env)
    done(env.fire("requester", case, "submit"))
    done(env.fire("coordinator", case, "register"))
    return case


def test_a_decree_in_the_middle_of_running_cases(env, time, post):
    with env.transactions.write() as session:
        fill(session)
    checking, waiting, unsent = checked(env), checked(env), draft(env)
    _, deliverable = delivering(env)
    time.move(timedelta(days=2))
    done(env.fire("coordinator", waiting, "return_for_completion", {"comment": "Жоспар қосылмаған."}))
    actor, seen = env.actor("coordinator"), env.case(deliverable).version
    asked = {"days": "5", "comment": "Су тасқыны."}
    done(
        env.transactions.run(
            lambda s: desk.extend(desk.Unit(s, env.services), desk.Request(actor, deliverable, seen), asked)
        )
    )
    before = {case: due_on(env, case) for case in (checking, waiting, unsent, deliverable)}
    assert before[checking] == date(2026, 3, 10) and before[unsent] is None
    events = {case: len(env.events(case)) for case in before}

    with env.transactions.write() as session:
        rules = [DayRule(THURSDAY, False, DECREE), DayRule(FRIDAY, False, DECREE), DayRule(SATURDAY, True, DECREE)]
        move_days(session, COUNTRY, rules, Authority("p" + "0" * 20, DECREE, clock.now()))
    env.sweep()
    calendar = env.services.calendar
    assert due_on(env, checking) == date(2026, 3, 12)  # two days later
    assert due_on(env, waiting) == calendar.add_working_days(date(2026, 3, 4), 10)
    assert due_on(env, deliverable) == calendar.add_working_days(before[deliverable], 1)  # two off, one worked
    assert {case: len(env.events(case)) - events[case] for case in events} == {
        checking: 1,
        waiting: 1,
        unsent: 0,
        deliverable: 1,
    }
    assert_sound(env)

    # What waited goes on with what was left of it, by the calendar of today.
    done(env.edit("requester", waiting, {"title": "Толықтырылды"}))
    done(env.fire("requester", waiting, "resubmit"))
    assert due_on(env, waiting) == calendar.add_working_days(date(2026, 3, 4), 3)
    time.move(change_progress.GRACE)
    env.sweep()
    assert_sound(env)

    # One letter for each who must act, with all of theirs.
    post()
    letters = [letter for letter in post.caught() if DECREE in letter.text]
    assert sorted(letter.to for letter in letters) == sorted(map(env.email, ("coordinator", "expert", "requester")))
    told = {letter.to: letter.text for letter in letters}
    assert checking in told[env.email("coordinator")] and deliverable in told[env.email("expert")]
