"""What was typed survives whatever a person does in a real browser, with the page's script and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete

from expertise.people.model import SignIn
from tests.browser.site import PHONE
from tests.support import stages
from tests.support.waiting import until

NEW = "/cases/new/expertise_request"


def switch(visitor, language):
    visitor.page.click(f".langs [lang={language}]")
    expect(visitor.page.locator("html")).to_have_attribute("lang", language)


@pytest.fixture
def case(site):
    return stages.delivering(site.env)[0]


@pytest.fixture(autouse=True)
def english(site):
    site.speak(dict.fromkeys(("requester", "coordinator"), "en"))


@pytest.mark.parametrize("waits", [True, False])
def test_a_new_form_keeps_its_words_when_the_language_is_switched(site, visit, waits):
    requester = visit("requester")
    requester.see(NEW)
    requester.page.locator("#f-title").press_sequentially("Жаңа полигон")
    if waits:  # the draft has been saved by itself, and more was typed since
        requester.page.wait_for_url("**/edit")
        requester.page.locator("#f-problem").press_sequentially("Ескі полигон толды.")
    switch(requester, "ru")
    assert "/edit" in requester.page.url
    assert requester.page.input_value("#f-title") == "Жаңа полигон"
    assert requester.page.input_value("#f-problem") == ("Ескі полигон толды." if waits else "")
    assert requester.page.locator(".note").count() == 0  # all of it is in the draft
    switch(requester, "kk")
    assert requester.page.input_value("#f-title") == "Жаңа полигон"


def test_what_was_typed_just_before_leaving_is_saved(site, visit):
    requester = visit("requester")
    requester.see(NEW)
    requester.page.locator("#f-title").press_sequentially("Кетер алдында")
    requester.page.click(".menu a[href='/cases']")
    requester.page.wait_for_url("**/cases")
    until(lambda: requester.see("/cases") and requester.page.locator("main a", has_text="Кетер алдында").count(), 10)


def test_a_comment_that_was_not_sent_waits_for_its_writer(site, visit, case):
    coordinator = visit("coordinator")
    coordinator.see(f"/cases/{case}/messages")
    coordinator.page.fill("#f-comment", "Половина мысли")
    coordinator.page.click(".menu a[href='/cases']")
    coordinator.page.wait_for_url("**/cases")
    until(
        lambda: coordinator.see(f"/cases/{case}/messages") and coordinator.page.locator("main > .wrap > .note").count(),
        10,
    )
    assert coordinator.page.input_value("#f-comment") == "Половина мысли"
    assert coordinator.page.locator("main > .wrap > .note").count() == 1
    coordinator.page.fill("#f-comment", "Вся мысль")
    coordinator.page.click("form:has(#f-comment) button[type=submit]")
    coordinator.page.get_by_text("Вся мысль").first.wait_for()
    assert coordinator.page.input_value("#f-comment") == ""
    coordinator.see(f"/cases/{case}/messages")
    assert coordinator.page.input_value("#f-comment") == ""
    assert coordinator.page.locator("main > .wrap > .note").count() == 0


def test_words_can_be_discarded(site, visit, case):
    coordinator = visit("coordinator")
    coordinator.see(f"/cases/{case}/messages")
    coordinator.page.fill("#f-comment", "Передумал")
    switch(coordinator, "ru")
    assert coordinator.page.input_value("#f-comment") == "Передумал"
    coordinator.page.click("main > .wrap > .note a")
    coordinator.page.wait_for_url(f"**/cases/{case}/messages")
    assert coordinator.page.input_value("#f-comment") == ""


def test_without_a_script_a_refused_form_keeps_its_words(site, visit):
    requester = visit("requester", java_script_enabled=False, viewport=PHONE)
    requester.see(NEW)
    requester.fill({"title": "Сөз", "contact_email": "no address"})
    requester.send()
    assert requester.page.locator(".errors").count() == 1
    requester.page.fill("#f-problem", "Осы да қалады")
    requester.page.click(".langs [lang=kk]")
    expect(requester.page.locator("html")).to_have_attribute("lang", "kk")
    values = {"title": "Сөз", "contact_email": "no address", "problem": "Осы да қалады"}
    assert {name: requester.page.input_value(f"#f-{name}") for name in values} == values
    requester.fill({"contact_email": "someone@example.kz"})
    requester.send()
    requester.page.wait_for_url("**/cases/ER-*")
    requester.see(NEW)
    assert requester.page.input_value("#f-title") == ""


def test_without_a_script_an_ended_session_keeps_a_comment(site, visit, case):
    coordinator = visit("coordinator", java_script_enabled=False)
    coordinator.see(f"/cases/{case}/messages")
    coordinator.page.fill("#f-comment", "Сессия закончилась раньше.\n\nВторая строка & <знак>")
    with site.env.transactions.write() as session:
        session.execute(delete(SignIn))
    coordinator.page.click("form:has(#f-comment) button[type=submit]")
    coordinator.page.wait_for_url(lambda url: "/sign-in" in url)
    coordinator.page.fill("#f-email", site.env.email("coordinator"))
    coordinator.page.fill("#f-password", "a long sentence nobody guesses")
    coordinator.page.click("main button[type=submit]")
    coordinator.page.wait_for_url(f"**/cases/{case}/messages")
    assert coordinator.page.input_value("#f-comment") == "Сессия закончилась раньше.\n\nВторая строка & <знак>"
    coordinator.page.click("form:has(#f-comment) button[type=submit]")
    coordinator.page.get_by_text("Вторая строка & <знак>").first.wait_for()


@pytest.mark.parametrize("script", [True, False])
def test_back_and_send_asks_before_a_comment_stands_twice(site, visit, case, script):
    coordinator = visit("coordinator", java_script_enabled=script)
    url, form = f"/cases/{case}/messages", "form:has(#f-comment)"
    coordinator.see(url)
    coordinator.page.fill("#f-comment", "Жұма күні хабарласамыз")
    coordinator.page.click(f"{form} button[type=submit]")
    said = coordinator.page.locator(".said li", has_text="Жұма күні хабарласамыз")
    said.wait_for()
    for round_ in range(2):
        coordinator.page.go_back()
        if not coordinator.page.input_value(
            "#f-comment"
        ):  # whether "Back" gives the words again is the browser's choice
            coordinator.page.fill("#f-comment", "Жұма күні хабарласамыз")
        coordinator.page.click(f"{form} button[type=submit]")
        coordinator.page.wait_for_load_state()
        if coordinator.page.locator(".errors").count():
            assert coordinator.page.input_value("#f-comment") == "Жұма күні хабарласамыз"
            coordinator.page.click(f"{form} a" if round_ == 0 else f"{form} button[name=_sure]")
            coordinator.page.wait_for_url(f"**{url}**")
        coordinator.see(url)
        assert coordinator.page.input_value("#f-comment") == ""
        assert coordinator.page.locator("main > .wrap > .note").count() == 0  # nothing waits to be sent
        assert said.count() == round_ + 1
