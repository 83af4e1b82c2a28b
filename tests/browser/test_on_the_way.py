"""What goes wrong on the way: hasty clicks, the back button, old pages, sessions that end, languages that change."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete

from expertise.people.model import SignIn
from tests.browser.scripts import pdf, rows
from tests.browser.site import PASSWORD
from tests.support import stages
from tests.support.environment import done
from tests.support.golden import ANALYSIS, STAGE_A
from tests.support.main_line import WALK

TABLE = {
    **rows("causes", *ANALYSIS["causes"]),
    "objectives": "Таңдау керек.",
    "budget.amount": "180 000,50",
    "budget.currency": "EUR",
}


@pytest.fixture(scope="module", autouse=True)
def languages(site):
    site.speak({"requester": "kk", "coordinator": "ru", "approver": "ru", "expert": "kk", "manager": "ru"})


@pytest.fixture
def people(visit):
    met = {}
    return lambda name: met.get(name) or met.setdefault(name, visit(name))


def open_step(visitor, reference, step):
    """Open the form of a step, on the page of the case or its own; returns its main button."""
    visitor.see(f"/cases/{reference}")
    short = f"main form[action='/cases/{reference}/steps/{step}']"
    if visitor.page.locator(short).count() == 0:
        visitor.see(f"/cases/{reference}/steps/{step}")
        return "main form#typed"
    if not visitor.page.locator(f"{short} button").is_visible():
        visitor.page.click(f"details:has(> form[action='/cases/{reference}/steps/{step}']) > summary")
    return short


def taken(site, reference, step):
    return [row.act for row in site.env.events(reference)].count(f"person:step:{step}")


def answers_to(site, name, asked):
    """What a person answers: the expert is chosen by key, a deliverable has its file."""
    files = {"report": pdf("Есеп.pdf")} if name == "deliverable.submit" else {}
    return {**files, **site.env.typed(asked)}


def test_every_main_button_is_double_clicked_and_pressed_again_after_going_back(site, people):
    """Each step of the main line is taken once, whoever is in a hurry, and goes back, and presses again."""
    case = done(site.env.open("requester", "expertise_request", STAGE_A)).reference
    for who, name, asked in WALK:
        part, _, step = name.rpartition(".")
        reference, visitor = site.env.part(case, part) if part else case, people(who)
        form = open_step(visitor, reference, step)
        answers = answers_to(site, name, asked)
        visitor.fill(answers, form)
        if visitor.page.locator("#sure-yes").count():
            visitor.page.check("#sure-yes")
        visitor.page.locator(f"{form} button[type=submit]").last.dblclick()
        visitor.page.locator(".note.good").wait_for()
        assert taken(site, reference, step) == 1, name
        visitor.page.go_back()
        again = visitor.page.locator(f"{form} button[type=submit]").last
        if visitor.page.locator(form).count() and again.is_visible():
            visitor.fill({key: value for key, value in answers.items() if key != "report"}, form)
            again.click()
            expect(visitor.page.locator("main .note, main .errors").first).to_be_visible()
        assert taken(site, reference, step) == 1, name
        if name == "register":
            done(site.env.edit("coordinator", case, ANALYSIS))
    assert site.env.case(case).final == "succeeded"


@pytest.mark.parametrize("javascript", [True, False])
def test_who_goes_back_and_records_the_same_again_is_asked(site, visit, javascript):
    case = site.env.walk("record_recommendation")
    coordinator = visit("coordinator", java_script_enabled=javascript)
    words = {"recommendation_text": "Ввести сбор.", "recommendation_addressee": "Акимат"}
    address = f"/cases/{case}/steps/record_recommendation"
    coordinator.take(case, "record_recommendation", **words)
    coordinator.see(address)
    coordinator.fill(words)
    coordinator.send()
    expect(coordinator.page.locator(".errors a[href='#f-_sure']")).to_be_visible()
    assert coordinator.page.input_value("#f-recommendation_text") == "Ввести сбор."
    assert taken(site, case, "record_recommendation") == 1
    coordinator.page.check("#sure-no")
    coordinator.send()
    coordinator.page.wait_for_url(f"**/cases/{case}")
    assert taken(site, case, "record_recommendation") == 1
    coordinator.see(address)
    coordinator.fill(words)
    coordinator.send()
    coordinator.page.check("#sure-yes")
    coordinator.send()
    coordinator.page.wait_for_url(f"**/cases/{case}")
    assert taken(site, case, "record_recommendation") == 2


def test_the_second_half_of_a_double_click_does_not_take_the_next_step(site, people):
    """The next page may be there before it, with its own main button under the pointer."""
    case = site.env.walk("register")
    page = people("coordinator").page
    people("coordinator").see(f"/cases/{case}")
    button = page.locator(f"form[action$='/{case}/steps/register'] button")
    button.scroll_into_view_if_needed()
    with page.expect_event("load"):
        button.click()
    page.evaluate("""() => {
        const form = document.querySelector("form[action$='/steps/confirm_complete']");
        Object.defineProperty(performance, "now", {value: () => 300});
        form.querySelector("button").click();
    }""")
    page.reload()
    assert site.env.case(case).state == "completeness_check"
    with page.expect_event("load"):
        page.click(f"form[action$='/{case}/steps/confirm_complete'] button")
    assert site.env.case(case).state == "problem_analysis"


def test_an_old_page_of_a_case_keeps_the_words_and_says_who_moved_it(site, people):
    case = site.env.walk("find_eligible")
    coordinator = people("coordinator")
    old = coordinator.tab()
    old.goto(f"/cases/{case}")
    coordinator.take(case, "find_eligible", eligible_reason="Приоритет области.")
    form = f"main form[action='/cases/{case}/steps/find_eligible']"
    old.fill(f"{form} textarea", "Второе окно")
    old.click(f"{form} button")
    expect(old.locator(".note").first).to_contain_text("coordinator")
    assert "Второе окно" in old.locator("main").inner_text()
    assert taken(site, case, "find_eligible") == 1


@pytest.mark.parametrize("javascript", [True, False])
def test_a_session_over_in_the_middle_of_a_form_keeps_its_table_and_money(site, visit, javascript):
    case = site.env.walk("confirm_complete")
    coordinator = visit("coordinator", java_script_enabled=javascript)
    coordinator.see(f"/cases/{case}/edit")
    with site.env.transactions.write() as session:
        session.execute(delete(SignIn))
    coordinator.fill(TABLE)
    coordinator.send()
    coordinator.page.wait_for_url(lambda url: "/sign-in" in url)
    coordinator.page.fill("#f-email", site.env.email("coordinator"))
    coordinator.page.fill("#f-password", PASSWORD)
    coordinator.page.press("#f-password", "Enter")
    coordinator.page.wait_for_url(f"**/cases/{case}/edit")
    assert {name: coordinator.page.input_value(f"[name='{name}']") for name in TABLE} == TABLE
    coordinator.send()
    coordinator.page.wait_for_url(f"**/cases/{case}")
    fields = site.env.case(case).fields
    assert fields["causes"] == ANALYSIS["causes"] and fields["budget"] == {"amount": "180000.50", "currency": "EUR"}


@pytest.mark.parametrize("javascript", [True, False])
def test_the_language_is_switched_in_the_middle_of_a_form_with_errors(site, visit, javascript):
    case = site.env.walk("confirm_complete")
    coordinator = visit("coordinator", java_script_enabled=javascript)
    coordinator.see(f"/cases/{case}/edit")
    wrong = {**TABLE, "expert_days": "көп", "fee.amount": "сто"}
    coordinator.fill(wrong)
    coordinator.send()
    for language in ("kk", "ru"):
        expect(coordinator.page.locator(".errors a[href='#f-expert_days']")).to_be_visible()
        coordinator.page.click(f".langs [lang={language}]")
        expect(coordinator.page.locator("html")).to_have_attribute("lang", language)
        assert {name: coordinator.page.input_value(f"[name='{name}']") for name in wrong} == wrong
        coordinator.send()
    coordinator.fill({"expert_days": "20", "fee.amount": "100"})
    coordinator.send()
    coordinator.page.wait_for_url(f"**/cases/{case}")
    assert site.env.case(case).fields["fee"] == {
        "amount": "100.00",
        "currency": site.env.case(case).fields["fee"]["currency"],
    }


@pytest.mark.parametrize("javascript", [True, False])
def test_the_language_is_switched_in_the_middle_of_a_step_with_errors(site, visit, javascript):
    case = stages.delivering(site.env)[1]
    expert = visit("expert", java_script_enabled=javascript)
    expert.see(f"/cases/{case}/steps/submit")
    expert.fill({"comment": "Бірінші редакция", "days_claimed": "көп"})
    expert.send()
    expect(expert.page.locator(".errors a[href='#f-days_claimed']")).to_be_visible()
    expert.page.click(".langs [lang=ru]")
    expect(expert.page.locator("html")).to_have_attribute("lang", "ru")
    assert expert.page.input_value("#f-comment") == "Бірінші редакция"
    expert.fill({"days_claimed": "12", "report": pdf("Отчёт.pdf")})
    expert.send()
    expert.page.wait_for_url(f"**/cases/{case}")
    assert site.env.case(case).state == "review"


def test_an_old_form_that_saves_itself_overwrites_nothing(site, visit):
    case = stages.draft(site.env)
    requester = visit("requester")
    requester.see(f"/cases/{case}/edit")
    done(site.env.edit("requester", case, {"why_now": "Екінші терезе"}))
    with requester.page.expect_response("**/edit") as saved:
        requester.page.fill("#f-why_now", "Бірінші терезе")
    assert saved.value.status == 409
    assert site.env.case(case).fields["why_now"] == "Екінші терезе"
    requester.send()
    expect(requester.page.locator("#f-why_now-wrong")).to_contain_text("Екінші терезе")
    assert requester.page.input_value("#f-why_now") == "Бірінші терезе"
    requester.send()  # having seen both
    requester.page.wait_for_url(f"**/cases/{case}")
    assert site.env.case(case).fields["why_now"] == "Бірінші терезе"
