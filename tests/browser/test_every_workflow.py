"""Every workflow through its whole life in a real browser, by the persons who take its steps, in Kazakh and Russian."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.browser import scripts
from tests.browser.life import Life, taken_in, typed_in
from tests.browser.site import Visitor
from tests.journeys.test_other_workflows import FILES, PROPOSAL, REFERRAL, REFERRAL_STEPS
from tests.support.contents import definitions
from tests.support.environment import done
from tests.support.people import Member
from workflows.definition import MACHINE_ROLES

LANGUAGES = {
    "requester": "kk",
    "coordinator": "ru",
    "approver": "kk",
    "expert": "ru",
    "other expert": "kk",
    "manager": "kk",
    "banker": "ru",
}
OPENED = {
    "expertise_request": scripts.REQUEST,
    "project_proposal": scripts.PROPOSAL,
    "loan_referral": scripts.REFERRAL,
}
JOURNEYS = (
    ("expertise_request", scripts.REQUEST_SCRIPT),
    *(("expertise_request", moves) for _, moves in scripts.REQUEST_ENDS.values()),
    ("expertise_request", scripts.FOLLOW_UP_SCRIPT),
    ("project_proposal", scripts.PROPOSAL_SCRIPT),
    *(("project_proposal", moves) for moves in scripts.PROPOSAL_ENDS.values()),
    ("loan_referral", scripts.REFERRAL_SCRIPT),
    *(("loan_referral", moves) for _, moves in scripts.REFERRAL_ENDS.values()),
)


def test_every_transition_of_every_definition_is_taken_in_a_journey():
    taken = Counter(step for workflow, moves in JOURNEYS for step in taken_in(workflow, moves))
    declared = {(key, step) for key, definition in definitions().items() for step in definition.transitions}
    assert set(taken) == declared, sorted(declared ^ set(taken))


def test_every_field_that_a_person_may_fill_is_filled_in_a_journey():
    opened = {(key, name.partition(".")[0]) for key, values in OPENED.items() for name in values}
    typed = opened.union(*(typed_in(workflow, moves) for workflow, moves in JOURNEYS))
    fillable = {
        (key, name)
        for key, definition in definitions().items()
        for names in (
            *(names for state in definition.states.values() for names in state.edit.values()),
            *(step.asks for step in definition.transitions.values() if not set(step.by) <= set(MACHINE_ROLES)),
        )
        for name in names
    }
    assert fillable <= typed, sorted(fillable - typed)


@pytest.fixture(scope="module")
def life(site, time, browser):
    site.env.add({"banker": Member("lender", "ru", "lender-ebrd")}).write_at_once()
    site._give_passwords()
    site.speak(LANGUAGES)
    life = Life(site, time, lambda name: Visitor(site, browser, name).sign_in())
    yield life
    for person in life.people.values():
        person.close()


@pytest.fixture(autouse=True)
def quiet_consoles(life):
    """No page of a journey complains in the console of its browser."""
    yield
    assert [problem for person in life.people.values() for problem in person.problems] == []


def test_a_request_with_offers_deliverables_and_a_recommendation(life):
    life.begin("requester", "expertise_request", scripts.REQUEST)
    life.run(scripts.REQUEST_SCRIPT)
    assert life.site.env.states(life.case)[-1] == "closed" and life.site.env.verify().broken == ()


@pytest.mark.parametrize("end", scripts.REQUEST_ENDS)
def test_another_end_of_a_request(life, end):
    before, moves = scripts.REQUEST_ENDS[end]
    life.goes_on("expertise_request", life.site.env.walk(before))
    if end == "merged":
        life.known["another request"] = life.site.env.walk("confirm_complete")
    life.run(moves)


def test_recommendations_to_each_of_their_ends(life):
    life.goes_on("expertise_request", life.site.env.walk("record_recommendation"))
    life.run(scripts.FOLLOW_UP_SCRIPT)
    ends = {life.site.env.case(part).state for part in life.parts("RF")}
    assert ends == {"unanswered", "partly_implemented", "not_implemented", "recalled", "rejected", "no_longer_relevant"}


def test_a_project_proposal(life):
    life.begin("requester", "project_proposal", scripts.PROPOSAL)
    life.run(scripts.PROPOSAL_SCRIPT)
    assert life.site.env.states(life.case)[-1] == "closed"


@pytest.mark.parametrize("end", scripts.PROPOSAL_ENDS)
def test_another_end_of_a_project_proposal(life, end):
    life.goes_on("project_proposal", done(life.site.env.open("requester", "project_proposal", PROPOSAL)).reference)
    life.run(scripts.PROPOSAL_ENDS[end])


def test_a_loan_referral(life):
    env = life.site.env
    life.known["a proposal"] = done(env.open("requester", "project_proposal", PROPOSAL)).reference
    done(env.fire("requester", life.known["a proposal"], "put_forward"))
    life.begin("coordinator", "loan_referral", scripts.REFERRAL)
    life.run(scripts.REFERRAL_SCRIPT)
    assert env.states(life.case)[-1] == "closed" and env.case(life.case).amount == 13_000_000


@pytest.mark.parametrize("end", scripts.REFERRAL_ENDS)
def test_another_end_of_a_loan_referral(life, end):
    before, moves = scripts.REFERRAL_ENDS[end]
    env = life.site.env
    case = done(env.open("coordinator", "loan_referral", REFERRAL)).reference
    done(env.edit("coordinator", case, {}, uploads=FILES))
    for who, step, raw in (REFERRAL_STEPS[0], *REFERRAL_STEPS[3:]):  # without the loop of its endorsement
        if step == before:
            break
        done(env.fire(who, case, step, raw))
    life.goes_on("loan_referral", case)
    life.run(moves)
