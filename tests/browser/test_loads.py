"""How many clicks and page loads it takes to file a request, to take six steps, to decide; `pytest -s` prints them."""

from __future__ import annotations

import pytest

from tests.support import stages
from tests.support.environment import done
from tests.support.golden import ANALYSIS, STAGE_A

REQUEST = {
    **{name: value for name, value in STAGE_A.items() if name != "region"},  # known from the account
    "desired_start": "01.04.2026",
    "latest_date": "01.12.2026",
}
STEPS = {
    "register": {},
    "confirm_complete": {},
    "finish_analysis": {},
    "find_eligible": {"eligible_reason": "A priority of the oblast."},
    "start_terms": {},
    "send_for_endorsement": {},
}
#: A person reads the news of a step; the page takes no click within half a second, see komek.js.
LOOK = "new Promise(done => setTimeout(done, 500 - performance.now()))"


class Counted:
    """A visitor whose page loads, and clicks on links and buttons, are counted from now on."""

    def __init__(self, visitor) -> None:
        self.visitor, self.page, self.loaded, self.clicks = visitor, visitor.page, [], 0
        self.page.on("load", lambda page: self.loaded.append(page.url))

    def click(self, wanted: str) -> None:
        """Click on something that leads to another page, after a look at the one that is there."""
        self.page.evaluate(LOOK)
        self.clicks += 1
        with self.page.expect_event("load"):
            self.page.click(wanted)

    def are_at_most(self, what: str, *, loads: int, clicks: int) -> None:
        print(f"{what}: {len(self.loaded)} page loads, {self.clicks} clicks")
        assert len(self.loaded) <= loads and self.clicks <= clicks, (self.loaded, self.clicks)


@pytest.fixture
def counted(visit):
    return lambda name: Counted(visit(name))


def test_a_request_is_filed_with_five_pages_and_four_clicks(site, counted):
    requester = counted("requester")
    requester.visitor.see("/")
    requester.click(".head a.button")
    requester.click("a.button[href='/cases/new/expertise_request']")
    requester.visitor.fill(REQUEST)
    requester.click("button[name=_then]")
    requester.click("main form#typed .row button")
    requester.page.wait_for_url("**/cases/ER-*")
    assert site.env.case(requester.page.url.rpartition("/")[2]).state == "submitted"
    requester.are_at_most("filing a request", loads=5, clicks=4)


def test_six_steps_of_a_coordinator_take_seven_pages_and_a_click_each(site, counted):
    env = site.env
    case = done(env.open("requester", "expertise_request", STAGE_A)).reference
    done(env.fire("requester", case, "submit"))
    coordinator = counted("coordinator")
    coordinator.visitor.see(f"/cases/{case}")
    for step, answers in STEPS.items():
        if step == "finish_analysis":
            done(env.edit("coordinator", case, ANALYSIS))
            coordinator.page.reload()
            coordinator.loaded.pop()
        form = f"main form[action='/cases/{case}/steps/{step}']"
        coordinator.visitor.fill(answers, form)
        coordinator.click(f"{form} button")
    assert env.case(case).state == "endorsement"
    coordinator.are_at_most("six steps of a coordinator", loads=7, clicks=6)


def test_an_approval_of_high_risk_takes_three_pages_and_two_clicks(site, counted):
    case = stages.in_approval(site.env)
    approver = counted("approver")
    approver.visitor.see(f"/cases/{case}")
    approver.click(f"a.button[href='/cases/{case}/steps/approve_terms']")
    approver.click("main form#typed .row button")
    assert site.env.case(case).state == "expert_search"
    approver.are_at_most("an approval of high risk", loads=3, clicks=2)
