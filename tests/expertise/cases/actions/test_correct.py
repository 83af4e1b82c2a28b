"""Corrections: two natural persons, nothing deleted, and never past a decision that was guarded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from expertise.audit import trail
from expertise.base import clock
from expertise.cases import desk
from expertise.cases.actions.correct import AnotherProposed, CorrectionRequest, NothingToCorrect
from expertise.cases.actions.idempotency import Done
from expertise.people.absences import NewAbsence as Away
from expertise.people.absences import record
from expertise.people.model import Person
from expertise.reports import register_public, worklists
from tests.support.environment import done
from workflows.refusals import FourEyes, Invalid, NotFound, Stale, WrongRole


@pytest.fixture
def correct(env):
    """`correct.propose("coordinator", case, event, expert_days="30")`, `correct.confirm("deputy", case)`, …."""

    class Correct:
        @staticmethod
        def propose(by, reference, wrong, reason="Typed wrongly", *, seen=None, key=None, **wish):
            actor, flags = env.actor(by), {name: wish.pop(name, False) for name in ("mistaken", "back")}
            wanted, seen = CorrectionRequest(wrong, reason, wish, **flags), seen or env.version(reference)
            return env.transactions.run(
                lambda s: desk.propose(desk.Unit(s, env.services), desk.Request(actor, reference, seen, key), wanted)
            )

        @staticmethod
        def confirm(by, reference, seen=None, key=None):
            actor, seen = env.actor(by), seen or env.version(reference)
            return env.transactions.run(
                lambda s: desk.confirm(desk.Unit(s, env.services), desk.Request(actor, reference, seen, key))
            )

        @staticmethod
        def decline(by, reference, reason="It was right"):
            actor, seen = env.actor(by), env.version(reference)
            return env.transactions.run(
                lambda s: desk.decline(desk.Unit(s, env.services), desk.Request(actor, reference, seen), reason)
            )

    return Correct


def event(env, reference, act):
    """The sequence of the newest event with that act."""
    return next(each.sequence for each in env.look("administrator", reference).events if each.act == act)


EDIT = "person:fields:edit"


def sound(env, reference):
    with env.transactions.read() as session:
        assert trail.verify(session, reference).broken == ()


def test_a_value_is_corrected_by_two_and_the_wrong_one_stays_on_the_trail(env, correct):
    reference = env.walk("finish_analysis")
    wrong = event(env, reference, EDIT)
    done(correct.propose("coordinator", reference, wrong, expert_days="30"))
    assert env.case(reference).fields["expert_days"] == 20  # a proposal changes nothing
    with env.transactions.read() as session:
        for name, found in (("deputy", [reference]), ("neighbour", [])):
            wanted = worklists.worklist(env.actor(name), "proposed", clock.now())
            assert [row.reference for row in worklists.page(session, wanted).cases] == found
    assert correct.propose("deputy", reference, wrong, expert_days="31") == AnotherProposed()
    assert correct.confirm("coordinator", reference) == FourEyes("coordinator")
    done(correct.confirm("deputy", reference))
    row = env.case(reference)
    assert (row.fields["expert_days"], row.proposal, row.state) == (30, None, "problem_analysis")
    seen = env.look("coordinator", reference)
    assert seen.corrections[wrong].sequence == row.sequence and not seen.corrections[wrong].entire
    assert {each.sequence: each.values.get("expert_days") for each in seen.events}[wrong] == 20
    assert ("correction_proposed", "deputy") in env.letters(reference)
    assert ("correction_made", "coordinator") in env.letters(reference)
    sound(env, reference)
    # What was said last is what can be corrected: now that is the correction.
    assert correct.propose("coordinator", reference, wrong, expert_days="40").errors
    done(correct.propose("deputy", reference, row.sequence, expert_days="40"))
    done(correct.confirm("coordinator", reference))
    assert env.case(reference).fields["expert_days"] == 40


def test_what_was_typed_is_judged_like_anywhere(env, correct):
    reference = env.walk("finish_analysis")
    wrong = event(env, reference, EDIT)
    for values, reason, field in (
        ({"expert_days": "many"}, "x", "expert_days"),
        ({"expert_days": ""}, "x", "expert_days"),
        ({"title": "Not said there"}, "x", "title"),
        ({"expert_days": "30"}, "  ", "comment"),
        ({"expert_days": "20"}, "No change", "what"),
        ({}, "No change", "what"),
    ):
        answer = correct.propose("coordinator", reference, wrong, reason, **values)
        assert isinstance(answer, Invalid) and answer.errors[0][0] == field, values
    assert env.case(reference).proposal is None
    for nothing in (0, 999, event(env, reference, "person:step:confirm_complete") - 0):
        expected = NothingToCorrect() if nothing in (0, 999) else None
        answer = correct.propose("coordinator", reference, nothing, expert_days="30")
        assert answer == expected or (expected is None and isinstance(answer, Invalid))
    assert correct.propose("neighbour", reference, wrong, expert_days="30") == NotFound()
    assert correct.propose("requester", reference, wrong, expert_days="30") == WrongRole(
        ("coordinator", "approver", "manager")
    )
    assert isinstance(correct.propose("auditor", reference, wrong, expert_days="30"), WrongRole)
    assert isinstance(correct.propose("coordinator", reference, wrong, expert_days="30", seen=1), Stale)
    assert correct.confirm("deputy", reference) == NotFound()


def test_keys_hold_for_both_persons(env, correct):
    reference = env.walk("finish_analysis")
    wrong, seen = event(env, reference, EDIT), env.version(reference)
    one = correct.propose("coordinator", reference, wrong, expert_days="30", seen=seen, key="a")
    two = correct.propose("coordinator", reference, wrong, expert_days="30", seen=seen, key="a")
    assert two.repeated and two.sequence == one.sequence
    seen = env.version(reference)
    one, two = (correct.confirm("deputy", reference, seen=seen, key="b") for _ in range(2))
    assert two.repeated and two.sequence == one.sequence


def test_what_was_decided_upon_needs_who_decided(env, correct):
    """Two coordinators do not change what the approver approved; the approver confirms, four eyes intact."""
    reference = env.walk("offer_assignment")
    wrong = event(env, reference, EDIT)
    done(correct.propose("coordinator", reference, wrong, expert_days="60"))
    assert correct.confirm("deputy", reference) == WrongRole(("approver",))
    assert correct.confirm("manager", reference) == WrongRole(("approver",))
    done(correct.confirm("approver", reference))
    assert env.case(reference).fields["expert_days"] == 60
    sound(env, reference)


@pytest.mark.parametrize("way", ["signed", "mail"])
def test_a_decision_by_a_letter_counts_like_any_other(env, correct, way):
    reference = env.walk("approve_terms")
    wrong = event(env, reference, EDIT)
    approver, seen = replace(env.actor("approver"), way=way), env.version(reference)
    done(
        env.transactions.run(
            lambda s: desk.fire(
                desk.Unit(s, env.services), desk.Request(approver, reference, seen), "approve_terms", {}
            )
        )
    )
    done(correct.propose("coordinator", reference, wrong, expert_days="60"))
    assert correct.confirm("deputy", reference) == WrongRole(("approver",))
    done(correct.decline("coordinator", reference))
    done(correct.propose("approver", reference, event(env, reference, f"{way}:step:approve_terms"), back=True))
    done(correct.confirm("manager", reference))
    assert env.case(reference).state == "approval"
    sound(env, reference)


def test_deputies_are_seen_through(env, correct):
    reference = env.walk("find_eligible")
    done(env.fire("deputy", reference, "reject", {"comment": "Wrong case!"}))
    with env.transactions.write() as session:
        absent = session.get(Person, env.actor("approver").person_id)
        wish = Away(date(2026, 1, 1), date(2027, 1, 1), deputy_id=env.actor("coordinator").person_id)
        record(session, absent, wish, recorded_by_id=absent.id, now=absent.created_at)
    done(correct.propose("approver", reference, event(env, reference, "person:step:reject"), back=True))
    assert correct.confirm("coordinator", reference) == FourEyes("approver")  # for the approver, who proposed it
    assert correct.confirm("deputy", reference) == WrongRole(("approver", "manager"))
    done(correct.confirm("manager", reference))


def test_a_comment_is_called_mistaken_and_stays(env, correct):
    reference = env.walk("finish_analysis")
    done(env.comment("requester", reference, "The landfill is in Aral"))
    said = event(env, reference, "person:comment:add")
    done(correct.propose("colleague", reference, said, "It is in Kazaly", mistaken=True))
    done(correct.confirm("requester", reference))
    seen = env.look("requester", reference)
    assert seen.corrections[said].entire
    assert "The landfill is in Aral" in [each.comment for each in seen.events]
    assert correct.propose("colleague", reference, said, mistaken=True) == NothingToCorrect()
    sound(env, reference)


def test_a_step_goes_back_where_the_definition_allows_it(env, correct):
    reference = env.walk("find_eligible")
    done(env.fire("coordinator", reference, "reject", {"comment": "Wrong case!"}))
    before, step = env.case(reference), event(env, reference, "person:step:reject")
    assert before.final == "refused"
    done(correct.propose("coordinator", reference, step, "Clicked in the wrong tab", back=True))
    assert correct.confirm("deputy", reference) == WrongRole(("approver", "manager"))
    done(correct.confirm("manager", reference))
    row = env.case(reference)
    assert (row.state, row.final, row.owner_role, row.ended_at) == ("eligibility", None, "coordinator", None)
    assert row.visit == before.visit + 1 and row.due_at > before.changed_at
    assert env.look("coordinator", reference).corrections[step].entire
    assert ("correction_made", "requester") in env.letters(reference)  # who was told of the rejection
    sound(env, reference)
    env.take("coordinator", reference, "find_eligible", {"eligible_reason": "Public need"})


def test_what_the_step_had_collected_goes_back_with_it(env, correct):
    reference = env.walk("start_terms")
    step = event(env, reference, "person:step:find_eligible")
    assert env.case(reference).fields["eligible_reason"] == "Public need"
    done(correct.propose("deputy", reference, step, back=True))
    done(correct.confirm("manager", reference))
    row = env.case(reference)
    assert (row.state, row.fields["eligible_reason"]) == ("eligibility", None)
    sound(env, reference)


def test_nobody_goes_back_past_others(env, correct):
    reference = env.walk("start_terms")
    step = event(env, reference, "person:step:find_eligible")
    done(correct.propose("deputy", reference, step, back=True))
    env.take("coordinator", reference, "start_terms")
    assert correct.confirm("manager", reference) == NothingToCorrect()
    done(correct.decline("deputy", reference, ""))  # who proposed takes it back, without a word
    assert env.case(reference).proposal is None
    started = event(env, reference, "person:step:start_terms")  # the definition does not allow this one
    assert not env.look("coordinator", reference).correctable & {started, step - 1}


def test_the_second_person_may_leave_it_as_it_was(env, correct):
    reference = env.walk("finish_analysis")
    done(correct.propose("coordinator", reference, event(env, reference, EDIT), expert_days="30"))
    assert isinstance(correct.decline("deputy", reference, " "), Invalid)
    assert isinstance(correct.decline("requester", reference), WrongRole)
    done(correct.decline("deputy", reference))
    assert env.case(reference).fields["expert_days"] == 20
    assert env.letters(reference)[-1][0] == "correction_declined"
    sound(env, reference)


def test_the_public_register_follows(env, correct):
    reference = env.walk()
    opened = event(env, reference, "person:case:open")
    done(correct.propose("requester", reference, opened, problem="The landfill is nearly full."))
    done(correct.confirm("colleague", reference))
    with env.transactions.read() as session:
        shown = register_public.find(session, env.services, reference)
        assert shown.fields["problem"] == "The landfill is nearly full."
    step = event(env, reference, "person:step:close")
    done(correct.propose("coordinator", reference, step, back=True))
    done(correct.confirm("manager", reference))
    with env.transactions.read() as session:
        assert register_public.find(session, env.services, reference).case.state == "follow_up"
    sound(env, reference)


def test_a_corrected_region_is_another_desk(env, correct):
    reference = env.begin(by="coordinator")
    env.take("coordinator", reference, "submit")
    opened = event(env, reference, "person:case:open")
    done(correct.propose("coordinator", reference, opened, region="KZ-47"))
    assert isinstance(correct.confirm("deputy", reference), Done)
    assert env.sees("distant", reference)
    row = env.case(reference)
    assert (row.region, row.assignee_id) == ("KZ-47", None)
