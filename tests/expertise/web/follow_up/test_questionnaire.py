"""The questions of a check: answered on the page of a letter, entered by a manager, read by who sees the case."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from expertise import config, worker
from expertise.app import create_app
from expertise.base import clock
from expertise.people.auth.sessions import start_session
from expertise.people.model import Person
from expertise.reports import weekly_letter
from expertise.reports.follow_up import matrix
from expertise.reports.follow_up_text import in_line
from expertise.text.translator import TRANSLATORS
from tests.journeys.conftest import upload  # noqa: F401 a fixture
from tests.journeys.test_follow_up_by_mail import WORDING, days, recommended  # noqa: F401 fixtures
from tests.support.databases import address, database
from tests.support.environment import URL, environment
from tests.support.mailed import SECRET, deliver
from tests.support.people import MAIN_CAST


@pytest.fixture
def env(tmp_path, time):
    with database("sqlite", tmp_path, MAIN_CAST) as engine:
        yield environment(engine)


@pytest.fixture
def browser(env, tmp_path):
    """A browser by the name of who is signed in, or of nobody."""
    settings = {"KOMEK_DATA": str(tmp_path), "KOMEK_SECRET_KEY": SECRET, "KOMEK_URL": URL}
    app = create_app(config.read({**settings, "KOMEK_DATABASE_URL": address(env.engine)}))
    app.config["WTF_CSRF_ENABLED"] = False

    def enter(name=None):
        client = app.test_client()
        client.environ_base["wsgi.url_scheme"] = "https"
        client.environ_base["HTTP_HOST"] = URL.removeprefix("https://")
        if name is not None:
            with env.transactions.write() as session:
                token = start_session(session, env.actor(name).person_id, clock.now())
            with client.session_transaction(base_url=URL) as kept:
                kept["token"] = token
        return client

    yield enter
    app.extensions["komek"].transactions.engine.dispose()


def hidden(page):
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {unescape(name): unescape(value) for name, value in found}


def send(client, url, data):
    return client.post(url, base_url=URL, data={**hidden(client.get(url, base_url=URL)), **data})


def test_a_letter_s_page_takes_answers_bit_by_bit_without_an_account(env, recommended, days, browser):  # noqa: F811
    (letter,) = [each for each in days(31) if each.letter == "questionnaire"]
    reader = browser()
    assert reader.get(letter.act, base_url=URL).location == f"{letter.act}/answers"
    page = f"{letter.act}/answers"
    shown = reader.get(page, base_url=URL).text
    assert all(text in shown for text in WORDING) and "selected" not in shown
    assert send(reader, page, {}).status_code == 422
    answer = send(reader, page, {"0.result": "implemented", "0.amount": "много"})
    assert answer.status_code == 422 and "много" in answer.text
    assert env.case(recommended[0]).state == "first_check"
    assert send(reader, page, {"0.result": "implemented"}).status_code == 303
    assert env.case(recommended[0]).state == "first_check"  # evidence is missing
    done = {"0.result": "implemented", "0.evidence": "Бұйрық № 3", "1.result": "not_yet", "1.obstacle": "Жер жоқ"}
    assert send(reader, page, done).status_code == 303
    assert [env.case(each).state for each in recommended] == ["implemented", "waiting_second"]
    assert env.events(recommended[0])[-1].act == "signed:step:report_implemented"
    forged = {**hidden(reader.get(page, base_url=URL)), "_form": "0" * 64, "1.result": "implemented"}
    assert reader.post(page, base_url=URL, data=forged).status_code == 403
    assert env.verify().broken == ()


def test_a_page_is_headed_by_what_is_asked_or_by_the_state(env, recommended, days, browser):  # noqa: F811
    """Before the first check nothing is asked; the first one ended a recommendation, and there was no third."""

    def heading(reference):
        shown = browser("requester").get(f"/cases/{reference}/answers", base_url=URL)
        found = re.search(r'<p class="crumb">.*? · (.*?)</p>', unescape(shown.text))
        assert found, shown.text
        return found[1]

    first, second = recommended
    before = [heading(each) for each in recommended]
    (letter,) = [each for each in days(31) if each.letter == "questionnaire"]
    labels = env.services.definitions.current("recommendation_follow_up").states
    assert [heading(each) for each in recommended] == [labels["first_check"].label["kk"]] * 2
    done = {"0.result": "implemented", "0.evidence": "Бұйрық № 3", "1.result": "not_yet", "1.obstacle": "Жер жоқ"}
    assert send(browser(), f"{letter.act}/answers", done).status_code == 303
    assert env.case(first).state == "implemented"
    assert heading(first) == labels["implemented"].label["kk"]
    assert heading(second) == labels["second_check"].label["kk"]
    assert labels["third_check"].label["kk"] not in before
    shown = unescape(browser("requester").get(f"/cases/{first}/answers", base_url=URL).text)
    assert "Бұйрық № 3" in shown and labels["first_check"].label["kk"] in shown


def test_a_page_of_questions_is_good_as_long_as_somebody_waits(env, recommended, days, browser, time):  # noqa: F811
    (letter,) = [each for each in days(31) if each.letter == "questionnaire"]
    time.move(timedelta(days=15))
    assert browser().get(f"{letter.act}/answers", base_url=URL).status_code == 200
    time.move(timedelta(days=31))
    assert browser().get(f"{letter.act}/answers", base_url=URL).status_code == 410


def test_the_page_of_a_reminder_leads_to_the_questions(env, recommended, days, browser):  # noqa: F811
    days(31)
    nudge = next(each for _ in range(14) for each in days(1) if each.letter == "deadline_reminder")
    page = browser().get(nudge.act, base_url=URL).text
    assert f'href="{nudge.act}/answers"' in page


def test_a_manager_enters_answers_and_everybody_who_sees_the_case_reads_them(env, recommended, days, browser):  # noqa: F811
    days(31)
    page = f"/cases/{recommended[0]}/answers"
    manager = browser("manager")
    assert page in manager.get(f"/cases/{recommended[0]}", base_url=URL).text
    assert send(manager, page, {"0.result": "partly", "0.evidence": "Екі аудан"}).status_code == 303
    assert env.case(recommended[0]).state == "waiting_second"
    shown = browser("coordinator").get(page, base_url=URL).text
    assert "Екі аудан" in shown and "manager" in shown and "0.result" not in shown
    assert browser("coordinator").post(page, base_url=URL, data={"0.result": "partly"}).status_code == 403
    assert browser("neighbour").get(page, base_url=URL).status_code == 404
    assert browser("neighbour").post(page, base_url=URL, data={"0.result": "partly"}).status_code == 404


def rows(env, name):
    with env.transactions.read() as session:
        found = matrix(session, env.services, env.actor(name), clock.now())
    return {line.case.reference: [in_line(cell, TRANSLATORS["en"]) for cell in line.cells] for line in found}


def test_the_overview_says_of_each_check_what_when_and_how(env, recommended, days, browser):  # noqa: F811
    one, two = recommended
    letters = days(31)
    (letter,) = [each for each in letters if each.letter == "questionnaire"]
    page = f"{letter.act}/answers"
    send(browser(), page, {"0.result": "implemented", "0.evidence": "Бұйрық № 3", "1.result": "not_yet"})
    shown = rows(env, "manager")
    assert shown[one] == ["implemented (02.04.2026, on the page of a letter)", "–", "–"]
    assert shown[two][0] == "asked, no answer yet (02.04.2026, 1/5)"
    days(30)
    assert rows(env, "manager")[two][0].startswith("no answer (")
    assert rows(env, "manager")[two][1].startswith("planned (")
    assert rows(env, "distant") == {}
    seen = browser("manager").get("/follow-up", base_url=URL).text
    assert one in seen and two in seen and f'href="/cases/{one}/answers"' in seen
    assert one not in browser("manager").get("/follow-up?region=KZ-47", base_url=URL).text
    assert browser("requester").get("/follow-up", base_url=URL).status_code == 404


def test_managers_get_the_overview_once_a_week(env, recommended, days, time):  # noqa: F811
    days(31)
    deliver(env.transactions)
    time.move(timedelta(days=4))  # a Monday

    def told():
        env.transactions.run(lambda session: weekly_letter.tell(session, env.services, clock.now()))
        return [each for each in deliver(env.transactions) if each.letter == weekly_letter.LETTER]

    assert clock.now().weekday() == 0
    (letter,) = told()
    assert letter.to == env.email("manager")
    assert all(reference in letter.rendered.text for reference in recommended)
    assert "сұралды, жауап күтілуде" in letter.rendered.text
    time.move(timedelta(days=1))
    assert told() == []
    time.move(timedelta(days=6))
    assert len(told()) == 1


def test_the_worker_s_beat_does_both(env, recommended, time):  # noqa: F811
    time.move(timedelta(days=35))
    env.sweep()
    assert worker.question(env.transactions, env.services) == 1
    with env.transactions.read() as session:
        assert session.scalar(select(Person.id).where(Person.email == env.email("manager")))
    assert {each.letter for each in deliver(env.transactions)} >= {"questionnaire", weekly_letter.LETTER}
