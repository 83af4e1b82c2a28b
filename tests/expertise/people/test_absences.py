"""Absences and deputies: refused when two answers would be possible, never a chain, nobody left unseen."""

from __future__ import annotations

import itertools
import threading
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from expertise.base import clock
from expertise.people import absences, deputies
from expertise.people.absences import NewAbsence
from expertise.people.access import Absent, HeldGrant, load_actor
from expertise.people.auth.second_factor import needed_for
from expertise.people.manage import accounts
from expertise.people.model import Absence, Person
from expertise.people.scope import STAFF, Scope
from workflows.refusals import Invalid

TODAY = date(2026, 3, 2)
DAY = timedelta(days=1)


@pytest.fixture
def session(reference, time):
    with reference.write() as session:
        yield session


@pytest.fixture
def people(session):
    """An approver of all regions, a coordinator of two, and two more without roles."""
    made = {}
    for name in ("approver", "coordinator", "third", "fourth"):
        made[name] = accounts.add_person(session, name=name, email=f"{name}@example.kz", language="ru", now=clock.now())
    accounts.grant_role(session, made["approver"], "approver")
    accounts.grant_role(session, made["approver"], "requester")
    for region in ("KZ-43", "KZ-10"):
        accounts.grant_role(session, made["coordinator"], "coordinator", region)
    return made


@pytest.fixture
def away(session, people):
    def away(who, deputy=None, since=TODAY, until=TODAY, *, knowing=False, scope=None, **wished):
        wish = NewAbsence(
            since, until, deputy_id=people[deputy].id if deputy else None, scope=scope or Scope(), **wished
        )
        return absences.record(
            session, people[who], wish, recorded_by_id=people[who].id, now=clock.now(), knowing=knowing
        )

    return away


@pytest.fixture
def acting(session, people):
    def acting(who, today=TODAY):
        held = load_actor(session, people[who].id, today).grants
        return [(one.absent.name, one.role, one.region, one.workflow) for one in held if one.absent is not None]

    return acting


@pytest.fixture
def unattended(session):
    def unattended(*roles, today=TODAY):
        found = deputies.without_deputy(session, today, roles or STAFF)
        return [(one.name, one.role, one.region, one.workflow) for one in found]

    return unattended


def codes(answer):
    assert isinstance(answer, Invalid)
    return [(field, problem.code) for field, problems in answer.errors for problem in problems]


def test_deputy_stands_in_on_both_days_and_those_between(away, acting, people):
    away("approver", "third", TODAY, TODAY + 2 * DAY)
    assert acting("third", TODAY - DAY) == []
    for day in range(3):
        assert acting("third", TODAY + day * DAY) == [("approver", "approver", None, None)]
    assert acting("third", TODAY + 3 * DAY) == []
    assert acting("fourth") == []


def test_standing_in_names_the_absent_person(session, away, people):
    away("approver", "third")
    person = people["approver"]
    standing = [each for each in load_actor(session, people["third"].id, TODAY).grants if each.absent is not None]
    assert standing == [HeldGrant("approver", absent=Absent(person.key, "approver", person.id))]
    assert needed_for(standing), "a deputy of an approver needs a second factor, too"


def test_only_roles_of_the_team_are_handed_on(session, away, acting, people):
    accounts.grant_role(session, people["approver"], "administrator")
    accounts.grant_role(session, people["approver"], "auditor")
    away("approver", "third")
    assert acting("third") == [("approver", "approver", None, None)]
    for role in ("administrator", "auditor", "requester", "expert", "anyone"):
        assert codes(away("coordinator", "third", scope=Scope(role))) == [("role", "unknown_choice")]


def test_deputy_has_what_absence_and_role_have_in_common(session, away, acting, people):
    away("coordinator", "third", scope=Scope(region="KZ-43", workflow="offer"))
    away("approver", "third", scope=Scope("approver", "KZ-10"))
    assert acting("third") == [
        ("coordinator", "coordinator", "KZ-43", "offer"),
        ("approver", "approver", "KZ-10", None),
    ]
    assert acting("fourth") == []


def test_role_that_is_not_held_or_not_yet_or_no_longer_is_not_handed_on(session, away, acting, people):
    away("approver", "third", scope=Scope("coordinator"))
    accounts.grant_role(session, people["coordinator"], "manager", since=TODAY + DAY)
    accounts.grant_role(session, people["coordinator"], "approver", until=TODAY - DAY)
    away("coordinator", "third", scope=Scope(region="KZ-75"))
    assert acting("third") == []


def test_there_is_no_chain(away, acting):
    away("approver", "coordinator")
    assert isinstance(away("coordinator", "third", knowing=True), Absence)
    assert acting("third") == [("coordinator", "coordinator", region, None) for region in ("KZ-43", "KZ-10")]
    assert acting("coordinator") == [("approver", "approver", None, None)]


def test_deputy_who_is_away_is_refused_unless_that_is_known(away):
    away("third", None, TODAY + 2 * DAY, TODAY + 9 * DAY)
    assert codes(away("approver", "third", TODAY, TODAY + 2 * DAY)) == [("deputy", "deputy_away")]
    assert isinstance(away("approver", "third", TODAY, TODAY + DAY), Absence)
    assert isinstance(away("approver", "third", TODAY, TODAY + 2 * DAY, knowing=True), Absence)


def test_who_stands_in_goes_away_only_knowing(away):
    """The chain from its other end: the deputy's own absence leaves somebody without anybody."""
    away("approver", "third", TODAY, TODAY + 2 * DAY)
    assert codes(away("third", None, TODAY + DAY, TODAY + 9 * DAY)) == [("deputy", "stands_in")]
    assert codes(away("third", "fourth", TODAY + DAY, TODAY + 9 * DAY)) == [("deputy", "stands_in")]
    assert isinstance(away("third", None, TODAY + 3 * DAY, TODAY + 9 * DAY), Absence)
    assert isinstance(away("third", "fourth", TODAY, TODAY + 2 * DAY, knowing=True), Absence)


def test_deputy_away_from_something_else_is_there(away):
    away("coordinator", None, scope=Scope("coordinator"))
    assert isinstance(away("approver", "coordinator", scope=Scope("approver")), Absence)
    assert codes(away("approver", "coordinator")) == [("deputy", "deputy_away")]


def test_nobody_is_the_own_deputy(away):
    assert codes(away("approver", "approver")) == [("deputy", "own_deputy")]


def test_deputy_must_have_access(session, away, people, acting):
    accounts.deactivate_person(session, people["third"])
    assert codes(away("approver", "third")) == [("deputy", "not_active")]
    people["ghost"] = Person(id=10**9)
    assert codes(away("approver", "ghost")) == [("deputy", "not_active")]


def test_deactivated_person_has_no_deputy(session, away, people, acting, unattended):
    away("approver", "third")
    away("coordinator")
    for name in ("approver", "coordinator"):
        accounts.deactivate_person(session, people[name])
    assert acting("third") == []
    assert unattended() == []


@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [
        (Scope(), Scope(), True),
        (Scope("approver"), Scope("approver"), True),
        (Scope("approver"), Scope(region="KZ-43"), True),
        (Scope("approver"), Scope("coordinator"), False),
        (Scope("approver", "KZ-43"), Scope("approver", "KZ-10"), False),
        (Scope(workflow="offer"), Scope(workflow="deliverable"), False),
        (Scope(), Scope(workflow="offer"), True),
    ],
)
def test_one_thing_has_one_deputy(away, first, second, refused):
    assert isinstance(away("approver", "third", scope=first), Absence)
    answer = away("approver", "fourth", scope=second)
    assert codes(answer) == [("deputy", "other_deputy")] if refused else isinstance(answer, Absence)
    assert isinstance(away("approver", "third", scope=first), Absence), "the same deputy once more is fine"


def test_other_days_may_have_another_deputy(away):
    away("approver", "third", TODAY, TODAY + DAY)
    assert codes(away("approver", "fourth", TODAY + DAY, TODAY + 2 * DAY)) == [("deputy", "other_deputy")]
    assert isinstance(away("approver", "fourth", TODAY + 2 * DAY, TODAY + 3 * DAY), Absence)


def test_ended_absence_counts_no_more(session, away, acting, people, time):
    ended = away("approver", "third", TODAY, TODAY + 9 * DAY)
    absences.end(session, ended, clock.now())
    assert acting("third") == []
    assert isinstance(away("approver", "fourth"), Absence)
    first = ended.ended_at
    time.move(DAY)
    absences.end(session, ended, clock.now())
    assert ended.ended_at == first
    theirs = select(Absence.deputy_id).where(Absence.person_id == people["approver"].id)
    assert session.scalars(theirs.order_by(Absence.since.desc(), Absence.id.desc())).all() == [
        people["fourth"].id,
        people["third"].id,
    ]


@pytest.mark.parametrize(
    ("wrong", "where", "code"),
    [
        ({"until": TODAY - DAY}, "until", "before_since"),
        ({"cause": "golf"}, "cause", "unknown_choice"),
        ({"note": "x" * 301}, "note", "too_long"),
    ],
)
def test_wish_that_cannot_be_stored(away, wrong, where, code):
    assert codes(away("approver", **wrong)) == [(where, code)]


def test_absences_of_the_day(session, away):
    first = away("approver", "third", TODAY, TODAY + DAY)
    away("coordinator", None, TODAY + 2 * DAY, TODAY + 3 * DAY)
    absences.end(session, away("third", None, knowing=True), clock.now())
    assert absences.in_force(session, TODAY) == [first]


def test_absence_without_deputy_is_seen(away, unattended):
    away("approver")
    away("coordinator", scope=Scope(region="KZ-43"))
    away("third")
    assert unattended() == [("approver", "approver", None, None), ("coordinator", "coordinator", "KZ-43", None)]
    assert unattended("approver") == [("approver", "approver", None, None)]
    assert unattended("administrator") == []
    assert unattended(today=TODAY + DAY) == []


def test_deputy_for_a_part_leaves_the_rest_unattended(away, unattended):
    away("approver")
    away("approver", "third", scope=Scope("approver", "KZ-43"))
    assert unattended() == [("approver", "approver", None, None)]
    away("approver", "third")
    assert unattended() == []


def test_deputy_who_cannot_act_is_no_deputy(session, away, unattended, people):
    away("approver", "third")
    assert unattended() == []
    ill = away("third", cause="illness", knowing=True)
    assert unattended() == [("approver", "approver", None, None)]
    absences.end(session, ill, clock.now())
    accounts.deactivate_person(session, people["third"])
    assert unattended() == [("approver", "approver", None, None)]


def test_two_who_name_different_deputies_at_once_cannot_both_win(reference, time):
    with reference.write() as session:
        ids = [
            accounts.add_person(session, name=name, email=f"{name}@example.kz", language="ru", now=clock.now()).id
            for name in "abc"
        ]
    answers, together = [], threading.Barrier(8)

    def go(deputy_id):
        together.wait()
        with reference.write() as session:
            wish = NewAbsence(TODAY, TODAY, deputy_id=deputy_id)
            person = session.get_one(Person, ids[0])
            answers.append((deputy_id, absences.record(session, person, wish, recorded_by_id=ids[0], now=clock.now())))

    threads = [threading.Thread(target=go, args=(ids[1 + number % 2],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert len({deputy_id for deputy_id, answer in answers if isinstance(answer, Absence)}) == 1


def test_two_who_name_each_other_at_once_cannot_both_win(reference, time):
    with reference.write() as session:
        one, two = (
            accounts.add_person(session, name=name, email=f"{name}@example.kz", language="ru", now=clock.now()).id
            for name in "ab"
        )
    answers, together = [], threading.Barrier(2)

    def go(person_id, deputy_id):
        together.wait()
        with reference.write() as session:
            wish = NewAbsence(TODAY, TODAY, deputy_id=deputy_id)
            person = session.get_one(Person, person_id)
            answers.append(absences.record(session, person, wish, recorded_by_id=one, now=clock.now()))

    threads = [threading.Thread(target=go, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(answer, Absence) for answer in answers) == [False, True]


SCOPES = st.builds(
    Scope,
    st.sampled_from([None, "approver", "manager"]),
    st.sampled_from([None, "KZ-43", "KZ-10"]),
    st.sampled_from([None, "offer", "deliverable"]),
)


def things(scope):
    """All that a scope is about, in a small world; the third name stands for all the others."""
    world = (("approver", "manager", "x"), ("KZ-43", "KZ-10", "x"), ("offer", "deliverable", "x"))
    wanted = (scope.role, scope.region, scope.workflow)
    return {
        thing for thing in itertools.product(*world) if all(w in (None, t) for w, t in zip(wanted, thing, strict=True))
    }


@given(SCOPES, SCOPES)
def test_scopes_meet_and_cover_as_sets_do(one, two):
    met = one.meets(two)
    assert (things(met) if met else set()) == things(one) & things(two)
    assert met == two.meets(one)
    assert one.covers(two) == (things(two) <= things(one))
