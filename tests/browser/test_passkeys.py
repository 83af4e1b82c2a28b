"""A passkey in a real browser, with a device that the browser itself plays: made, used three ways, removed."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.browser.site import PASSWORD, speak
from tests.support import stages

pytest.importorskip("webauthn", reason="the extra `passkeys` is not installed")

PAGE = "/account/passkeys"
LANGUAGES = ("kk", "ru", "en")


@pytest.fixture
def device():
    """`device(visitor)` gives the browser a device that asks for a finger, and always gets the right one."""

    def give(visitor, **options):
        line = visitor.context.new_cdp_session(visitor.page)
        line.send("WebAuthn.enable")
        device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        said = {"isUserVerified": True, "automaticPresenceSimulation": True, **options}
        name = line.send("WebAuthn.addVirtualAuthenticator", {"options": {**device, **said}})["authenticatorId"]
        return lambda verb, **more: line.send(f"WebAuthn.{verb}", {"authenticatorId": name, **more})

    return give


def add(visitor, name):
    visitor.see(PAGE)
    visitor.page.fill("#f-name", name)
    visitor.page.click("[data-passkey=create] button")
    visitor.page.wait_for_selector(".note.good")


def sign_out(visitor):
    visitor.page.click(".who button")
    visitor.page.wait_for_url("**/sign-in")


@contextmanager
def led_to(visitor, address):
    with visitor.page.expect_navigation(url=f"**{address}"):
        yield


def test_added_used_for_signing_in_and_for_a_grave_step_and_removed(site, visit, device, time):
    case = stages.in_approval(site.env)
    visitor = visit("approver")
    asked = device(visitor)
    add(visitor, "Work computer")
    (kept,) = asked("getCredentials")["credentials"]
    assert kept["isResidentCredential"] and kept["rpId"] == "localhost"
    sign_out(visitor)

    with led_to(visitor, "/"):
        visitor.page.click("[data-passkey=get] button")
    assert visitor.page.locator("a.who[href='/account']").inner_text() == "approver"

    time.move(timedelta(minutes=16))
    visitor.see(f"/cases/{case}/steps/approve_terms")
    before = asked("getCredentials")["credentials"][0]["signCount"]
    with led_to(visitor, f"/cases/{case}"):
        visitor.page.click("[data-passkey=get] button")
    assert visitor.page.locator(".note.good").count() == 1 and site.env.events(case)[-1].act.endswith(":approve_terms")
    assert asked("getCredentials")["credentials"][0]["signCount"] > before

    visitor.see(PAGE)
    assert "Work computer" in visitor.text()
    visitor.page.click("main summary")
    with led_to(visitor, PAGE):
        visitor.page.click("main .button.grave")
    assert visitor.page.locator("main table").count() == 0
    sign_out(visitor)
    visitor.page.click("[data-passkey=get] button")
    visitor.page.wait_for_selector(".errors")
    assert visitor.page.locator("#f-password").count() == 1, "the password is still asked for"


def test_after_the_password_it_is_the_second_step(site, visit, device, monkeypatch):
    visitor = visit("expert")
    device(visitor)
    add(visitor, "Telephone")
    sign_out(visitor)
    env = site.app.extensions["komek"]
    stricter = replace(env, settings=replace(env.settings, second_factor="required"))
    monkeypatch.setitem(site.app.extensions, "komek", stricter)
    site.also("expert", "coordinator")
    visitor.fill({"email": site.env.email("expert"), "password": PASSWORD})
    visitor.send()
    visitor.page.wait_for_url("**/sign-in/code")
    with led_to(visitor, "/"):
        visitor.page.click("[data-passkey=get] button")


def test_who_turns_away_is_told_and_may_try_again(site, visit, device):
    visitor = visit("requester")
    asked = device(visitor, isUserVerified=False)
    visitor.see(PAGE)
    visitor.page.click("[data-passkey=create] button")
    wrong = visitor.page.locator("[role=alert]")
    wrong.get_by_text("80").wait_for()  # no name: said before the device is asked
    visitor.page.fill("#f-name", "Telephone")
    visitor.page.click("[data-passkey=create] button")
    failed = visitor.page.locator("[data-passkey]").get_attribute("data-failed")
    wrong.get_by_text(failed).wait_for()
    assert visitor.page.input_value("#f-name") == "Telephone" and asked("getCredentials")["credentials"] == []
    asked("setUserVerified", isUserVerified=True)
    visitor.page.click("[data-passkey=create] button")
    visitor.page.wait_for_selector(".note.good")
    visitor.page.fill("#f-name", "Twice")
    visitor.page.click("[data-passkey=create] button")
    wrong.get_by_text(visitor.page.locator("[data-passkey]").get_attribute("data-twice")).wait_for()


def test_without_javascript_the_button_is_not_there(site, visit):
    visitor = visit(None, java_script_enabled=False)
    visitor.see("/sign-in")
    assert not visitor.page.locator("[data-passkey]").is_visible()
    other = visit("requester", java_script_enabled=False)
    other.see(PAGE)
    assert not other.page.locator("[data-passkey]").is_visible() and other.page.locator("[data-unable]").is_visible()


def test_a_browser_that_cannot_shows_no_button(site, visit):
    visitor = visit()
    visitor.page.add_init_script("delete window.PublicKeyCredential")
    visitor.see("/sign-in")
    assert not visitor.page.locator("[data-passkey]").is_visible()


def test_pages_in_three_languages_and_two_widths(site, visit, device, examine, time):
    visitor = visit("coordinator")
    device(visitor)
    add(visitor, "Жұмыс компьютері")
    for language in LANGUAGES:
        speak(site, visitor, language)
        visitor.see(PAGE)
        visitor.page.click("main summary")
        examine(visitor, language)
    time.move(timedelta(minutes=16))
    for language in LANGUAGES:
        speak(site, visitor, language)
        visitor.see(PAGE)
        examine(visitor, language)
        visitor.page.click("main form[action$='/prove'] button")
        visitor.page.wait_for_selector("[data-passkey=get]")
        examine(visitor, language)
