"""After a decree: the deadlines it touches move once, on record, whatever happens meanwhile; others stay."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from expertise import worker
from expertise.audit import trail
from expertise.audit.model import Event, PrivateValue
from expertise.base import clock
from expertise.calendars import change_progress
from expertise.calendars.changes import Authority, confirm, move_days
from expertise.calendars.model import COUNTRY, CalendarChange
from expertise.calendars.public_holidays import fill
from expertise.cases import fire_timer, queries, recompute_deadlines
from expertise.cases.actions import deadline
from expertise.cases.notify import moved_deadlines
from expertise.cases.services import Unit
from expertise.mail.letters.templates import render
from expertise.mail.model import OutgoingLetter
from expertise.people.model import Organisation
from expertise.reminders.model import Timer
from tests.support.environment import on_sqlite, together
from tests.support.statements import listening
from workflows.calendar import DayRule

#: In the time of a request that is submitted on Monday, 2 March and waits to be taken up, due on Wednesday.
TUESDAY, WEDNESDAY, THURSDAY = date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 5)
DECREE = "Decree No. 7 of 2 March"


@pytest.fixture
def town(env, time):
    with env.transactions.write() as session:
        fill(session)
    return env


def decree(town, *days, working=False, owner=COUNTRY, source=DECREE):
    with town.transactions.write() as session:
        rules = [DayRule(day, working, source) for day in days]
        return move_days(session, owner, rules, Authority("p1", source, clock.now()))


def follow(town):
    return worker.follow(town.transactions, town.services)


def due_on(town, reference):
    return town.services.calendar.local_day(town.case(reference).due_at)


def moves(town, reference):
    """What the trail says of moved due dates: (was, due, source)."""
    with town.transactions.read() as session:
        rows = session.execute(
            select(PrivateValue.sequence, PrivateValue.name, PrivateValue.value)
            .join(Event, (Event.case_id == PrivateValue.case_id) & (Event.sequence == PrivateValue.sequence))
            .where(Event.case_id == town.case(reference).id, Event.act == "calendar:deadline:move")
            .order_by(PrivateValue.sequence)
        ).all()
    said = {}
    for row in rows:
        said.setdefault(row.sequence, {})[row.name] = json.loads(row.value)
    return [(each["was"], each["due"], each["source"]) for each in said.values()]


def change(town):
    with town.transactions.read() as session:
        table = CalendarChange.__table__
        return session.execute(select(table).order_by(table.c.id.desc())).first()


def is_as_the_calendar_says(town, reference):
    """From scratch: due date and ladder of the present stay, rungs that were done left out."""
    case = town.case(reference)
    with town.transactions.read() as session:
        planned = deadline.staying(session, town.services, town.services.definitions.pinned(case.digest), case)
        rows = session.execute(
            select(Timer.rung, Timer.due_at, Timer.done_at).where(Timer.case_id == case.id, Timer.visit == case.visit)
        ).all()
        assert trail.verify(session, reference).broken == ()
    over = {row.rung for row in rows if row.done_at is not None}
    assert case.due_at == planned.due_at
    assert {row.rung: row.due_at for row in rows if row.rung not in over} == {
        timer.rung: timer.due_at for timer in planned.timers if timer.rung not in over
    }
    return True


def test_a_decree_moves_the_deadlines_it_touches_and_no_other(town):
    touched, draft = town.walk("register"), town.begin()
    before = town.case(touched)
    assert due_on(town, touched) == WEDNESDAY
    decree(town, TUESDAY)
    assert follow(town) == 1
    after = town.case(touched)
    assert due_on(town, touched) == THURSDAY and town.case(draft).sequence == 1
    assert (after.state, after.version, after.visit) == (before.state, before.version, before.visit)
    assert moves(town, touched) == [(before.due_at.isoformat(), after.due_at.isoformat(), DECREE)]
    with town.transactions.read() as session:
        wanted = select(Event.__table__).where(Event.case_id == after.id)
        newest = session.execute(wanted.order_by(Event.sequence.desc())).first()
    assert (newest.actor, json.loads(newest.body)["rule"]) == ("calendar", f"calendar/{change(town).id}")
    assert is_as_the_calendar_says(town, touched)


def test_nothing_moves_twice(town):
    case = town.walk("register")
    decree(town, TUESDAY)
    follow(town)
    assert follow(town) == 0 and len(moves(town, case)) == 1


def test_a_day_that_nobody_counts_moves_nothing(town):
    case = town.walk("register")
    decree(town, date(2026, 6, 10))
    assert follow(town) == 0 and moves(town, case) == [] and town.case(case).sequence == 2


def test_a_day_worked_brings_a_deadline_forward_and_a_rung_that_has_passed_happens_at_once(town, time):
    case = town.walk("confirm_complete")  # five working days from Monday, 2 March; Monday, 9 March is off
    assert due_on(town, case) == date(2026, 3, 10)
    decree(town, date(2026, 3, 7), date(2026, 3, 8), working=True)
    follow(town)
    assert due_on(town, case) == date(2026, 3, 7)
    assert is_as_the_calendar_says(town, case)


@on_sqlite
def test_an_organisation_of_its_own_moves_its_own_cases_alone(town):
    mine = town.walk("register")
    with town.transactions.read() as session:
        theirs = session.scalar(select(Organisation.id).where(Organisation.key == "akimat-kz-47"))
    decree(town, TUESDAY, owner=theirs)
    assert follow(town) == 0
    decree(town, TUESDAY, owner=town.case(mine).organisation_id)
    assert follow(town) == 1 and due_on(town, mine) == THURSDAY


@on_sqlite
def test_a_confirmed_year_moves_nothing_and_is_over_at_once(town):
    town.walk("register")
    with town.transactions.write() as session:
        confirm(session, 2027, Authority("p1", DECREE, clock.now()), confirmed=True)
    assert change(town).state == "done" and follow(town) == 0


def test_readers_get_one_letter_for_all_their_cases_when_all_are_done(town, time):
    cases = [town.walk("register") for _ in range(3)]
    decree(town, TUESDAY)
    follow(town)
    assert written(town) == {}
    time.move(change_progress.GRACE)
    follow(town)
    letters = written(town)
    assert set(letters) == {"coordinator", "deputy"}
    context = letters["coordinator"]
    assert context["cases"] == cases and context["comment"] == DECREE
    for language in ("kk", "ru", "en"):
        text = render(moved_deadlines.LETTER, language, context).text
        assert DECREE in text and all(f"{case} · " in text for case in cases)
        assert text.count("04.03.2026, 18:00 → 05.03.2026, 18:00") == 3
    assert change(town).state == "done" and change(town).moved == 3
    follow(town)
    assert len(written(town)) == 2


def written(town):
    with town.transactions.read() as session:
        rows = session.execute(
            select(OutgoingLetter.recipient_id, OutgoingLetter.context).where(
                OutgoingLetter.letter == moved_deadlines.LETTER
            )
        ).all()
        names = {town.actor(name).person_id: name for name in ("coordinator", "deputy", "approver", "manager")}
    assert len({row.recipient_id for row in rows}) == len(rows)
    return {names[row.recipient_id]: row.context for row in rows}


def test_it_goes_on_where_it_was_killed_and_moves_every_case_once(town, monkeypatch):
    cases = [town.walk("register") for _ in range(5)]
    decree(town, TUESDAY)
    monkeypatch.setattr(recompute_deadlines, "MOST", 2)
    deaths = iter([3, 1, 2])
    left = [next(deaths)]

    def die(name):
        if name == "recompute_after_case":
            left[0] -= 1
            if left[0] == 0:
                left[0] = next(deaths, 100)
                raise KeyboardInterrupt

    monkeypatch.setattr(recompute_deadlines, "crashpoint", die)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            follow(town)
    follow(town)
    assert [len(moves(town, case)) for case in cases] == [1] * 5
    assert change(town).moved == 5
    assert all(is_as_the_calendar_says(town, case) for case in cases)


def test_two_workers_and_people_who_take_steps_meanwhile_leave_every_deadline_right(town, time, monkeypatch):
    cases = [town.walk("register") for _ in range(6)]
    monkeypatch.setattr(recompute_deadlines, "MOST", 1)
    seen = {case: town.version(case) for case in cases}
    decree(town, TUESDAY, THURSDAY)

    def work(place):
        if place < 2:
            return [follow(town) for _ in range(6)]
        return [town.fire("coordinator", case, "register", seen=seen[case]) for case in cases[place - 2 :: 2]]

    together(4, work)
    time.move(change_progress.GRACE)
    follow(town)
    assert all(is_as_the_calendar_says(town, case) for case in cases)
    assert all(town.case(case).state == "completeness_check" for case in cases)
    assert all(len(moves(town, case)) <= 1 for case in cases)


def test_a_step_that_counted_by_the_calendar_of_before_is_looked_at_once_more(town, time):
    """It read the calendars before the decree, and is committed after the worker has passed."""
    case = town.walk("register")
    with town.transactions.read() as session:
        old = town.services.calendars.of(session, None)
    decree(town, THURSDAY, date(2026, 3, 6))
    follow(town)
    assert change(town).state == "again"

    class Before:
        country = old

        def of(self, _session, _organisation):
            return old

    kept, services = town.services.calendars, town.services
    object.__setattr__(services, "calendars", Before())
    town.take("coordinator", case, "register")
    object.__setattr__(services, "calendars", kept)
    wrong = town.case(case).due_at
    time.move(change_progress.GRACE)
    follow(town)
    assert town.case(case).due_at > wrong and is_as_the_calendar_says(town, case)
    assert change(town).state == "done"


def test_no_timer_happens_by_the_calendar_of_before(town, time):
    case = town.walk("register")
    time.go(town.case(case).due_at - timedelta(hours=9))  # on the day, at nine: a reminder
    decree(town, TUESDAY)
    with town.transactions.read() as session:
        wanted = select(Timer.__table__).where(Timer.case_id == town.case(case).id)
        timer = session.execute(wanted.order_by(Timer.due_at)).first()
    run = town.transactions.run
    assert run(lambda session: fire_timer.remind(Unit(session, town.services), timer.id, timer.case_id)) is None
    worker.sweep(town.transactions, town.services)
    assert town.case(case).due_at.date() == THURSDAY
    with town.transactions.read() as session:
        acts = session.scalars(select(Event.act).where(Event.case_id == timer.case_id)).all()
    assert not any(act.startswith("clock:") for act in acts)


@on_sqlite
def test_a_case_that_somebody_holds_is_waited_for(town, monkeypatch):
    case = town.walk("register")
    decree(town, TUESDAY)
    with monkeypatch.context() as held:
        held.setattr(queries, "claim", lambda *_: None)
        assert follow(town) == 0 and change(town).state == "open"
    assert follow(town) == 1 and due_on(town, case) == THURSDAY


@on_sqlite
def test_each_of_two_decrees_under_way_is_named_where_it_counts(town):
    case = town.walk("register")
    decree(town, TUESDAY)
    decree(town, WEDNESDAY, source="Decree No. 8")
    decree(town, date(2026, 6, 10), source="Decree No. 9")
    follow(town)
    assert [source for *_, source in moves(town, case)] == [f"{DECREE}; Decree No. 8"]


@on_sqlite
def test_an_extended_deadline_moves_with_what_was_granted(town):
    from tests.expertise.cases.actions.test_extend import extend  # noqa: PLC0415

    case = town.walk("finish_analysis")
    extend(town, "manager", case, days="4", comment="Late reports.")
    before = due_on(town, case)
    decree(town, TUESDAY)
    follow(town)
    assert due_on(town, case) == town.services.calendar.add_working_days(before, 1)
    assert town.case(case).deadline["extended"] == 4
    assert is_as_the_calendar_says(town, case)


@on_sqlite
def test_a_worker_knows_a_change_that_no_case_asks_for(town):
    decree(town, TUESDAY)
    follow(town)
    assert not town.services.calendar.is_working(TUESDAY)


@on_sqlite
def test_a_step_sends_no_statement_of_its_own_for_its_calendar(town):
    case = town.walk("register")
    town.transactions.resting = True
    with listening(town.transactions.engine) as sent:
        town.take("coordinator", case, "register")
    about = [statement for statement in sent if "calendar_" in statement]
    assert about and all("parent_id" in statement for statement in about)


days = st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=4)


@on_sqlite
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(days, min_size=1, max_size=3), st.sampled_from(("register", "confirm_complete", "deliverable.submit")))
def test_recomputing_is_computing_from_scratch(town, decrees, until):
    case = town.walk(until)
    for number, moved in enumerate(decrees):
        for offset, working in moved:
            decree(town, date(2026, 3, 1) + timedelta(offset), working=working, source=f"Decree {number}.{offset}")
        follow(town)
    assert is_as_the_calendar_says(town, case)
