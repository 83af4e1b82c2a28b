from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflows.samples import REQUEST, definition_of, standing_in
from workflows import (
    ROLES,
    AlreadyVoted,
    Finding,
    FourEyes,
    Missing,
    NotReady,
    UnknownStep,
    WrongRole,
    WrongState,
    decide,
    fire,
    is_empty,
    offers,
)

DEFINITION = definition_of(REQUEST)
READY = {"title": "Water", "contact": "a@b.kz"}


def reasons(step, standing, asked=None):
    return decide(DEFINITION, step, standing, asked).refusals


def test_a_step_that_everything_allows_is_allowed_and_says_where_it_leads():
    verdict = decide(DEFINITION, "submit", standing_in("draft", "requester", fields=READY), {})
    assert verdict.allowed
    assert (verdict.step.key, verdict.target, verdict.role, verdict.completes) == (
        "submit",
        "checking",
        "requester",
        True,
    )


def test_a_step_nobody_defined_is_unknown():
    assert reasons("fly", standing_in("draft", "requester")) == (UnknownStep("fly"),)


def test_a_step_of_another_state_is_refused_and_says_where_it_is_offered():
    assert reasons("remark", standing_in("draft", "requester")) == (WrongState("draft", ("checking", "search")),)


def test_a_step_of_another_role_is_refused_and_says_whose_it_is():
    refused = reasons("start_search", standing_in("checking", "requester", "expert"))
    assert refused == (WrongRole(("coordinator", "manager")),)


def test_the_wrong_state_is_told_before_the_role_and_what_is_missing():
    assert reasons("submit", standing_in("checking", "expert")) == (WrongState("checking", ("draft",)),)


def test_the_first_role_of_the_step_that_the_person_has_is_the_one_they_act_in():
    holds = {"scoring.complete": Finding(holds=True)}
    verdict = decide(DEFINITION, "start_search", standing_in("checking", "manager", "coordinator", facts=holds))
    assert verdict.role == "coordinator"


def test_a_step_that_stays_leads_to_the_state_the_case_is_in():
    assert decide(DEFINITION, "remark", standing_in("search", "lender")).target == "search"


def test_four_eyes_bind_the_person_whatever_role_they_have_now():
    acted = {"coordinator": {"aigul"}, "requester": ["marat"]}
    standing = standing_in("approval", "approver", acted=acted)
    assert reasons("approve", standing) == (FourEyes("coordinator"),)
    assert reasons("approve", replace(standing, person="marat")) == (FourEyes("requester"),)
    assert reasons("approve", replace(standing, person="dina")) == ()


def test_four_eyes_name_every_side_on_which_the_person_acted():
    acted = {"coordinator": {"aigul"}, "requester": {"aigul"}}
    refused = reasons("approve", standing_in("approval", "approver", acted=acted))
    assert refused == (FourEyes("requester"), FourEyes("coordinator"))


def test_a_quorum_needs_different_persons():
    first = standing_in("approval", "approver")
    assert decide(DEFINITION, "approve", first).completes is False
    second = replace(first, votes={"approve": [["aigul"]]})
    assert reasons("approve", second) == (AlreadyVoted(1, 2),)
    assert decide(DEFINITION, "approve", second).completes is False
    other = decide(DEFINITION, "approve", replace(second, person="dina"))
    assert other.allowed and other.completes


def test_votes_for_another_step_do_not_count():
    standing = standing_in("approval", "approver", votes={"refuse": [["dina"], ["marat"]]})
    assert decide(DEFINITION, "approve", standing).completes is False


def test_four_eyes_bind_whom_a_deputy_stands_for():
    standing = standing_in("approval", "approver", acted={"coordinator": ["marat"]}, instead_of={"approver": "marat"})
    assert reasons("approve", standing) == (FourEyes("coordinator"),)
    assert reasons("approve", replace(standing, instead_of={"approver": "dina"})) == ()


def test_four_eyes_bind_the_deputy_as_well():
    standing = standing_in("approval", "approver", acted={"coordinator": ["aigul"]}, instead_of={"approver": "dina"})
    assert reasons("approve", standing) == (FourEyes("coordinator"),)


def test_a_role_of_one_s_own_comes_before_one_held_for_somebody():
    standing = standing_in("checking", "manager", "coordinator", instead_of={"coordinator": "dina"})
    verdict = decide(DEFINITION, "start_search", standing)
    assert (verdict.role, verdict.persons) == ("manager", {"aigul"})
    alone = decide(DEFINITION, "start_search", replace(standing, roles=frozenset({"coordinator"})))
    assert (alone.role, alone.persons) == ("coordinator", {"aigul", "dina"})


def test_a_vote_of_a_deputy_is_that_of_the_absent_person_too():
    votes = {"approve": [["aigul", "dina"]]}
    for person in ("aigul", "dina"):
        back = standing_in("approval", "approver", person=person, votes=votes)
        assert reasons("approve", back) == (AlreadyVoted(1, 2),)
        assert decide(DEFINITION, "approve", back).completes is False
    assert decide(DEFINITION, "approve", standing_in("approval", "approver", person="marat", votes=votes)).completes
    other_deputy = standing_in("approval", "approver", person="marat", instead_of={"approver": "dina"}, votes=votes)
    assert reasons("approve", other_deputy) == (AlreadyVoted(1, 2),)


def test_nobody_in_particular_counts_as_no_person_of_a_quorum():
    standing = standing_in("approval", "approver", person=None, votes={"approve": [["dina"]]})
    assert decide(DEFINITION, "approve", standing).completes is False


@pytest.mark.parametrize("empty", [None, "", [], {}, ()])
def test_an_empty_field_is_missing(empty):
    refused = reasons("submit", standing_in("draft", "requester", fields={"title": empty, "contact": "a@b.kz"}))
    assert refused == (NotReady((Missing("field", "title"),)),)


@pytest.mark.parametrize("answer", [False, 0, "no", [{}]])
def test_no_and_zero_are_answers(answer):
    assert not is_empty(answer)
    assert reasons("submit", standing_in("draft", "requester", fields={"title": answer, "contact": "x"})) == ()


def test_a_fact_that_does_not_hold_says_what_is_missing_and_who_can_mend_it():
    facts = {"scoring.complete": Finding(holds=False, missing=("risk",), mended_by=("manager",))}
    refused = reasons("start_search", standing_in("checking", "coordinator", facts=facts))
    assert refused == (NotReady((Missing("fact", "scoring.complete", ("manager",), ("risk",)),)),)


def test_a_fact_nobody_looked_up_does_not_hold():
    refused = reasons("start_search", standing_in("checking", "coordinator"))
    assert refused == (NotReady((Missing("fact", "scoring.complete"),)),)


def test_what_a_step_asks_is_missing_only_once_the_step_is_taken():
    standing = standing_in("checking", "coordinator")
    assert reasons("send_back", standing) == ()
    missing = (NotReady((Missing("answer", "comment", ("coordinator",)),)),)
    assert reasons("send_back", standing, {}) == missing
    assert reasons("send_back", standing, {"comment": ""}) == missing
    assert reasons("send_back", standing, {"comment": "A page is missing"}) == ()


def test_everything_that_is_missing_is_told_at_once():
    definition = definition_of(REQUEST, ("scoring.complete]", "scoring.complete], requires: [title]"))
    verdict = decide(definition, "start_search", standing_in("checking", "coordinator"), {})
    assert [missing.name for missing in verdict.refusals[0].missing] == ["title", "scoring.complete"]


def test_anyone_is_any_person_and_never_the_clock_or_a_part():
    assert decide(DEFINITION, "remark", standing_in("checking")).role == "anyone"
    assert decide(DEFINITION, "remark", standing_in("checking", "lender")).role == "anyone"
    for machine in ("clock", "part"):
        assert reasons("remark", standing_in("checking", machine, person=None)) == (WrongRole(("anyone",)),)
        assert offers(DEFINITION, standing_in("checking", machine, person=None)) == ()


def test_nobody_presses_a_step_of_the_clock():
    everybody = set(ROLES) - {"clock", "part"}
    assert reasons("lapse", standing_in("returned", *everybody)) == (WrongRole(("clock",)),)
    assert reasons("lapse", standing_in("returned", "clock", person=None)) == ()


def test_offers_follow_the_order_of_the_file_and_tell_what_hinders():
    offered = offers(DEFINITION, standing_in("checking", "coordinator"))
    assert [verdict.step.key for verdict in offered] == ["send_back", "start_search", "remark"]
    assert [verdict.allowed for verdict in offered] == [True, False, True]


def test_an_unknown_state_offers_nothing():
    assert offers(DEFINITION, standing_in("nowhere", "coordinator")) == ()


@st.composite
def any_standing(draw):
    return standing_in(
        draw(st.sampled_from(sorted(DEFINITION.states))),
        *draw(st.sets(st.sampled_from(ROLES))),
        person=draw(st.sampled_from(["aigul", "dina", None])),
        fields=draw(st.dictionaries(st.sampled_from(sorted(DEFINITION.fields)), st.sampled_from(["", "x"]))),
        facts={
            name: Finding(draw(st.booleans()))
            for name in draw(st.sets(st.sampled_from(["scoring.complete", "parts.offer.none_open"])))
        },
        acted={"coordinator": draw(st.sets(st.sampled_from(["aigul", "dina"])))},
        votes={"approve": [[voter] for voter in draw(st.sets(st.sampled_from(["aigul", "dina"])))]},
    )


@given(any_standing())
def test_exactly_the_steps_are_offered_that_state_and_role_allow(standing):
    offered = {verdict.step.key: verdict for verdict in offers(DEFINITION, standing)}
    for key in DEFINITION.transitions:
        verdict = decide(DEFINITION, key, standing)
        closed = any(isinstance(refusal, WrongState | WrongRole) for refusal in verdict.refusals)
        assert (key in offered) is not closed
        assert closed or offered[key] == verdict


@given(any_standing(), st.sampled_from(sorted(DEFINITION.transitions)))
def test_the_machine_reaches_the_target_of_every_verdict(standing, key):
    asked = {"comment": "x", "expert": "e1"}
    decided = decide(DEFINITION, key, standing, asked)
    assert fire(DEFINITION, key, standing, asked) == decided
    assert decided.target == (DEFINITION.transitions[key].target or standing.state)
