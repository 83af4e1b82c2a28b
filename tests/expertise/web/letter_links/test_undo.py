"""The page of a receipt: a step is taken back there, once; looking at it changes nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from expertise import config
from expertise.app import create_app
from tests.expertise.inbox.conftest import asked, deliverable, env, postbox, references  # noqa: F401
from tests.journeys.test_mailed_addresses import dump
from tests.support.databases import address
from tests.support.environment import URL, done
from tests.support.mailed import deliver
from tests.support.postbox import SECRET

HIDDEN = re.compile(r'name="(_form)" value="([^"]*)"')


@pytest.fixture
def receipt(postbox, env, asked):  # noqa: F811
    """The path of the page in the receipt of an acceptance."""
    deliver(env.transactions, SECRET)
    assert postbox.answer("requester", asked, "қабылдаймын").state == "applied"
    [letter] = [each for each in deliver(env.transactions, SECRET) if each.letter == "mail_receipt"]
    return letter.act


@pytest.fixture
def browser(env, tmp_path):  # noqa: F811
    given = {"KOMEK_DATA": str(tmp_path), "KOMEK_SECRET_KEY": SECRET, "KOMEK_URL": URL}
    app = create_app(config.read({**given, "KOMEK_DATABASE_URL": address(env.engine)}))
    yield app.test_client()
    app.extensions["komek"].transactions.engine.dispose()


@pytest.fixture
def send(browser, receipt):
    """The form of the page as it was shown, with these choices."""

    def post(page=None, **given):
        shown = page if page is not None else browser.get(f"{receipt}/take-back", base_url=URL).text
        return browser.post(f"{receipt}/take-back", data={**dict(HIDDEN.findall(shown)), **given}, base_url=URL)

    return post


def test_looking_changes_nothing_and_yes_takes_it_back_once(env, deliverable, browser, receipt, send):  # noqa: F811
    before = dump(env)
    led = browser.get(receipt, base_url=URL)
    assert urlsplit(led.location).path == f"{receipt}/take-back"
    for ask in (browser.head, browser.get, browser.head):
        assert ask(f"{receipt}/take-back", base_url=URL).status_code == 200
    page = browser.get(f"{receipt}/take-back", base_url=URL)
    assert "Қаралуда" in page.text and page.headers["Referrer-Policy"] == "no-referrer"
    assert "checked" not in page.text
    assert send(page.text).status_code == 422
    assert send(page.text, _sure="no").status_code == 303
    assert send(page.text, _sure="yes", _form="x").status_code == 403
    assert dump(env) == before
    assert env.case(deliverable).state == "accepted"
    answers = [send(page.text, _sure="yes") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert env.case(deliverable).state == "review"
    assert [event.act for event in env.events(deliverable)].count("signed:undo:accept") == 1
    over = browser.get(f"{receipt}/take-back", base_url=URL)
    assert over.status_code == 200 and "Күші жойылды: «Есептік материал қабылдап алынды»" in over.text
    assert env.verify().broken == ()


def test_the_answer_and_the_page_are_one_chance(env, deliverable, postbox, browser, receipt, send):  # noqa: F811
    page = browser.get(f"{receipt}/take-back", base_url=URL).text
    letter = postbox.letter("requester")
    assert postbox.answer("requester", letter, "күшін жою").state == "applied"
    answer = send(page, _sure="yes")
    assert answer.status_code == 409 and "_form" not in answer.text
    assert [event.act for event in env.events(deliverable)][-1] == "mail:undo:accept"


def test_after_a_day_the_page_says_so(time, browser, receipt, send):
    page = browser.get(f"{receipt}/take-back", base_url=URL).text
    time.move(timedelta(hours=24))
    for answer in (browser.get(f"{receipt}/take-back", base_url=URL), send(page, _sure="yes")):
        assert answer.status_code == 409
        assert "<form" not in answer.text


def test_after_a_step_of_somebody_else_the_page_says_so(env, references, browser, receipt, send):  # noqa: F811
    page = browser.get(f"{receipt}/take-back", base_url=URL).text
    done(env.fire("coordinator", references[0], "complete_delivery"))
    assert send(page, _sure="yes").status_code == 409
    assert browser.get(f"{receipt}/take-back", base_url=URL).status_code == 409


def test_no_other_letter_has_such_a_page(env, browser, postbox, asked):  # noqa: F811
    [letter, *_] = [each for each in deliver(env.transactions, SECRET) if each.act]
    assert browser.get(f"{letter.act}/take-back", base_url=URL).status_code == 404
