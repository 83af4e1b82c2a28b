"""More time: who may grant it, how often, how much; what it changes, and that the ladder starts anew."""

from __future__ import annotations

from datetime import date, timedelta
from datetime import time as time_of_day

import pytest
from sqlalchemy import select

from expertise import worker
from expertise.audit.model import Event
from expertise.base import clock
from expertise.cases import desk
from expertise.cases.desk import Done
from expertise.mail.model import OutgoingLetter
from expertise.people.absences import NewAbsence, record
from expertise.people.model import Person
from expertise.reminders.model import Timer
from tests.support.environment import on_sqlite, together
from tests.support.main_line import REQUEST
from workflows.refusals import Invalid, KeyReused, NotExtendable, NotFound, NotReady, Stale, WrongRole


@pytest.fixture
def case(env, time):
    """A deliverable that the expert owes, due on 3 April: twenty working days from Monday, 2 March."""
    return env.part(env.walk("deliverable.submit"), "deliverable")


def extend(env, by, reference, seen=None, key=None, **raw):
    actor, seen = env.actor(by), env.version(reference) if seen is None else seen
    return env.transactions.run(
        lambda session: desk.extend(desk.Unit(session, env.services), desk.Request(actor, reference, seen, key), raw)
    )


def due_on(env, reference):
    return env.services.calendar.local_day(env.case(reference).due_at)


def timers(env, reference):
    with env.transactions.read() as session:
        rows = session.execute(
            select(Timer.rung, Timer.due_at, Timer.done_at)
            .where(Timer.case_id == env.case(reference).id)
            .order_by(Timer.due_at)
        )
        return [(row.rung, env.services.calendar.local_day(row.due_at), row.done_at is not None) for row in rows]


def events(env, reference):
    with env.transactions.read() as session:
        wanted = select(Event.__table__).where(Event.case_id == env.case(reference).id)
        return session.execute(wanted.order_by(Event.sequence)).all()


def codes(refusal):
    assert isinstance(refusal, Invalid), refusal
    return [(name, problem.code) for name, problems in refusal.errors for problem in problems]


def test_working_days_are_added_with_a_reason_and_everybody_concerned_is_told(env, case):
    before, was = env.case(case), due_on(env, case)
    answer = extend(env, "coordinator", case, days="5", comment="The survey was late.")
    assert isinstance(answer, Done) and answer.version == before.version + 1
    after = env.case(case)
    assert due_on(env, case) == env.services.calendar.add_working_days(was, 5)
    assert (after.state, after.visit, after.entered_at) == (before.state, before.visit, before.entered_at)
    event = events(env, case)[-1]
    assert (event.act, event.role, event.from_state) == ("person:deadline:extend", "coordinator", event.to_state)
    said = env.look("coordinator", case).events[0].values
    assert said == {
        "comment": "The survey was late.",
        "days": 5,
        "was": before.due_at.isoformat(),
        "due": after.due_at.isoformat(),
    }
    told = {name for letter, name in env.letters(case) if letter == "deadline_extended"}
    assert {"expert", "requester"} <= told


def test_a_date_is_as_good_as_days(env, case):
    until = env.services.calendar.add_working_days(due_on(env, case), 7)
    extend(env, "coordinator", case, until=f"{until:%d.%m.%Y}", comment="Flood.")
    assert due_on(env, case) == until
    assert env.look("coordinator", case).events[0].values["days"] == 7


def test_a_date_on_a_day_off_means_the_working_day_before_it(env, case):
    calendar = env.services.calendar
    friday = next(day for n in range(1, 9) if (day := due_on(env, case) + timedelta(n)).weekday() == 4)
    extend(env, "coordinator", case, until=(friday + timedelta(2)).isoformat(), comment="Flood.")
    assert due_on(env, case) == calendar.on_or_before(friday + timedelta(2)) == friday


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        ({"days": "11"}, [("days", "too_large")]),
        ({"days": "0"}, [("days", "too_small")]),
        ({"days": "two"}, [("days", "not_a_number")]),
        ({"until": "01.03.2026"}, [("until", "not_later")]),
        ({"until": "01.12.2026"}, [("until", "date_too_late")]),
        ({"until": "30.02.2026"}, [("until", "impossible_date")]),
        ({"days": "2", "until": "06.04.2026"}, [("until", "one_of_two")]),
        ({"days": "2", "title": "x"}, [("title", "unknown_field")]),
    ],
)
@on_sqlite
def test_what_cannot_be_granted_is_said_and_changes_nothing(env, case, raw, wrong):
    before = env.counts()
    assert codes(extend(env, "coordinator", case, comment="Flood.", **raw)) == wrong
    assert env.counts() == before


@on_sqlite
def test_a_reason_and_an_amount_are_needed(env, case):
    for raw, missing in (({"days": "2"}, "comment"), ({"comment": "Flood."}, "days")):
        refusal = extend(env, "coordinator", case, **raw)
        assert isinstance(refusal, NotReady) and [each.name for each in refusal.missing] == [missing]


@on_sqlite
def test_who_may_not_grant_it_may_not(env, case):
    for name in ("expert", "requester", "manager", "auditor", "administrator"):
        assert isinstance(extend(env, name, case, days="2", comment="Please."), WrongRole), name
    for name in ("neighbour", "other_expert", "nobody", "distant"):
        assert isinstance(extend(env, name, case, days="2", comment="Please."), NotFound), name


@on_sqlite
def test_a_state_without_extension_has_none(env, time):
    reference = env.walk("confirm_complete")
    assert extend(env, "coordinator", reference, days="2", comment="Flood.") == NotExtendable(0)


@on_sqlite
def test_it_is_granted_so_often_and_no_more(env, case):
    for _ in range(2):
        assert isinstance(extend(env, "coordinator", case, days="2", comment="Flood."), Done)
    assert extend(env, "coordinator", case, days="2", comment="Flood.") == NotExtendable(2)
    assert env.case(case).deadline["extended"] == 4


def test_the_same_form_twice_extends_once(env, case):
    seen = env.version(case)
    first = extend(env, "coordinator", case, seen, "k1", days="2", comment="Flood.")
    again = extend(env, "coordinator", case, seen, "k1", days="2", comment="Flood.")
    assert (again.repeated, again.sequence) == (True, first.sequence)
    assert isinstance(extend(env, "coordinator", case, seen, "k1", days="3", comment="Flood."), KeyReused)
    assert isinstance(extend(env, "coordinator", case, seen, "k2", days="3", comment="Flood."), Stale)
    assert env.case(case).deadline["extended"] == 2


def test_two_at_once_extend_once(env, case):
    seen = env.version(case)
    answers = together(2, lambda place: extend(env, "coordinator", case, seen, f"k{place}", days="2", comment="F."))
    assert sorted(type(answer).__name__ for answer in answers) == ["Done", "Stale"]
    assert env.case(case).deadline["extended"] == 2


def test_the_ladder_starts_anew_and_each_rung_of_it_happens_once(env, case, time):
    calendar = env.services.calendar
    due = due_on(env, case)
    time.go(calendar.at(calendar.add_working_days(due, -10), time_of_day(10)))
    worker.sweep(env.transactions, env.services)
    assert ("before-10-working-days", True) in [(rung, done) for rung, _, done in timers(env, case)]
    extend(env, "coordinator", case, days="10", comment="Flood.")
    later = calendar.add_working_days(due, 10)
    pending = [(rung, day) for rung, day, done in timers(env, case) if not done]
    assert pending == [
        ("before-10-working-days+1", calendar.add_working_days(later, -10)),
        ("before-2-working-days+1", calendar.add_working_days(later, -2)),
        ("on-the-day+1", later),
        ("after-2-working-days+1", calendar.add_working_days(later, 2)),
        ("after-5-working-days+1", calendar.add_working_days(later, 5)),
    ]
    time.go(calendar.closing(calendar.add_working_days(later, 6)))
    worker.sweep(env.transactions, env.services)
    acts = [event.act for event in events(env, case) if event.actor == "clock"]
    assert acts == ["clock:remind:before-10-working-days"] + [
        f"clock:{kind}:{rung}+1"
        for kind, rung in (
            ("remind", "before-10-working-days"),
            ("remind", "before-2-working-days"),
            ("remind", "on-the-day"),
            ("escalate", "after-2-working-days"),
            ("escalate", "after-5-working-days"),
        )
    ]


def test_a_letter_that_has_not_left_tells_the_new_date(env, case):
    with env.transactions.read() as session:
        asked = select(OutgoingLetter.context).where(OutgoingLetter.case_id == env.case(case).id)
        before = {context["due"] for context in session.scalars(asked)}
        assert before == {env.case(case).due_at.isoformat()}
    extend(env, "coordinator", case, days="5", comment="Flood.")
    with env.transactions.read() as session:
        assert {context["due"] for context in session.scalars(asked)} == {env.case(case).due_at.isoformat()}


@on_sqlite
def test_a_deputy_grants_in_the_place_of_the_absent_person(env, case):
    with env.transactions.write() as session:
        away = session.get_one(Person, env.actor("coordinator").person_id)
        deputy = env.actor("manager").person_id
        today = clock.now().date()
        wish = NewAbsence(today, today + timedelta(days=9), deputy_id=deputy, cause="leave")
        record(session, away, wish, recorded_by_id=away.id, now=clock.now())
    assert isinstance(extend(env, "manager", case, days="2", comment="Flood."), Done)
    assert events(env, case)[-1].instead_of == env.actor("coordinator").key


@on_sqlite
def test_an_overdue_deadline_is_not_extended_into_the_past(env, case, time):
    calendar = env.services.calendar
    time.go(calendar.closing(calendar.add_working_days(due_on(env, case), 6)))
    assert codes(extend(env, "coordinator", case, days="3", comment="Flood.")) == [("days", "still_past")]
    assert isinstance(extend(env, "coordinator", case, days="8", comment="Flood."), Done)


def latest(day):
    return {**REQUEST, "latest_date": day.isoformat()}


@on_sqlite
def test_a_deliverable_is_due_at_the_latest_on_the_latest_useful_day(env, time):
    for day, expected in (
        (date(2026, 3, 18), date(2026, 3, 18)),
        (date(2026, 3, 15), date(2026, 3, 13)),  # a Sunday
        (date(2026, 12, 1), None),  # the time allowed is over before
        (date(2026, 2, 1), None),  # over already
    ):
        case = env.part(env.walk("deliverable.submit", latest(day)), "deliverable")
        plain = env.services.calendar.add_working_days(date(2026, 3, 2), 20)
        assert due_on(env, case) == (expected or plain), day
        assert env.case(case).deadline["not_after"] == (day.isoformat() if expected else None)


@on_sqlite
def test_no_extension_passes_the_latest_useful_day(env, time):
    case = env.part(env.walk("deliverable.submit", latest(date(2026, 3, 18))), "deliverable")
    assert codes(extend(env, "coordinator", case, days="3", comment="Flood.")) == [("days", "beyond_latest")]
