"""The start page of the demonstration: one click is a role, and the tour leads from the request to the loan."""

from __future__ import annotations

import re

import pytest

from expertise.demo import accounts, tour
from workflows.definition import LANGUAGES


@pytest.fixture(scope="module")
def browser(shown):
    """`browser()`: a new visitor of the demonstration who reads English."""
    app = shown.app

    def new():
        client = app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return client

    return new


def press(client, action, page="/demo"):
    """Press the button of the form with this address on `page`, and go where it leads."""
    text = client.get(page, buffered=True).text
    form = next(part for part in text.split("<form")[1:] if f'action="{action}"' in part)
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
    return client.post(action, data={"csrf_token": token}, follow_redirects=True)


def test_a_stranger_at_the_root_comes_to_the_start_page(browser):
    client = browser()
    assert client.get("/").location == "/demo"
    assert client.get("/cases").location.startswith("/sign-in")


def test_every_account_is_one_click_away(browser):
    page = browser().get("/demo").text
    assert set(re.findall(r"/demo/enter/([\w.-]+)", page)) == set(accounts.accounts())
    for role in tour.roles():
        client = browser()
        entered = press(client, f"/demo/enter/{role.account.key}")
        assert entered.status_code == 200 and entered.request.path == "/"
        assert role.account.names["en"] in client.get("/account").text


def test_the_tour_leads_through_all_stops(browser):
    client, page = browser(), "/demo"
    seen = []
    for number, stop in enumerate(tour.stops(), 1):
        answer = press(client, f"/demo/tour/{number}", page)
        page = answer.request.path
        seen.append(page)
        assert answer.status_code == 200 and f"{number} / {len(tour.stops())}" in answer.text
        assert stop.text["en"] in answer.text
        assert page.startswith("/cases/") if stop.workflow else page == stop.page
    assert "Next stop" not in answer.text and len(set(seen)) == len(seen)
    assert press(client, "/demo/tour/end", page).request.path == "/demo"
    assert "End the tour" not in client.get("/cases").text


def test_a_stop_whose_step_was_taken_shows_the_page_instead(shown):
    with shown.read() as session:
        actor = shown.actor(session, "coordinator")
        stop = next(each for each in tour.stops() if each.account.key == "coordinator" and each.workflow)
        assert tour.case_at(session, actor, stop) is not None
        neighbour = shown.actor(session, "expert.waste")
        assert tour.case_at(session, neighbour, stop) is None


def test_the_pages_and_the_account_speak_the_language_of_the_visitor(browser):
    for language in LANGUAGES:
        client = browser()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
        assert f'<html lang="{language}">' in client.get("/demo").text
        assert f'<html lang="{language}">' in press(client, "/demo/tour/1").text


@pytest.mark.parametrize("address", ["/demo/enter/nobody", "/demo/tour/0", "/demo/tour/99"])
def test_what_is_not_offered_is_not_there(browser, address):
    client = browser()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/demo").text)[1]
    assert client.post(address, data={"csrf_token": token}).status_code == 404
    assert client.post("/demo/enter/manager").status_code == 403  # no token: another site may not sign anybody in


def test_a_nonsensical_cookie_is_no_tour(browser):
    for value in ("0", "99", "x", "²", "1" * 400):
        client = browser()
        client.set_cookie("komek-tour", value)
        assert client.get("/demo").status_code == 200 and "End the tour" not in client.get("/demo").text
