"""Every kind of page, in three languages and two widths: nothing for axe to find, nothing that overflows."""

from __future__ import annotations

import io
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from expertise.base import clock
from expertise.base.errors import DatabaseAway
from expertise.base.transaction import Transactions
from expertise.cases.desk import Upload
from expertise.files import storage
from expertise.people.absences import NewAbsence, record
from expertise.people.auth import password_links, totp
from expertise.people.auth.sign_in import count_guess
from expertise.people.auth.totp import STEP
from expertise.people.model import Person
from tests.browser.site import DESK, PASSWORD, PHONE, Visitor
from tests.support import stages
from tests.support.environment import done
from tests.support.golden import PDF, STAGE_A
from tests.support.people import PLAYERS

LANGUAGES = ("kk", "ru", "en")

#: Page → who looks, what they do to get there, the status of the answer.
PAGES = {
    "sign-in": (None, "/sign-in", 200),
    "start of the demonstration": (None, "/demo", 200),
    "desk with work": ("coordinator", "/", 200),
    "desk of a requester": ("requester", "/", 200),
    "desk of an auditor": ("auditor", "/", 200),
    "list": ("coordinator", "/cases", 200),
    "list found": ("coordinator", "/cases?query=қалдық&region=KZ-43&show=open", 200),
    "list not found": ("coordinator", "/cases?query=xyzzy", 200),
    "boards": ("coordinator", "/board", 200),
    "board by phase": ("coordinator", "/board/expertise_request", 200),
    "board by state": ("requester", "/board/expertise_request?by=state", 200),
    "dashboard": ("manager", "/reports", 200),
    "deadlines": ("coordinator", "/deadlines?whose=all", 200),
    "list of a number": ("manager", "/cases?workflow=expertise_request&states=submitted&opened=2026", 200),
    "list with columns and marks": ("coordinator", "/cases?column=amount&column=owner&sort=-due&select=all", 200),
    "saved views": ("coordinator", "/views", 200),
    "step for several": ("coordinator", "/cases/bulk?case={search}&case={terms}&case={delivery}", 200),
    "step for several, previewed": ("coordinator", "/cases/bulk?case={search}&step=declare_no_expert", 200),
    "no task": ("manager", "/", 200),
    "choice of kinds": ("requester", "/cases/new", 200),
    "new request": ("requester", "/cases/new/expertise_request", 200),
    "draft": ("requester", "/cases/{draft}", 200),
    "draft, edited": ("requester", "/cases/{draft}/edit", 200),
    "case in approval": ("approver", "/cases/{approval}", 200),
    "case in delivery": ("coordinator", "/cases/{delivery}", 200),
    "case closed": ("manager", "/cases/{closed}", 200),
    "terms of a case": ("coordinator", "/cases/{delivery}/terms", 200),
    "parts of a case": ("coordinator", "/cases/{delivery}/parts", 200),
    "messages of a case": ("coordinator", "/cases/{delivery}/messages", 200),
    "files of a case": ("expert", "/cases/{deliverable}/files", 200),
    "history of a case": ("coordinator", "/cases/{closed}/history", 200),
    "case on paper": ("coordinator", "/cases/{closed}/print", 200),
    "fields of the team": ("coordinator", "/cases/{terms}/edit", 200),
    "offer": ("expert", "/cases/{offer}", 200),
    "deliverable": ("expert", "/cases/{deliverable}", 200),
    "diagram": ("coordinator", "/cases/{delivery}/diagram.svg", 200),
    "step with a comment": ("approver", "/cases/{approval}/steps/approve_terms", 200),
    "step, grave": ("approver", "/cases/{approval}/steps/refuse_terms", 200),
    "step with a file": ("expert", "/cases/{deliverable}/steps/submit", 200),
    "step with experts": ("coordinator", "/cases/{search}/steps/offer_assignment", 200),
    "step not yet possible": ("requester", "/cases/{empty}/steps/submit", 200),
    "step of others": ("requester", "/cases/{approval}/steps/approve_terms", 403),
    "step of the past": ("requester", "/cases/{approval}/steps/submit", 409),
    "account": ("requester", "/account", 200),
    "password forgotten": (None, "/sign-in/forgotten", 200),
    "link that is over": (None, "/passes/no-such", 404),
    "change of password": ("requester", "/account/password", 200),
    "sign-in with a code": ("requester", "/account/second-factor", 200),
    "people": ("administrator", "/people", 200),
    "people not found": ("administrator", "/people?query=xyzzy", 200),
    "invitation": ("administrator", "/people/new", 200),
    "people from a file": ("administrator", "/people/import", 200),
    "person": ("administrator", "/people/{person}", 200),
    "organisations": ("administrator", "/organisations", 200),
    "new organisation": ("administrator", "/organisations/new", 200),
    "organisation": ("administrator", "/organisations/akimat-kz-43", 200),
    "absences": ("manager", "/absences", 200),
    "absences of everybody": ("administrator", "/absences", 200),
    "rights": ("requester", "/rights", 200),
    "rights in a part": ("requester", "/rights/expert_offer", 200),
    "letters": (None, "/demo/letters", 200),
    "letter": (None, "/demo/letters/{letter}", 200),
    "register": (None, "/register", 200),
    "register entry": (None, "/register/{closed}", 200),
    "not open to you": ("expert", "/cases/new/expertise_request", 403),
    "not there": ("requester", "/cases/ER-2026-9999", 404),
}


@pytest.fixture(scope="module")
def named(site, time):
    """Cases in several states, made once, and what the addresses of PAGES call them."""
    env = site.env
    found = {"draft": stages.draft(env), "approval": stages.in_approval(env, 1)}
    found["empty"] = done(env.open("requester", "expertise_request", {"title": "Жаңа полигон"})).reference
    found["terms"] = stages.in_approval(env, 2)
    done(env.fire("approver", found["terms"], "send_back_terms", {"comment": "Уточните объём."}))
    found["search"] = stages.in_approval(env, 3)
    done(env.fire("approver", found["search"], "approve_terms"))
    found["offered"], found["offer"] = stages.offered(env)
    found["delivery"], found["deliverable"] = stages.delivering(env)
    found["closed"] = closed(site)
    found["person"] = absent(site)
    site.carry()
    time.move(timedelta(days=20))  # some are late by now
    site.carry()
    found["letter"] = site.letter("requester").name
    return found


def absent(site):
    """The approver, who is away, and nobody stands in; the public id."""
    with site.env.transactions.write() as session:
        person = session.get_one(Person, site.env.actor("approver").person_id)
        wish = NewAbsence(date(2020, 1, 1), date(2099, 12, 31), note="Кезекті демалыс")
        record(session, person, wish, recorded_by_id=person.id, now=clock.now())
        return person.key


def closed(site):
    """A whole life, the shortest way."""
    env = site.env
    case, part = stages.delivering(env)
    stored = storage.put(io.BytesIO(PDF), SimpleNamespace(data=site.settings.data, upload_bytes=10_000))
    report = Upload(stored.sha256, stored.size, "отчёт.pdf", "application/pdf")
    done(env.fire("expert", part, "submit", {}, uploads={"report": report}))
    done(env.fire("requester", part, "accept"))
    done(env.fire("coordinator", case, "complete_delivery"))
    done(env.fire("requester", case, "accept_final"))
    done(env.fire("manager", case, "close", {"outcome": "Пакет финансирования подписан."}))
    return case


@pytest.fixture(scope="module")
def people(site, browser, named):
    """One browser per person for all pages."""
    met = {}

    def come(name):
        if name not in met:
            met[name] = Visitor(site, browser, name)
            if name:
                met[name].sign_in()
        return met[name]

    yield come
    for visitor in met.values():
        visitor.close()


@pytest.fixture(scope="module")
def axe():
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()


@pytest.fixture
def examine(axe):
    """The page that is open, at both widths."""

    def look(visitor, language):
        page = visitor.page
        assert page.locator("html").get_attribute("lang") == language
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert beyond <= 0, f"{beyond} px too wide at {size['width']} px"
            found = axe.run(page, options={"resultTypes": ["violations"], "iframes": False})
            assert found.violations_count == 0, found.generate_report()
        assert visitor.problems == []

    return look


def speak(site, visitor, language):
    if visitor.name is None:
        visitor.context.add_cookies([{"name": "komek-language", "value": language, "url": site.url}])
    else:
        site.speak({visitor.name: language})


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
