"""What people do to pages: no JavaScript, double clicks, old tabs, the back button, wrong files."""

from __future__ import annotations

import pytest

from tests.browser.site import PHONE, reference_in
from tests.support import stages
from tests.support.environment import done
from tests.support.golden import PDF

REQUEST = {
    "title": "Сырдария ауданында ауыз суды үнемдеу",
    "region": "KZ-43",
    "requesting_unit": "Қызылорда облысының әкімдігі",
    "contact_person": "Хатшылық",
    "contact_email": "secretariat@example.kz",
    "topic": "waste",
    "problem": "Су желілері тозған.",
    "priority": "Облысты дамыту бағдарламасы",
    "help_wanted": "study",
    "expected_result": "Шығынды азайту жоспары",
    "consent": True,
}


@pytest.fixture
def events(site):
    return lambda case: [row.act for row in site.env.events(case)]


def start(visitor, **values):
    visitor.see("/cases/new/expertise_request")
    visitor.fill(values)
    visitor.send()
    visitor.page.wait_for_url("**/cases/ER-*")
    return reference_in(visitor.page.url)


def test_without_javascript_a_request_is_filed(site, visit):
    requester = visit("requester", java_script_enabled=False, viewport=PHONE)
    case = start(requester, title=REQUEST["title"])
    requester.page.click(".ticks a >> nth=0")  # the checklist leads to the field
    assert requester.page.url.endswith("/edit#f-topic")  # the organisation is known
    requester.fill({**REQUEST, "contact_email": "no address"})
    requester.send()
    assert requester.page.locator(".errors a[href='#f-contact_email']").count() == 1
    assert requester.page.input_value("#f-problem") == REQUEST["problem"]
    requester.fill({"contact_email": REQUEST["contact_email"]})
    requester.send()
    requester.take(case, "submit")
    assert site.env.case(case).state == "submitted"


def test_a_draft_saves_itself(site, visit):
    requester = visit("requester")
    requester.see("/cases/new/expertise_request")
    requester.page.locator("#f-title").press_sequentially("Жаңа полигон")
    requester.page.wait_for_url("**/edit")
    case = reference_in(requester.page.url)
    assert site.env.case(case).title == "Жаңа полигон"
    with requester.page.expect_response("**/edit") as saved:
        requester.page.locator("#f-problem").press_sequentially("Ескі полигон толды.")
    assert saved.value.ok
    assert site.env.case(case).fields["problem"] == "Ескі полигон толды."
    requester.page.reload()
    assert requester.page.input_value("#f-problem") == "Ескі полигон толды."
    requester.send()  # what was saved by itself and what is sent are one draft
    requester.page.wait_for_url(f"**/cases/{case}")


def test_a_draft_that_cannot_be_saved_says_so_and_is_saved_later(site, visit):
    requester = visit("requester")
    requester.see("/cases/new/expertise_request")
    requester.context.set_offline(True)
    unsaved = requester.page.locator("form[data-autosave]").get_attribute("data-unsaved")
    requester.page.locator("#f-title").press_sequentially("Байланыс үзілді")
    requester.page.get_by_text(unsaved).wait_for()
    requester.context.set_offline(False)
    requester.page.locator("#f-title").press_sequentially("!")
    requester.page.wait_for_url("**/edit")
    assert site.env.case(reference_in(requester.page.url)).title == "Байланыс үзілді!"
    requester.problems.clear()  # the browser itself reports the lost line


@pytest.mark.parametrize("javascript", [True, False])
def test_a_double_click_happens_once(site, visit, events, javascript):
    case = stages.draft(site.env)
    requester = visit("requester", java_script_enabled=javascript)
    requester.see(f"/cases/{case}/steps/submit")
    requester.page.dblclick("main form button[type=submit]")
    requester.page.wait_for_url(f"**/cases/{case}")
    assert events(case).count("person:step:submit") == 1
    assert site.env.case(case).state == "submitted"


@pytest.mark.parametrize("javascript", [True, False])
def test_enter_in_a_field_presses_the_button_of_its_own_form(site, visit, javascript):
    """The buttons that switch the language stand before it on the page, and belong to the same form."""
    case = stages.draft(site.env)
    requester = visit("requester", java_script_enabled=javascript)
    requester.see(f"/cases/{case}/edit")
    requester.page.fill("#f-title", "Енгізу пернесі")
    requester.page.press("#f-title", "Enter")
    requester.page.wait_for_url(f"**/cases/{case}")
    assert site.env.case(case).title == "Енгізу пернесі"
    administrator = visit("administrator", java_script_enabled=javascript)
    administrator.see("/wordings/case_closed")
    language = administrator.language
    administrator.page.fill("[name=subject_kk]", "Жаңа тақырып {reference}")
    administrator.page.press("[name=subject_kk]", "Enter")
    administrator.page.locator("main .note").first.wait_for()
    assert administrator.language == language and administrator.page.url.endswith("/wordings/case_closed")


def test_an_old_tab_keeps_what_was_typed_and_says_who_moved_the_case(site, visit, events):
    case = stages.draft(site.env)
    done(site.env.fire("requester", case, "submit"))
    done(site.env.fire("coordinator", case, "register"))
    coordinator = visit("coordinator")
    old = coordinator.tab()
    old.goto(f"/cases/{case}/steps/return_for_completion")
    coordinator.take(case, "confirm_complete")
    old.fill("#f-comment", "Приложите акт осмотра.")
    old.click("main form button[type=submit]")
    said = old.locator("main").inner_text()
    assert "Приложите акт осмотра." in said
    assert "coordinator" in old.locator(".note").inner_text() and "02.03.2026" in old.locator(".note").inner_text()
    assert site.env.case(case).state == "problem_analysis"
    assert events(case)[-1] == "person:step:confirm_complete"


def test_an_old_form_of_fields_overwrites_nothing(site, visit):
    case = stages.draft(site.env)
    requester = visit("requester", java_script_enabled=False)
    old = requester.tab()
    old.goto(f"/cases/{case}/edit")
    done(site.env.edit("requester", case, {"why_now": "Екінші терезе"}))
    old.fill("#f-why_now", "Бірінші терезе")
    old.click("main form button[type=submit]")
    assert old.input_value("#f-why_now") == "Бірінші терезе"
    assert "requester" in old.locator(".note").inner_text()
    assert site.env.case(case).fields["why_now"] == "Екінші терезе"


def test_another_oblast_sees_nothing(site, visit):
    case = stages.in_approval(site.env)
    neighbour = visit("neighbour")
    neighbour.see(f"/cases/{case}", 404)
    there = neighbour.text()
    neighbour.see("/cases/ER-2026-9999", 404)
    assert neighbour.text() == there and case not in there
    neighbour.see("/cases")
    assert case not in neighbour.text()


BAD_FILES = {
    "an exe named pdf": ("отчёт.pdf", b"MZ\x90\x00" + b"\x00" * 500, "не соответствует"),
    "empty": ("отчёт.pdf", b"", "пуст"),
    "too large": ("отчёт.pdf", PDF + b"%" * (1024 * 1024), "1"),
    "a program": ("отчёт.exe", b"MZ\x90\x00" + b"\x00" * 500, "не принимаются"),
}


@pytest.fixture(scope="module")
def due(site):
    """A deliverable that the expert owes."""
    return stages.delivering(site.env)[1]


def test_a_bad_file_is_refused_in_words_and_the_rest_is_kept(site, visit, due):
    site.speak({"expert": "ru"})
    expert = visit("expert", java_script_enabled=False)
    expert.see(f"/cases/{due}/steps/submit")
    expert.fill({"comment": "Первая редакция", "days_claimed": 12})
    for name, content, words in BAD_FILES.values():
        expert.fill({"report": {"name": name, "mimeType": "application/pdf", "buffer": content}})
        expert.send()
        assert words in expert.page.locator(".errors a[href='#f-report']").inner_text()
        assert expert.page.input_value("#f-comment") == "Первая редакция"
        assert expert.page.input_value("#f-days_claimed") == "12"
    assert site.env.case(due).state == "due"


def test_a_file_that_is_too_large_is_turned_away_before_it_travels(site, visit, due):
    site.speak({"expert": "kk"})
    expert = visit("expert")
    expert.see(f"/cases/{due}/steps/submit")
    choose = expert.page.locator("label.file[for=f-report]")
    assert choose.inner_text() == "Файлды таңдау"
    name, content, _words = BAD_FILES["too large"]
    with expert.page.expect_file_chooser() as chooser:
        choose.click()
    chooser.value.set_files({"name": name, "mimeType": "application/pdf", "buffer": content})
    assert "1" in expert.page.locator(".wrong").inner_text()
    assert expert.page.locator("#f-report").evaluate("box => box.files.length") == 0
    expert.fill({"report": {"name": "жұқа.pdf", "mimeType": "application/pdf", "buffer": PDF}})
    assert expert.page.get_by_text("жұқа.pdf").count() == 1


def test_a_file_beyond_all_bounds_gets_a_page_that_says_so(site, visit, due, tmp_path):
    expert = visit("expert", java_script_enabled=False)
    expert.see(f"/cases/{due}/steps/submit")
    large = tmp_path / "отчёт.pdf"
    large.write_bytes(PDF + b"\x00" * (site.settings.upload_bytes + 5 * 1024 * 1024))
    expert.fill({"report": large})
    with expert.page.expect_navigation() as answer:
        expert.send()
    assert answer.value.status == 413


def test_going_back_after_a_step_shows_that_it_is_done(site, visit, events):
    case = stages.draft(site.env)
    requester = visit("requester")
    requester.see(f"/cases/{case}")
    requester.see(f"/cases/{case}/steps/submit")
    requester.send()
    requester.page.wait_for_url(f"**/cases/{case}")
    requester.page.go_back()
    assert requester.page.locator("h1").count() == 1
    assert requester.page.locator("main form").count() == 0  # the step's form is not offered a second time
    requester.page.go_back()
    requester.page.wait_for_url(f"**/cases/{case}")
    assert requester.page.locator(f"main form[action='/cases/{case}/steps/submit']").count() == 0
    assert events(case).count("person:step:submit") == 1


def test_going_back_to_a_form_shows_what_is_stored(site, visit):
    requester = visit("requester")
    case = start(requester, title="Бірінші атауы")
    requester.see(f"/cases/{case}/edit")
    requester.fill({"title": "Екінші атауы"})
    requester.send()
    requester.page.wait_for_url(f"**/cases/{case}")
    requester.page.go_back()
    assert requester.page.input_value("#f-title") == "Екінші атауы"
    requester.fill({"title": "Үшінші атауы"})
    requester.send()
    requester.page.wait_for_url(f"**/cases/{case}")
    assert site.env.case(case).title == "Үшінші атауы"
