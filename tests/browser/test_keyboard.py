"""One whole case by keyboard alone, from the sign-in to its end, by the five persons it takes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.keyboard import Keyboard
from tests.browser.scripts import pdf, rows
from tests.browser.site import PHONE, reference_in
from tests.support.golden import ANALYSIS

REQUEST = {
    "title": "Сырдария ауданында ауыз суды үнемдеу",
    "topic": "waste",
    "problem": "Су желілері тозған.",
    "priority": "Облысты дамыту бағдарламасы",
    "help_wanted": "study",
    "expected_result": "Шығынды азайту жоспары",
    "latest_date": "01.12.2026",
    "consent": True,
}
CAUSES = rows("causes", *ANALYSIS["causes"])


@pytest.fixture
def keys(visit):
    """Everybody at a keyboard of their own, once they are needed; the expert at a phone's width."""
    met = {}

    def at(name):
        if name not in met:
            options = {"viewport": PHONE} if name == "expert" else {}
            visitor = visit(None, **options)
            visitor.name = name
            met[name] = Keyboard(visitor).sign_in()
        return met[name]

    return at


def a_request_is_filed(requester):
    requester.skip()
    requester.activate(".head a.button")
    requester.skip()
    requester.activate("a.button[href='/cases/new/expertise_request']")
    requester.skip()
    requester.fill({**REQUEST, "latest_date": "кейін"})
    requester.activate("button[name=_then]")
    expect(requester.page.locator("#errors")).to_be_focused()  # what is wrong is read first, and leads to its field
    requester.open(".errors a")
    expect(requester.page.locator("#f-latest_date")).to_be_focused()
    requester.press("Control+a")
    requester.page.keyboard.insert_text(REQUEST["latest_date"])
    requester.activate("button[name=_then]")
    requester.skip()
    requester.activate("main form button[type=submit]")
    requester.page.wait_for_url("**/cases/ER-*")
    requester.has_arrived()
    return reference_in(requester.page.url)


def the_team_fills_in_its_part(coordinator, case):
    coordinator.to_case(case)
    coordinator.activate(f"a.button[href='/cases/{case}/edit']")
    coordinator.skip()
    coordinator.fill(CAUSES)
    coordinator.open("button[name=_add]")  # a row more: the focus is in it
    assert coordinator.page.evaluate("document.activeElement.name") == "causes.3.cause"
    coordinator.fill({"objectives": "Таңдау.", "terms_of_reference": "Обследовать.", "required_outputs": "ТЭО"})
    coordinator.fill({"expert_days": "20"})
    coordinator.activate("main form .row button[type=submit]")
    coordinator.page.wait_for_url(f"**/cases/{case}")


def test_one_whole_case(site, keys):
    env = site.env
    case = a_request_is_filed(keys("requester"))
    coordinator = keys("coordinator")
    coordinator.step(case, "register")
    coordinator.step(case, "confirm_complete")
    the_team_fills_in_its_part(coordinator, case)
    assert env.case(case).fields["causes"] == ANALYSIS["causes"]
    coordinator.step(case, "finish_analysis")
    coordinator.step(case, "find_eligible", eligible_reason="Приоритет области.")
    coordinator.step(case, "start_terms")
    coordinator.step(case, "send_for_endorsement")
    keys("requester").step(case, "endorse")
    keys("approver").step(case, "approve_terms", comment="Согласен.")
    coordinator.step(case, "offer_assignment", expert=env.actor("expert").key)
    expert = keys("expert")
    expert.step(env.part(case, "offer"), "accept", no_conflict=True)
    coordinator.step(case, "start_delivery", deliverable_kind="final_report")
    part = env.part(case, "deliverable")
    expert.step(part, "submit", report=pdf("Есеп.pdf"), days_claimed="12")
    keys("requester").step(part, "accept")
    coordinator.step(case, "complete_delivery")
    keys("requester").step(case, "accept_final")
    wording = {"recommendation_text": "Ввести сбор.", "recommendation_addressee": "Акимат"}
    coordinator.step(case, "record_recommendation", **wording)
    coordinator.step(case, "start_follow_up")
    part = env.part(case, "recommendation")
    keys("requester").step(part, "reject_recommendation", comment="Біздің құзыретте емес.", _sure="yes")
    keys("manager").step(case, "close", outcome="Зауыт салынды.")
    assert env.case(case).final == "succeeded" and env.verify().broken == ()
