"""Every kind of page, in three languages and two widths: nothing for axe to find, nothing that overflows."""

from __future__ import annotations

import pytest

from expertise.base import clock
from expertise.base.errors import DatabaseAway
from expertise.base.transaction import Transactions
from expertise.people.auth import password_links, totp
from expertise.people.auth.sign_in import count_guess
from expertise.people.auth.totp import STEP
from expertise.people.model import Person
from tests.browser.every_page import PAGES
from tests.browser.site import PASSWORD, Visitor, speak
from tests.support.golden import STAGE_A
from tests.support.people import PLAYERS

LANGUAGES = ("kk", "ru", "en")


@pytest.mark.parametrize("name", [name for name in PAGES if name != "diagram"])
def test_a_page_in_three_languages_and_two_widths(site, people, named, examine, name):
    person, address, status = PAGES[name]
    visitor = people(person)
    for language in LANGUAGES:
        speak(site, visitor, language)
        visitor.see(address.format(**named), status)
        visitor.page.evaluate("document.querySelectorAll('details').forEach(folded => (folded.open = true))")
        examine(visitor, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_diagram_is_drawn_with_labels_and_the_path_taken(site, people, named, language):
    visitor = people("coordinator")
    speak(site, visitor, language)
    visitor.see(f"/cases/{named['delivery']}/history")
    visitor.page.locator("details:has(.chart) > summary").click()
    picture = visitor.page.locator(".chart img")
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    assert picture.get_attribute("alt")


def wrong_password(visitor):
    visitor.see("/sign-in")
    visitor.page.fill("#f-email", "nobody@example.kz")
    visitor.page.fill("#f-password", "wrong")
    visitor.send()


def wrong_values(visitor):
    visitor.see("/cases/new/expertise_request")
    visitor.fill({"contact_email": "no address", "latest_date": "31.02.2027"})
    visitor.send()


def no_comment(visitor, named):
    visitor.see(f"/cases/{named['approval']}/steps/refuse_terms")
    visitor.page.check("#sure-yes")
    visitor.send()


def forged(visitor):
    visitor.see("/account")
    visitor.page.evaluate("document.querySelectorAll('[name=csrf_token]').forEach(box => box.value = 'x')")
    visitor.page.click("main .button.grave")


ERRORS = {
    "wrong password": (None, lambda visitor, _: wrong_password(visitor)),
    "wrong values": ("requester", lambda visitor, _: wrong_values(visitor)),
    "missing answer": ("approver", no_comment),
    "form of another session": ("requester", lambda visitor, _: forged(visitor)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_goes_wrong_is_said_on_a_whole_page(site, people, named, examine, name):
    person, happens = ERRORS[name]
    visitor = people(person)
    for language in LANGUAGES:
        speak(site, visitor, language)
        happens(visitor, named)
        visitor.page.wait_for_selector(".errors, main .form")
        examine(visitor, language)


def test_too_many_guesses(site, people, examine):
    visitor = people(None)
    with site.env.transactions.write() as session:
        for _ in range(10):
            count_guess(session, "guessed@example.kz", "10.0.0.1", clock.now())
    for language in LANGUAGES:
        speak(site, visitor, language)
        visitor.see("/sign-in")
        visitor.page.fill("#f-email", "guessed@example.kz")
        visitor.page.fill("#f-password", "guess")
        with visitor.page.expect_navigation() as answer:
            visitor.send()
        assert answer.value.status == 429
        examine(visitor, language)


def test_a_password_is_chosen_by_a_link(site, people, examine):
    visitor = people(None)
    with site.env.transactions.write() as session:
        person = session.get_one(Person, site.env.actor("manager").person_id)
        link = f"/passes/{password_links.issue(session, person, password_links.INVITATION, clock.now()).token}"
    for language in LANGUAGES:
        speak(site, visitor, language)
        visitor.see(link)
        visitor.fill({"password": "short", "again": "short"})
        visitor.send()
        visitor.page.wait_for_selector(".errors")
        examine(visitor, language)


def test_the_second_factor_from_the_picture_to_the_code(site, people, browser, examine):
    visitor, setup = people("other_expert"), "/account/second-factor"
    visitor.see(setup)
    visitor.send()
    visitor.page.wait_for_selector("main svg")
    for language in LANGUAGES:
        speak(site, visitor, language)
        visitor.see(setup)
        examine(visitor, language)
    secret = visitor.page.locator(".panel b").inner_text().replace(" ", "")
    visitor.fill({"code": totp.code(secret, int(clock.now().timestamp()) // STEP)})
    visitor.send()
    visitor.page.wait_for_selector("ul.panel")
    examine(visitor, LANGUAGES[-1])
    again = Visitor(site, browser, None)
    again.see("/sign-in")
    again.fill({"email": site.env.email("other_expert"), "password": PASSWORD})
    again.send()
    again.page.wait_for_selector("#f-code")
    for language in LANGUAGES:
        speak(site, again, language)
        again.see("/sign-in/code")
        examine(again, language)
        speak(site, visitor, language)
        visitor.see(setup)
        examine(visitor, language)
    again.close()


def test_too_large(site, people, named, examine, tmp_path):
    visitor = people("expert")
    large = tmp_path / "a.pdf"
    large.write_bytes(b"\x00" * (site.settings.upload_bytes + 5 * 1024 * 1024))
    for language in LANGUAGES:
        speak(site, visitor, language)
        visitor.see(f"/cases/{named['deliverable']}/steps/submit")
        visitor.page.locator("#f-report").evaluate("box => delete box.dataset.longest")
        visitor.fill({"report": large})
        with visitor.page.expect_navigation() as answer:
            visitor.send()
        assert answer.value.status == 413
        examine(visitor, language)


def test_the_database_is_away(site, people, examine, monkeypatch):
    visitor = people(None)

    def away(self):
        raise DatabaseAway("no connection")

    monkeypatch.setattr(Transactions, "read", away)
    for language in LANGUAGES:
        speak(site, visitor, language)
        visitor.see("/register", 503)
        examine(visitor, language)


def test_every_person_has_a_desk(site, people, named):
    for name in PLAYERS:
        people(name).see("/")
    assert STAGE_A["title"] in people("coordinator").text()
