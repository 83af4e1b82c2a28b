"""The page of a letter: one case, one decision, without signing in; and everything that must not happen there."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from sqlalchemy import select, update

from expertise import worker
from expertise.audit import trail
from expertise.audit.model import Event
from expertise.base import clock
from expertise.cases import desk
from expertise.cases.model import Case
from expertise.mail.model import OutgoingLetter
from expertise.people.access import load_actor
from expertise.people.model import Person
from tests.expertise.web.cases.test_cases import REQUEST
from tests.support.golden import ANALYSIS, PDF
from tests.support.mailed import deliver
from workflows.refusals import Refusal

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def time():
    with clock.travelling(NOW) as traveller:
        yield traveller


class Post:
    """Steps by the desk, and the letters that they cause."""

    def __init__(self, app):
        self.env = app.extensions["komek"]

    def fire(self, name, reference, step, raw=None):
        done = self._as(
            name,
            lambda db, actor: desk.fire(
                desk.Unit(db, self.services), desk.Request(actor, reference, self.seen(db, reference)), step, raw or {}
            ),
        )
        assert not isinstance(done, Refusal), done
        return done

    def _as(self, name, verb):
        def unit(db):
            person = db.scalar(select(Person.id).where(Person.email == f"{name}@example.kz"))
            return verb(db, load_actor(db, person, NOW.date()))

        return self.env.transactions.run(unit)

    @property
    def services(self):
        return self.env.services

    def seen(self, db, reference):
        return db.scalar(select(Case.version).where(Case.reference == reference))

    def state(self, reference):
        with self.env.transactions.read() as db:
            return db.scalar(select(Case.state).where(Case.reference == reference))

    def in_approval(self):
        """A request on the approver's desk, and the letter to the approver."""
        case = self._as(
            "requester", lambda db, who: desk.open_case(desk.Unit(db, self.services), who, "expertise_request", REQUEST)
        ).reference
        for name, step, raw in (
            ("requester", "submit", {}),
            ("coordinator", "register", {}),
            ("coordinator", "confirm_complete", {}),
            ("coordinator", None, {}),
            ("coordinator", "finish_analysis", {}),
            ("coordinator", "find_eligible", {"eligible_reason": "Priority."}),
            ("coordinator", "start_terms", {}),
            ("coordinator", "send_for_endorsement", {}),
            ("requester", "endorse", {}),
        ):
            if step is None:
                self._as(
                    name,
                    lambda db, who: desk.edit(
                        desk.Unit(db, self.services), desk.Request(who, case, self.seen(db, case)), ANALYSIS
                    ),
                )
            else:
                self.fire(name, case, step, raw)
        return case, self.letter("approver")

    def offered(self):
        """An offer, and the letter to the expert."""
        case, _ = self.in_approval()
        self.fire("approver", case, "approve_terms")
        with self.env.transactions.read() as db:
            expert = db.scalar(select(Person.key).where(Person.email == "expert@example.kz"))
        offer = self.fire("coordinator", case, "offer_assignment", {"expert": expert}).opened[0]
        return offer, self.letter("expert")

    def letter(self, name):
        worker.notify(self.env.transactions, self.services)
        return [each for each in deliver(self.env.transactions) if each.to == f"{name}@example.kz"][-1]

    def events(self, reference):
        with self.env.transactions.read() as db:
            wanted = select(Event.act).join(Case, Case.id == Event.case_id).where(Case.reference == reference)
            return list(db.scalars(wanted.order_by(Event.sequence)))


@pytest.fixture
def post(app):
    return Post(app)


@pytest.fixture
def browser(app):
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "ru"  # the reader's own language comes first
    return client


def hidden(page):
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {unescape(name): unescape(value) for name, value in found}


def send(browser, address, data):
    return browser.post(address, data={**hidden(browser.get(address)), **data})


def test_an_expert_accepts_an_offer_without_an_account(post, browser):
    offer, letter = post.offered()
    page = browser.get(letter.act)
    assert page.status_code == 200 and "Accept the offer" in page.text and "Decline" in page.text
    assert "You are here as: Expert" in page.text and ANALYSIS["terms_of_reference"] in page.text
    assert "<form" not in page.text  # nothing that a robot could send
    form = browser.get(f"{letter.act}/accept")
    assert "What will happen" in form.text and "checked" not in form.text
    answer = send(browser, f"{letter.act}/accept", {"no_conflict": "yes", "_sure": "yes"})
    assert answer.status_code == 303 and answer.location == letter.act
    assert post.state(offer) == "accepted"
    assert post.events(offer)[-1] == "signed:step:accept"
    assert "<h1>Offer accepted</h1>" in browser.get(letter.act).text
    with post.env.transactions.read() as db:
        assert trail.verify(db).broken == ()


def test_the_trail_of_the_case_says_that_it_was_the_page_of_a_letter(post, browser, visit):
    offer, letter = post.offered()
    send(browser, f"{letter.act}/accept", {"no_conflict": "yes", "_sure": "yes"})
    assert "Expert, expert, on the page of a letter" in visit("coordinator").see(f"/cases/{offer}").text


def test_a_double_click_decides_once(post, browser):
    offer, letter = post.offered()
    sent = {**hidden(browser.get(f"{letter.act}/decline")), "comment": "No time.", "_sure": "yes"}
    answers = [browser.post(f"{letter.act}/decline", data=sent) for _ in range(3)]
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, letter.act)}
    assert post.events(offer).count("signed:step:decline") == 1
    page = browser.get(letter.act).text
    assert "<h1>Offer declined</h1>" in page and "No time." in page
    assert browser.post(f"{letter.act}/accept", data={**sent, "no_conflict": "yes"}).location == letter.act
    assert post.state(offer) == "declined"


def test_nothing_is_chosen_beforehand(post, browser):
    offer, letter = post.offered()
    answer = send(browser, f"{letter.act}/decline", {"comment": "No time."})
    assert answer.status_code == 422 and "Confirm your decision: choose yes or no." in answer.text
    assert "No time." in answer.text
    assert send(browser, f"{letter.act}/decline", {"comment": "No time.", "_sure": "no"}).status_code == 303
    assert post.state(offer) == "sent"


def test_what_is_missing_is_asked_for_and_what_was_typed_stays(post, browser):
    offer, letter = post.offered()
    answer = send(browser, f"{letter.act}/accept", {"availability_note": "From April", "_sure": "yes"})
    assert answer.status_code == 422 and "From April" in answer.text and "needed" in answer.text
    assert post.state(offer) == "sent" and browser.get(letter.act).status_code == 200


def test_much_hangs_on_an_approval_so_it_asks_for_the_code(post, browser):
    case, letter = post.in_approval()
    address = f"{letter.act}/approve_terms"
    assert "Code from the letter" in browser.get(address).text
    assert letter.code in letter.rendered.text
    wrong = f"{(int(letter.code) + 1) % 1_000_000:06d}"
    answer = send(browser, address, {"_sure": "yes", "_proof": wrong})
    assert answer.status_code == 422 and "The code is not that of this letter." in answer.text
    assert post.state(case) == "approval"
    assert send(browser, address, {"_sure": "yes", "_proof": letter.code}).status_code == 303
    assert post.state(case) == "expert_search"


def test_codes_cannot_be_guessed(post, browser):
    case, letter = post.in_approval()
    address = f"{letter.act}/approve_terms"
    sent = {**hidden(browser.get(address)), "_sure": "yes"}
    for guess in range(5):
        wrong = f"{(int(letter.code) + 1 + guess) % 1_000_000:06d}"
        assert browser.post(address, data={**sent, "_proof": wrong}).status_code == 422
    answer = browser.post(address, data={**sent, "_proof": letter.code})
    assert answer.status_code == 422 and "wrong too often" in answer.text
    assert post.state(case) == "approval"
    page = browser.get(address).text
    assert "<form" not in page and f"/cases/{case}/steps/approve_terms" in page


def test_a_case_that_has_moved_says_so_and_shows_what_is_possible_now(post, browser):
    offer, letter = post.offered()
    sent = {
        **hidden(browser.get(f"{letter.act}/accept")),
        "no_conflict": "yes",
        "_sure": "yes",
        "availability_note": "May",
    }
    post.fire("coordinator", offer, "recall", {"comment": "Plans changed."})
    answer = browser.post(f"{letter.act}/accept", data=sent)
    assert answer.status_code == 409 and "May" in answer.text and "Recall" in answer.text
    page = browser.get(letter.act).text
    assert "Since the letter was written:" in page and "The work has ended." in page
    assert browser.get(f"{letter.act}/accept").status_code == 409


def test_what_was_on_the_page_must_still_be_true(post, browser):
    case, letter = post.in_approval()
    sent = {
        **hidden(browser.get(f"{letter.act}/refuse_terms")),
        "comment": "Too dear.",
        "_sure": "yes",
        "_proof": letter.code,
    }
    with post.env.transactions.write() as db:
        db.execute(update(Case).where(Case.reference == case).values(version=Case.version + 1))
    answer = browser.post(f"{letter.act}/refuse_terms", data=sent)
    assert answer.status_code in (409, 422) and "Too dear." in answer.text
    assert post.state(case) == "approval"


def test_the_link_outlives_its_deadline_by_a_week_and_is_over_then(post, browser, time):
    offer, letter = post.offered()
    sent = {**hidden(browser.get(f"{letter.act}/decline")), "comment": "No time.", "_sure": "yes"}
    with post.env.transactions.read() as db:
        due = db.execute(select(Case.due_at).where(Case.reference == offer)).scalar_one()
    assert due - clock.now() > timedelta(hours=72), "three days would have been too short"
    time.go(due + timedelta(days=7) - timedelta(seconds=1))
    assert browser.get(letter.act).status_code == 200
    time.go(due + timedelta(days=7, seconds=1))
    page = browser.get(letter.act)
    assert page.status_code == 410 and "This link does not work any more" in page.text and offer not in page.text
    assert browser.get(f"{letter.act}/decline").status_code == 410
    browser.post(f"{letter.act}/decline", data=sent)
    assert post.state(offer) == "sent"


def again(letter):
    return f"/letters/again/{letter.act.rpartition('/')[2]}"


def test_who_comes_too_late_asks_for_the_letter_once_more(post, browser, time):
    """The copy goes to the same person, with a link that works; three times in a day is too often."""
    _, letter = post.offered()
    time.move(timedelta(days=60))
    page = browser.get(letter.act)
    assert page.status_code == 410 and "Send me a new link" in page.text
    form = {"csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]}
    answers = [browser.post(again(letter), data=form) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "sent to the same address" in answers[0].text
    with post.env.transactions.read() as db:
        rows = db.scalars(select(OutgoingLetter).where(OutgoingLetter.letter == "offer_sent")).all()
        assert len(rows) == 3 and len({(row.recipient_id, row.address, row.case_id) for row in rows}) == 1
    assert browser.post(again(letter)).status_code == 403, "without the secret of the form"


def test_no_letter_comes_again_once_the_case_has_gone_on(post, browser, time):
    offer, letter = post.offered()
    page = browser.get(f"{letter.act}/decline")
    browser.post(f"{letter.act}/decline", data={**hidden(page), "comment": "No time.", "_sure": "yes"})
    assert post.state(offer) == "declined"
    time.move(timedelta(days=60))
    assert "Send me a new link" not in browser.get(letter.act).text


def test_an_unknown_link_is_like_any_address_that_is_not_there(post, browser):
    post.offered()
    plain = [
        (answer.status_code, re.sub(r'value="[^"]*"', "", answer.text))
        for answer in map(
            browser.get, ("/act/" + "a" * 32, "/act/x/accept", "/no/such/page", "/act/" + "a" * 32 + "/files/x")
        )
    ]
    assert len(set(plain)) == 1 and plain[0][0] == 404
    assert browser.post("/act/" + "a" * 32 + "/accept", data={}).status_code == 404


def test_a_form_from_elsewhere_is_not_taken(post, browser):
    offer, letter = post.offered()
    sent = {**hidden(browser.get(f"{letter.act}/decline")), "comment": "No time.", "_sure": "yes"}
    for data, headers in (
        ({**sent, "_form": "0" * 64}, {}),
        ({**hidden(browser.get(f"{letter.act}/accept")), "comment": "No time.", "_sure": "yes"}, {}),
        (sent, {"Sec-Fetch-Site": "cross-site"}),
    ):
        assert browser.post(f"{letter.act}/decline", data=data, headers=headers).status_code == 403
    assert post.state(offer) == "sent"


def test_the_address_is_told_to_nobody(post, browser):
    _, letter = post.offered()
    for address in (letter.act, f"{letter.act}/accept", "/act/unknown"):
        answer = browser.get(address)
        assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers or address == "/act/unknown"


def test_a_deactivated_person_has_no_page(post, browser):
    _, letter = post.offered()
    with post.env.transactions.write() as db:
        db.execute(update(Person).where(Person.email == "expert@example.kz").values(active=False))
    assert browser.get(letter.act).status_code == 404


def test_the_page_speaks_its_reader_s_language_whoever_is_signed_in(post, visit):
    _, letter = post.offered()
    with post.env.transactions.write() as db:
        db.execute(update(Person).where(Person.email == "expert@example.kz").values(language="kk"))
    page = visit("coordinator").see(letter.act).text
    assert '<html lang="kk">' in page and "Coordinator" not in page.partition("<main")[0]


def test_files_of_the_case_come_with_the_page(post, browser, visit):
    offer, _ = post.offered()
    expert = visit("expert")
    assert expert.take(offer, "accept", {"no_conflict": "yes", "_sure": "yes"}).status_code == 303
    with post.env.transactions.read() as db:
        request = db.scalar(select(Case.reference).where(Case.parent_id.is_(None)))
    part = post.fire("coordinator", request, "start_delivery", {"deliverable_kind": "final_report"}).opened[0]
    letter = post.letter("expert")
    sent = {**hidden(browser.get(f"{letter.act}/submit")), "_sure": "yes", "report": (io.BytesIO(PDF), "Report.pdf")}
    assert browser.post(f"{letter.act}/submit", data=sent).status_code == 303
    assert post.state(part) == "review"
    reader = post.letter("requester")
    page = browser.get(reader.act).text
    (address,) = re.findall(r'href="(/act/[a-z2-7]+/files/[^"]+)"', page)
    assert browser.get(address, buffered=True).data == PDF
    key = address.rpartition("/")[2]
    assert browser.get(f"{letter.act}/files/{key}").status_code == 404  # used: that page gives nothing any more
    assert browser.get(f"/files/{key}").status_code == 303
