"""Assignment of a case: it is claimed once, delegated, forwarded, and stays open to the others."""

from __future__ import annotations

from datetime import date

import pytest

from expertise.audit import trail
from expertise.cases import desk
from expertise.cases.actions.assign import AssignmentRequest, NotYoursToPass, Taken
from expertise.cases.actions.idempotency import Done
from expertise.cases.views import assignment
from expertise.people.absences import NewAbsence as Away
from expertise.people.absences import record
from expertise.people.model import Person
from expertise.reports import worklists
from tests.support.people import add_person
from workflows.refusals import KeyReused, NotFound, NotReady, Stale, WrongRole


@pytest.fixture
def take(env):
    """The actions of assigning by name: `take("claim", "deputy", reference)`."""

    def act(action, by, reference, to="", had=None, reason="", seen=None, key=None):
        holder = env.case(reference).assignee_id
        with env.transactions.read() as session:
            present = session.get(Person, holder).key if holder else ""
        wish = AssignmentRequest(action, env.actor(to).key if to else "", present if had is None else had, reason)
        seen = env.version(reference) if seen is None else seen
        actor = env.actor(by)
        return env.transactions.run(
            lambda s: desk.assign(desk.Unit(s, env.services), desk.Request(actor, reference, seen, key), wish)
        )

    return act


@pytest.fixture
def reference_(env):
    """A case on the coordinators' desk; `coordinator` and `deputy` share it."""
    return env.walk("confirm_complete")


def held(env, reference):
    with env.transactions.read() as session:
        row = env.case(reference)
        found = assignment.named(session, [row])
    return tuple(found[number].name if number else None for number in (row.assignee_id, row.delegate_id))


def test_who_claims_has_it_and_only_one_does(env, take, reference_):
    before = env.case(reference_)
    assert isinstance(take("claim", "coordinator", reference_), Done)
    row = env.case(reference_)
    assert held(env, reference_) == ("coordinator", None)
    # Nobody's page went stale, and to have a case is no act in the sense of four eyes.
    assert (row.version, row.sequence, row.acted) == (before.version, before.sequence + 1, before.acted)
    assert take("claim", "deputy", reference_) == Taken("coordinator")
    assert env.letters(reference_)[-1] != ("case_handed_over", "coordinator")
    with env.transactions.read() as session:
        assert trail.verify(session, reference_).broken == ()


def test_the_others_see_it_and_may_act_nevertheless(env, take, reference_):
    take("claim", "coordinator", reference_)
    seen = env.look("deputy", reference_).assignment
    assert (seen.assignee.name, seen.other.name, seen.actions) == ("coordinator", "coordinator", ("forward",))
    assert env.look("coordinator", reference_).assignment.actions == ("release", "delegate", "forward")
    assert env.look("requester", reference_).assignment.assignee.name == "coordinator"
    assert env.look("requester", reference_).assignment.actions == ()
    env.take("deputy", reference_, "confirm_complete")
    assert held(env, reference_) == ("coordinator", None)  # the same role's desk: it stays in the hands it is in


def test_it_ends_when_the_case_goes_to_another_desk(env, take, reference_):
    take("claim", "coordinator", reference_)
    env.take("coordinator", reference_, "return_for_completion", {"comment": "What is missing"})
    assert held(env, reference_) == (None, None)
    env.take("requester", reference_, "resubmit")
    assert held(env, reference_) == (None, None)


def test_a_delegate_does_it_and_the_holder_answers_for_it(env, take, reference_):
    take("claim", "coordinator", reference_)
    assert take("delegate", "deputy", reference_, to="deputy") == NotYoursToPass()
    assert isinstance(take("delegate", "coordinator", reference_, to="deputy", reason="You know the place"), Done)
    assert held(env, reference_) == ("coordinator", "deputy")
    assert env.letters(reference_)[-1] == ("case_delegated", "deputy")
    assert env.look("deputy", reference_).assignment.actions == ("release", "forward")
    assert env.look("coordinator", reference_).assignment.other.name == "deputy"
    take("release", "deputy", reference_)
    assert held(env, reference_) == ("coordinator", None)
    assert isinstance(take("delegate", "coordinator", reference_, to="deputy"), Done)
    assert isinstance(take("delegate", "coordinator", reference_, to="coordinator"), Done)  # takes it back
    assert held(env, reference_) == ("coordinator", None)
    assert env.letters(reference_)[-1] == ("case_taken_over", "deputy")
    take("release", "coordinator", reference_)
    assert held(env, reference_) == (None, None)
    assert take("release", "coordinator", reference_) == NotYoursToPass()


def test_handing_over_needs_a_reason_only_out_of_other_hands(env, take, reference_):
    assert isinstance(take("forward", "coordinator", reference_, to="deputy"), Done)  # nobody had it
    assert held(env, reference_) == ("deputy", None)
    assert env.letters(reference_)[-1] == ("case_handed_over", "deputy")
    assert isinstance(take("forward", "coordinator", reference_, to="coordinator", reason="  "), NotReady)
    assert isinstance(take("forward", "coordinator", reference_, to="coordinator", reason="Ill"), Done)
    assert held(env, reference_) == ("coordinator", None)
    assert env.letters(reference_)[-1] == ("case_taken_over", "deputy")
    assert take("forward", "deputy", reference_, to="deputy", had="", reason="Mine") == Taken("coordinator")
    reasons = [event.reason for event in env.look("coordinator", reference_).events]
    assert "Ill" in reasons
    assert not any(event.reason for event in env.look("requester", reference_).events)


def test_only_the_role_on_whose_desk_it_lies_and_only_its_people(env, take, reference_):
    for stranger in ("requester", "approver", "manager", "auditor", "administrator"):
        assert isinstance(take("claim", stranger, reference_), WrongRole), stranger
    for unseeing in ("distant", "neighbour", "nobody"):
        assert take("claim", unseeing, reference_) == NotFound(), unseeing
    take("claim", "coordinator", reference_)
    for outsider in ("approver", "distant", "requester"):
        answer = take("delegate", "coordinator", reference_, to=outsider)
        assert answer.errors[0][0] == "to", outsider
    draft = env.begin()
    assert isinstance(take("claim", "requester", draft), WrongRole)


def test_an_old_page_and_a_key(env, take, reference_):
    assert isinstance(take("claim", "coordinator", reference_, seen=1), Stale)
    first = take("claim", "coordinator", reference_, had="", key="k1")
    again = take("claim", "coordinator", reference_, had="", key="k1")
    assert (first.repeated, again.repeated, again.sequence) == (False, True, first.sequence)
    assert take("release", "coordinator", reference_, had="", key="k1") == KeyReused()


def test_a_deputy_claims_for_the_absent_and_finds_what_was_in_their_hands(env, take):
    held_before, open_case = env.walk("approve_terms"), env.walk("approve_terms")
    take("claim", "approver", held_before)
    with env.transactions.write() as session:
        away = session.get(Person, env.actor("approver").person_id)
        wish = Away(date(2026, 1, 1), date(2027, 1, 1), deputy_id=env.actor("manager").person_id)
        record(session, away, wish, recorded_by_id=away.id, now=away.created_at)
    assert isinstance(take("claim", "manager", open_case), Done)
    assert held(env, open_case) == ("approver", "manager")
    with env.transactions.read() as session:
        mine = {row.reference for row in worklists.desk(session, env.actor("manager"), "mine")}
        assert mine == {held_before, open_case}
        assert worklists.desk(session, env.actor("manager"), "nobody") == []
    assert isinstance(take("delegate", "manager", held_before, to="twofold"), Done)
    assert isinstance(take("release", "manager", open_case), Done)
    assert held(env, open_case) == (None, None)


def test_the_desk_can_be_narrowed(env, take, reference_):
    other = env.walk("confirm_complete")
    take("claim", "coordinator", reference_)
    with env.transactions.read() as session:
        for who, mine, nobody in (("coordinator", {reference_}, {other}), ("deputy", set(), {other})):
            actor = env.actor(who)
            assert {row.reference for row in worklists.desk(session, actor, "mine")} == mine
            assert {row.reference for row in worklists.desk(session, actor, "nobody")} == nobody
            assert {row.reference for row in worklists.desk(session, actor)} == {reference_, other}


def test_who_was_let_go_is_no_colleague(env, take, reference_):
    with env.transactions.write() as session:
        add_person(session, "temporary", like="coordinator")
        session.flush()
    take("forward", "coordinator", reference_, to="temporary")
    with env.transactions.write() as session:
        person = session.get(Person, env.case(reference_).assignee_id)
        person.active = False
    assert isinstance(take("forward", "deputy", reference_, to="deputy", reason="Has left"), Done)
    assert held(env, reference_) == ("deputy", None)
