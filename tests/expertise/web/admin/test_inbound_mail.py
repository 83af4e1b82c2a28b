"""The pages of mail that came in: who sees them is in tests/laws; here is what they show and do."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from expertise.base import clock
from expertise.inbox.process import process, receive_mail
from expertise.mail.inbound.model import InboundMail
from expertise.mail.inbound.store import Envelope
from expertise.people.model import Grant, Person
from workflows.calendar import ALMATY


@pytest.fixture
def env(app):
    return app.extensions["komek"]


@pytest.fixture
def browser(visit, env):
    with env.transactions.write() as session:
        person = session.scalars(select(Person).where(Person.email == "approver@example.kz")).one()
        session.add(Grant(person_id=person.id, role="administrator"))
    return visit("approver")


@pytest.fixture
def mail(env):
    raw = (
        "From: <script>alert(1)</script> <a@stranger.kz>\nSubject: <b>Жалоба</b>\n\n<img src=x onerror=y>\n> цитата\n"
    ).encode()
    taken = receive_mail(env.transactions, raw, Envelope("lmtp", "a@stranger.kz", "komek@localhost.localdomain"))
    process(env.transactions, env.services, env.settings, taken.id)
    return taken.id


def state(env, mail):
    with env.transactions.read() as session:
        return session.execute(select(InboundMail.state).where(InboundMail.id == mail)).scalar_one()


def test_the_list_leads_to_the_mail_which_is_shown_as_text(browser, mail):
    listing = browser.see("/inbox").text
    assert f"/inbox/{mail}" in listing and "&lt;b&gt;Жалоба" in listing and "<b>Жалоба" not in listing
    page = browser.see(f"/inbox/{mail}").text
    assert "&lt;img src=x" in page and "<img src=x" not in page and "<script>alert" not in page
    assert "What the mail quotes" in page and "Nobody with that address is known" in page


def test_other_states_have_their_lists(browser, mail):
    assert "Nothing here." in browser.see("/inbox?state=bounce").text
    assert browser.see("/inbox?state=nonsense").status_code == 404
    assert browser.see("/inbox?after=-1").status_code == 404


def test_looking_changes_nothing(browser, env, mail):
    with env.transactions.read() as session:
        before = session.execute(select(InboundMail.__table__)).all()
    browser.see("/inbox")
    browser.see(f"/inbox/{mail}")
    with env.transactions.read() as session:
        assert session.execute(select(InboundMail.__table__)).all() == before


def test_a_discarded_mail_says_by_whom_and_why(browser, env, mail):
    answer = browser.send(f"/inbox/{mail}", {"do": "discard", "note": ""})
    assert answer.status_code == 422 and "Fill this in." in answer.text
    assert browser.send(f"/inbox/{mail}", {"do": "discard", "note": "Advertising"}).status_code == 303
    page = browser.see(f"/inbox/{mail}").text
    assert state(env, mail) == "discarded" and "Advertising" in page and "Approver" in page
    assert f"{clock.now().astimezone(ALMATY):%d.%m.%Y}" in page and 'id="discard"' not in page


def test_a_mail_is_added_to_a_case_that_exists(browser, env, mail, visit):
    reference = visit("requester").begin({"title": "Waste"})
    answer = browser.send(f"/inbox/{mail}", {"do": "attach", "reference": "ER-1999-0001"})
    assert answer.status_code == 422 and "There is no case with this number." in answer.text
    assert 'value="ER-1999-0001"' in answer.text
    assert browser.send(f"/inbox/{mail}", {"do": "attach", "reference": reference.lower()}).status_code == 303
    assert state(env, mail) == "received"
    process(env.transactions, env.services, env.settings, mail)
    assert state(env, mail) == "commented"
    assert "onerror" in browser.see(f"/cases/{reference}").text
    answer = browser.send(f"/inbox/{mail}", {"do": "attach", "reference": reference}, page="/account/password")
    assert answer.status_code == 422 and "somebody has decided" in answer.text


def test_what_may_not_be_done_is_not_done(browser, env, mail):
    for wish in ("release", "again", "obey", ""):
        assert browser.send(f"/inbox/{mail}", {"do": wish}).status_code == 422
    assert state(env, mail) == "quarantined"
