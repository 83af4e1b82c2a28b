"""My tasks: grouped by deadline, counted truly, reachable to the last one; a plain step is taken from the list."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from expertise.web.home import desk
from tests.expertise.web.cases.test_cases import REQUEST, events


@pytest.fixture
def sent(visit):
    """File and send a request; returns its reference."""

    def send(**changed):
        requester = visit("requester")
        reference = requester.begin({**REQUEST, **changed})
        assert requester.take(reference, "submit").status_code == 303
        return reference

    return send


def quick(visitor, reference, url="/"):
    """The address and the hidden fields of the button in the row of a case."""
    page = visitor.see(url).text
    form = next(part for part in page.split("<form") if f"/desk/steps/{reference}/" in part).partition("</form")[0]
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    return re.search(r'action="([^"]+)"', form)[1], hidden


def headings(page):
    """The groups with their numbers, in order."""
    found = re.findall(r'scope="rowgroup"><span[^>]*>([^<]+)</span> <a class="count" href="[^"]*">([^<]+)</a>', page)
    return [(title, number) for title, number in found]


def test_tasks_stand_in_groups_by_deadline_with_days_to_go(visit, sent, time):
    late = sent(title="First one")
    time.move(timedelta(days=7))
    sent(title="Second one")
    page = visit("coordinator").see("/").text
    assert headings(page) == [("Late tasks", "1"), ("This week", "1")]
    row = page.partition(late)[0].rpartition("<tr")[2] + page.partition(late)[2].partition("</tr")[0]
    assert "late by 2 working days" in row and "Unassigned" in row
    assert "in 2 working days" in page


def test_every_task_is_reachable_and_every_figure_leads_to_what_it_counts(visit, sent, monkeypatch):
    monkeypatch.setattr(desk, "SHOWN", 2)
    begun = {sent(title=f"Number {number}") for number in range(5)}
    coordinator = visit("coordinator")
    page = coordinator.see("/").text
    assert headings(page) == [("This week", "5")] and len(re.findall('class="t"', page)) == 2
    address = re.search(r'<a class="count" href="([^"]*)">5</a>', page)[1].replace("&amp;", "&")
    assert set(re.findall(r"ER-\d{4}-\d{4}", coordinator.see(address).text)) == begun
    tiles = re.findall(r'<a href="([^"]+)"><b [^>]*>(\d+)</b>([^<]+)</a>', page)
    assert [(number, label) for _url, number, label in tiles] == [
        ("0", "Late"),
        ("5", "To do"),
        ("0", "With others"),
        ("0", "Drafts"),
    ]
    for url, number, _label in tiles:
        shown = coordinator.see(url).text.partition("<main")[2]
        assert len(set(re.findall(r"ER-\d{4}-\d{4}", shown))) == int(number), url


def test_a_plain_step_is_taken_from_the_list_once(app, visit, sent):
    reference, coordinator = sent(), visit("coordinator")
    url, hidden = quick(coordinator, reference)
    before = events(app)
    for _ in range(2):
        answer = coordinator.client.post(url, data=hidden)
        assert answer.status_code == 303 and answer.location == "/"
    assert events(app) == before + 1
    page = coordinator.see("/").text
    assert f"{reference}. Step taken: " in page and f"/desk/steps/{reference}/confirm_complete" in page


def test_a_refused_step_says_why_above_the_tasks(app, visit, sent, settle):
    reference, coordinator = sent(), visit("coordinator")
    url, hidden = quick(coordinator, reference)
    settle("second", "coordinator")
    assert visit("second").take(reference, "register").status_code == 303
    before = events(app)
    answer = coordinator.client.post(url, data=hidden)
    assert answer.status_code == 409 and events(app) == before
    assert f'<a href="/cases/{reference}">{reference}: ' in answer.text and "There is a problem" in answer.text


def test_a_step_that_asks_is_never_taken_by_one_button(app, visit, sent):
    reference, coordinator = sent(), visit("coordinator")
    _url, hidden = quick(coordinator, reference)
    for step in ("withdraw", "cancel", "find_eligible"):
        before = events(app)
        answer = coordinator.client.post(f"/desk/steps/{reference}/{step}", data=hidden)
        assert answer.status_code == 303 and answer.location == f"/cases/{reference}/steps/{step}"
        assert events(app) == before
    assert coordinator.client.post(f"/desk/steps/{reference}/fly", data=hidden).status_code == 404
    assert visit("neighbour").client.post(f"/desk/steps/{reference}/register", data=hidden).status_code in {403, 404}


def test_a_step_with_questions_is_a_link_to_its_page(visit, sent):
    reference, coordinator = sent(), visit("coordinator")
    for _ in range(2):
        url, hidden = quick(coordinator, reference)
        coordinator.client.post(url, data=hidden)
    page = coordinator.see("/").text  # its analysis lacks fields: nothing leads on yet
    assert f"/desk/steps/{reference}" not in page and f"/cases/{reference}/steps/" not in page


def test_who_has_nothing_to_do_reads_why_and_what_next(visit, sent, settle):
    settle("boss", "manager")
    boss = visit("boss").see("/").text
    assert "No tasks" in boss and "Nothing has reached you yet" in boss
    reference = sent()
    boss = visit("boss").see("/").text
    assert "What waits on whom" in boss and "Nothing needs your decision today" in boss
    row = boss.partition('id="loads"')[2]
    assert f'href="/cases/{reference}"' in row and "/cases?owner=coordinator&amp;show=open" in row
    listed = visit("boss").see("/cases?owner=coordinator&show=open").text
    assert reference in listed and "1 case" in listed
    requester = visit("requester").see("/").text
    assert "Nothing needs your action today" in requester and "What waits on whom" not in requester


def test_the_tabs_count_what_they_show(visit, sent):
    reference, coordinator = sent(), visit("coordinator")
    page = coordinator.see("/").text
    assert re.findall(r'aria-current="true">([^<]+) <span class="count">(\d+)', page) == [("All", "1")]
    assert re.findall(r">(Mine|Unassigned) <span class=\"count\">(\d+)", page) == [("Mine", "0"), ("Unassigned", "1")]
    assert reference in coordinator.see("/?hands=nobody").text
    empty = coordinator.see("/?hands=mine").text
    assert "Other tasks stand under" in empty and reference not in empty
