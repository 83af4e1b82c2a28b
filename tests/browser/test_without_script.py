"""One whole case with JavaScript off: attachments, rows of a table, quick steps, search, and the language switch."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.scripts import pdf, rows
from tests.browser.site import PHONE, reference_in
from tests.support.golden import ANALYSIS, STAGE_A

REQUEST = {
    **{name: value for name, value in STAGE_A.items() if name not in ("region", "title")},
    "desired_start": "01.04.2026",
    "latest_date": "01.12.2026",
}
TITLE = "Қызылорда: тұрмыстық қалдықтар"
MORE_ROWS = [{"cause": f"Себеп {number}", "evidence": "Акт", "source": "Акимат"} for number in range(5)]


@pytest.fixture
def people(site, visit):
    """Everybody at a browser without a script, the requester at a phone; the coordinator reads Russian."""
    site.speak({"requester": "kk", "coordinator": "ru", "approver": "ru", "expert": "ru", "manager": "kk"})
    met = {}

    def come(name):
        options = {"viewport": PHONE} if name == "requester" else {}
        return met.get(name) or met.setdefault(name, visit(name, java_script_enabled=False, **options))

    return come


def switch(visitor, language):
    visitor.page.click(f".langs [lang={language}]")
    expect(visitor.page.locator("html")).to_have_attribute("lang", language)


def a_request_is_filed_in_two_languages(requester):
    """Words stay while the language is switched, before an error and after one."""
    requester.see("/cases/new/expertise_request")
    requester.fill({"title": TITLE, "contact_email": "no address"})
    switch(requester, "ru")
    assert requester.page.input_value("#f-title") == TITLE
    assert requester.page.input_value("[name=contact_email]") == "no address"
    requester.fill(REQUEST | {"contact_email": "no address"})
    requester.send()
    assert requester.page.locator(".errors a[href='#f-contact_email']").count() == 1
    switch(requester, "kk")
    assert requester.page.input_value("#f-title") == TITLE
    assert requester.page.input_value("#f-problem") == REQUEST["problem"]
    requester.fill({"contact_email": REQUEST["contact_email"]})
    requester.page.click("button[name=_then]")
    requester.page.wait_for_url("**/steps/submit")
    assert TITLE in requester.text()  # the answers, to be checked
    requester.send()
    requester.page.wait_for_url("**/cases/ER-*")
    return reference_in(requester.page.url)


def files_come_with_a_comment(requester, case):
    requester.see(f"/cases/{case}/messages")
    requester.fill({"comment": "Екі құжат", "new-files": [pdf("Акт.pdf"), pdf("Сызба.pdf")]})
    requester.page.click("form:has(#f-comment) button[type=submit]")
    for name in ("Акт.pdf", "Сызба.pdf"):
        requester.page.locator("a[download]", has_text=name).first.wait_for()


def the_case_is_found_and_taken_up_from_the_tasks(coordinator, case):
    coordinator.see("/")
    coordinator.page.fill("#find", "тұрмыстық қалдығы")  # another form of the word
    coordinator.page.press("#find", "Enter")
    coordinator.page.click(f"main a[href='/cases/{case}']")
    coordinator.page.click(f"a[href='/cases/{case}/files']")
    with coordinator.page.expect_download() as coming:
        coordinator.page.click("a[download]:has-text('Сызба.pdf')")
    assert coming.value.suggested_filename == "Сызба.pdf"
    coordinator.see("/")
    for step in ("register", "confirm_complete"):
        form = coordinator.page.locator(f"tr:has(a[href='/cases/{case}']) form[action$='/{step}']")
        form.locator("button").click()
        coordinator.page.locator(".note.good").wait_for()
        coordinator.see("/")


def a_table_gets_rows_and_loses_one(site, coordinator, case):
    coordinator.see(f"/cases/{case}/edit")
    for number in range(len(MORE_ROWS)):
        if not coordinator.page.locator(f"[name='causes.{number}.cause']").count():
            coordinator.page.click("button[name=_add][value=causes]")
        coordinator.fill(rows("causes", *MORE_ROWS[: number + 1]))
    switch(coordinator, "kk")
    switch(coordinator, "ru")
    assert coordinator.page.input_value("[name='causes.4.cause']") == "Себеп 4"
    coordinator.page.click("button[name=_remove][value='causes.1']")
    assert coordinator.page.input_value("[name='causes.1.cause']") == "Себеп 2"
    terms = {name: value for name, value in ANALYSIS.items() if name not in ("causes", "budget", "source")}
    coordinator.fill({**terms, "budget.amount": "180 000,50", "budget.currency": "EUR"})
    coordinator.send()
    coordinator.page.wait_for_url(f"**/cases/{case}")
    fields = site.env.case(case).fields
    assert fields["causes"] == [MORE_ROWS[0], *MORE_ROWS[2:]] and fields["budget"]["amount"] == "180000.50"
    coordinator.see(f"/cases/{case}/terms")
    assert "Себеп 4" in coordinator.text() and "Себеп 1" not in coordinator.text()


def a_file_comes_with_the_comment_of_a_step(requester, case):
    requester.see(f"/cases/{case}")
    requester.page.click(f"main form[action$='/steps/endorse'] a[href='/cases/{case}/steps/endorse']")
    requester.fill({"comment": "Келісім хаты қоса берілді.", "new-files": [pdf("Хат.pdf")]})
    requester.send()
    requester.page.wait_for_url(f"**/cases/{case}")
    requester.see(f"/cases/{case}/files")
    assert requester.page.locator("a[download]", has_text="Хат.pdf").count() > 0


def test_one_whole_case(site, people):
    env = site.env
    requester, coordinator = people("requester"), people("coordinator")
    case = a_request_is_filed_in_two_languages(requester)
    files_come_with_a_comment(requester, case)
    the_case_is_found_and_taken_up_from_the_tasks(coordinator, case)
    a_table_gets_rows_and_loses_one(site, coordinator, case)
    coordinator.take(case, "finish_analysis")
    coordinator.take(case, "find_eligible", eligible_reason="Приоритет области.")
    coordinator.take(case, "start_terms")
    coordinator.take(case, "send_for_endorsement")
    a_file_comes_with_the_comment_of_a_step(requester, case)
    people("approver").take(case, "approve_terms", comment="Согласен.")
    coordinator.take(case, "offer_assignment", expert=env.actor("expert").key)
    people("expert").take(env.part(case, "offer"), "accept", no_conflict=True)
    coordinator.take(case, "start_delivery", deliverable_kind="final_report")
    part = env.part(case, "deliverable")
    people("expert").take(part, "submit", report=pdf("Отчёт.pdf"), days_claimed="12")
    requester.take(part, "accept")
    coordinator.take(case, "complete_delivery")
    requester.take(case, "accept_final")
    wording = {"recommendation_text": "Ввести сбор.", "recommendation_addressee": "Акимат"}
    coordinator.take(case, "record_recommendation", **wording)
    coordinator.take(case, "start_follow_up")
    requester.take(env.part(case, "recommendation"), "accept_recommendation", action_plan="2027 жылы.")
    requester.take(env.part(case, "recommendation"), "report_implemented", evidence="Енгізілді.")
    people("manager").take(case, "close", outcome="Зауыт салынды.")
    assert env.case(case).final == "succeeded" and env.verify().broken == ()
    citizen = people("manager")
    citizen.see(f"/register/{case}")
    assert "Зауыт салынды." in citizen.text()
