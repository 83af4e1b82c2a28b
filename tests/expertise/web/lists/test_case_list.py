"""The list of cases on the page: sorted, with chosen columns and filters, all of it in the address."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from expertise.cases.model import Case
from expertise.reports import worklists
from tests.expertise.web.cases.test_cases import REQUEST


@pytest.fixture
def three(app, visit):
    """Two requests that were sent and a draft, by title: their references."""
    requester = visit("requester")
    found = {}
    for title, topic in (("Beta", "waste"), ("Alpha", "water_supply"), ("Gamma", "")):
        found[title] = requester.begin({**REQUEST, "title": title, "topic": topic})
    for title in ("Beta", "Alpha"):
        assert requester.take(found[title], "submit").status_code == 303
    return found


def titles(page):
    return re.findall(r'<th scope="row" class="t">\s*<a [^>]*>([^<]+)</a>', page)


def test_a_click_on_a_head_sorts_and_a_second_one_turns_round(visit, three):
    requester = visit("requester")
    page = requester.see("/cases").text
    for sorted_by, order in (("ascending", ["Alpha", "Beta", "Gamma"]), ("descending", ["Gamma", "Beta", "Alpha"])):
        url = re.search(r'<th scope="col"[^>]*><a href="([^"]+)">Title</a>', page)[1].replace("&amp;", "&")
        page = requester.see(url).text
        assert titles(page) == order
        assert re.findall(r'aria-sort="(\w+)"\s*><a [^>]*>([^<]+)<', page) == [(sorted_by, "Title")]
    assert requester.see("/cases?sort=nonsense").status_code == 200


def test_the_columns_are_those_of_the_address(app, visit, three):
    with app.extensions["komek"].transactions.write() as session:
        session.execute(update(Case).where(Case.title == "Beta").values(amount=26600000, currency="EUR"))
    coordinator = visit("coordinator")
    page = coordinator.see("/cases?column=amount&column=organisation&column=nonsense&sort=-amount").text
    assert re.findall(r'<th scope="col"[^>]*><a [^>]*>([^<]+)</a>', page) == ["Title", "Organisation", "Amount"]
    assert titles(page) == ["Beta", "Alpha"] and "EUR\xa026,600,000" in page and "Akimat" in page
    assert re.findall(r'name="column" value="(\w+)" checked', page) == ["organisation", "amount"]
    assert 'name="sort" value="-amount"' in page
    assert re.search(r'href="/cases\?column=amount&amp;column=organisation[^"]*sort=title"', page)


def test_states_are_chosen_under_their_workflow(visit, three):
    coordinator = visit("coordinator")
    page = coordinator.see("/cases?state=expertise_request.submitted").text
    assert set(titles(page)) == {"Alpha", "Beta"}
    groups = re.findall(r'<optgroup label="([^"]+)">(.*?)</optgroup>', page, re.DOTALL)
    assert len(groups) >= 6 and sum('value="expertise_request.submitted" selected' in text for _, text in groups) == 1
    assert titles(coordinator.see("/cases?state=loan_referral.submitted").text) == []
    old = coordinator.see("/cases?state=submitted").text
    assert set(titles(old)) == {"Alpha", "Beta"} and 'value="submitted" selected' in old


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("owner=coordinator", {"Alpha", "Beta"}),
        ("owner=expert", set()),
        ("show=week", {"Alpha", "Beta"}),
        ("show=ended", set()),
        ("assigned=nobody&show=open", {"Alpha", "Beta"}),
        ("assigned=me", set()),
        ("assigned=nonsense%00", set()),
        ("organisation=akimat-kz-43", {"Alpha", "Beta"}),
        ("organisation=akimat-kz-47", set()),
        ("query=alpha&owner=coordinator", {"Alpha"}),
    ],
)
def test_further_filters_narrow(visit, three, query, found):
    assert set(titles(visit("coordinator").see(f"/cases?{query}").text)) == found


def test_filters_of_the_team_are_not_offered_to_others(visit, three):
    assert 'name="organisation"' in visit("coordinator").see("/cases").text
    page = visit("requester").see("/cases").text
    assert 'name="organisation"' not in page and 'name="assigned"' not in page and "Coordinator" not in page


def test_pages_of_a_sorted_list_keep_what_was_chosen(visit, three, monkeypatch):
    monkeypatch.setattr(worklists.listing, "__defaults__", (None, 1, None))
    requester, seen = visit("requester"), []
    url = "/cases?column=title&column=state&sort=title&show=open"
    while url:
        page = requester.see(url).text
        seen += titles(page)
        assert re.findall(r'<th scope="col"[^>]*><a [^>]*>([^<]+)</a>', page) == ["Title", "State"]
        onward = re.search(r'href="([^"]+)" rel="next"', page)
        url = onward[1].replace("&amp;", "&") if onward else None
    assert seen == ["Alpha", "Beta", "Gamma"]


def test_words_of_the_framework_in_an_address_break_nothing(visit, three):
    query = "endpoint=x&_external=1&_scheme=ftp&_method=POST&_anchor=y&after=x&view=x"
    answer = visit("requester").see(f"/cases?{query}")
    assert answer.status_code == 200 and set(titles(answer.text)) == {"Alpha", "Beta", "Gamma"}


def save(visitor, name, query="", **more):
    """Save the list at this address as a view; returns the address that opens it."""
    page = visitor.see(f"/cases?{query}").text
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.partition('action="/views"')[2]))
    sent = {**hidden, "address": hidden["address"].replace("&amp;", "&"), "name": name, **more}
    return visitor.client.post("/views", data=sent)


def test_a_view_keeps_the_whole_address_and_opens_the_list(visit, three):
    coordinator = visit("coordinator")
    answer = save(coordinator, "By name", "sort=-title&column=state&column=topic&show=open", default="yes")
    assert answer.status_code == 303 and "view=" in answer.location
    page = coordinator.see(answer.location).text
    assert titles(page) == ["Beta", "Alpha"] and re.search(r'aria-current="true">By name<', page)
    assert re.findall(r'<th scope="col"[^>]*><a [^>]*>([^<]+)</a>', page) == ["Title", "Topic", "State"]
    opened = coordinator.see("/cases")
    assert opened.status_code == 302 and opened.location == answer.location
    assert titles(coordinator.see("/cases?view=all").text) == ["Alpha", "Beta"]
    assert coordinator.see("/views").text.count("By name") == 2


def test_a_shared_view_shows_each_reader_what_they_reach(visit, three, settle):
    settle("boss", "manager")
    boss, coordinator = visit("boss"), visit("coordinator")
    answer = save(boss, "Everything open", "show=open&sort=title", shared="team")
    coordinator.begin({**REQUEST, "title": "Draft of the team"})
    own = titles(coordinator.see(answer.location).text)
    assert own == ["Alpha", "Beta", "Draft of the team"]
    assert titles(boss.see(answer.location).text) == ["Alpha", "Beta"]
    assert "Everything open" in coordinator.see("/cases?view=all").text
    requester = visit("requester").see("/cases?view=all").text
    assert "Everything open" not in requester
    page = coordinator.see("/views").text
    assert "Shared by Boss" in page and 'value="rename"' not in page


def test_a_view_without_a_name_is_refused_in_words(visit, three):
    answer = save(visit("coordinator"), " ", "sort=title")
    assert answer.status_code == 422 and "Give the view a name" in answer.text
