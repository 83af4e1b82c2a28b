"""How many pages a coordinator loads for six steps, and an approver for a decision."""

from __future__ import annotations

import pytest

from tests.support import stages
from tests.support.environment import done
from tests.support.golden import ANALYSIS, STAGE_A

STEPS = {
    "register": {},
    "confirm_complete": {},
    "finish_analysis": {},
    "find_eligible": {"eligible_reason": "A priority of the oblast."},
    "start_terms": {},
    "send_for_endorsement": {},
}


@pytest.fixture
def counted(visit):
    """A visitor, and the list of the pages that they load from now on."""

    def come(name):
        visitor, loaded = visit(name), []
        visitor.page.on("load", lambda page: loaded.append(page.url))
        return visitor, loaded

    return come


def test_six_steps_of_a_coordinator_take_seven_pages(site, counted):
    env = site.env
    case = done(env.open("requester", "expertise_request", STAGE_A)).reference
    done(env.fire("requester", case, "submit"))
    coordinator, loaded = counted("coordinator")
    coordinator.see(f"/cases/{case}")
    for step, answers in STEPS.items():
        if step == "finish_analysis":
            done(env.edit("coordinator", case, ANALYSIS))
            coordinator.page.reload()
            loaded.pop()
        form = f"main form[action='/cases/{case}/steps/{step}']"
        coordinator.fill(answers, form)
        with coordinator.page.expect_navigation():
            coordinator.page.click(f"{form} button")
    assert env.case(case).state == "endorsement" and len(loaded) <= 7, loaded


def test_an_approval_of_high_risk_takes_three_pages(site, counted):
    case = stages.in_approval(site.env)
    approver, loaded = counted("approver")
    approver.see(f"/cases/{case}")
    approver.page.click(f"a.button[href='/cases/{case}/steps/approve_terms']")
    with approver.page.expect_navigation():
        approver.send()
    assert site.env.case(case).state == "expert_search" and len(loaded) <= 3, loaded
