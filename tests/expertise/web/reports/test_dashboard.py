"""The dashboard: numbers that lead to lists as long, filters, and who may see it."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.expertise.web.cases.test_held_step import FILLED

NUMBER = re.compile(r'<a href="(/cases[^"]*)"[^>]*>(?:<b>)?(\d+)<')


@pytest.fixture
def filed(visit):
    """Two requests of two regions, one of them registered; and a draft."""
    requester, neighbour, coordinator = visit("requester"), visit("neighbour"), visit("coordinator")
    first, second = requester.begin(FILLED), neighbour.begin({**FILLED, "region": "KZ-47"})
    requester.take(first, "submit")
    neighbour.take(second, "submit")
    assert coordinator.take(first, "register").status_code == 303
    requester.begin({"title": "A draft"})
    return first, second


def total(page):
    """How many cases a list says that it has."""
    return int(re.search(r"(\d+) cases?\b", page.partition("<main")[2])[1])


def test_each_number_leads_to_a_list_as_long(visit, filed):
    coordinator = visit("coordinator")
    for address in (
        "/reports",
        "/reports?workflow=expertise_request",
        "/reports?region=KZ-47",
        "/reports?workflow=offer",
    ):
        links = NUMBER.findall(coordinator.see(address).text.partition("<main")[2])
        assert len(links) > 20
        lists = {url: total(coordinator.see(unescape(url)).text) for url, _number in dict(links).items()}
        assert {url: int(number) for url, number in links} == lists
        assert any(lists.values())


def test_it_counts_what_is_in_reach_and_no_draft(visit, filed):
    page = visit("coordinator").see("/reports").text
    assert re.search(r"<b>2</b>In work now", page)
    assert re.search(r'KZ-43[^"]*"[^>]*>1<', page) and re.search(r'KZ-47[^"]*"[^>]*>1<', page)
    narrowed = visit("coordinator").see("/reports?region=KZ-47").text
    assert re.search(r"<b>1</b>In work now", narrowed)


def test_it_is_absent_for_those_who_are_not_of_the_team(visit, filed):
    for person in ("requester", "neighbour", "expert"):
        assert visit(person).see("/reports").status_code == 404
        assert visit(person).see("/reports/diagram.svg").status_code == 404
        assert 'href="/reports"' not in visit(person).see("/").text
    assert 'href="/reports"' in visit("approver").see("/").text


def test_the_picture_says_how_many_cases_lie_in_a_state(visit, filed):
    picture = visit("coordinator").see("/reports/diagram.svg?workflow=expertise_request")
    assert picture.mimetype == "image/svg+xml" and "1 open" in picture.text


def test_nonsense_in_the_address_is_no_filter(visit, filed):
    coordinator = visit("coordinator")
    for nonsense in ("workflow=none", "year=12345", "year=x"):
        assert "<b>2</b>In work now" in coordinator.see(f"/reports?{nonsense}").text
    assert "<b>0</b>In work now" in coordinator.see("/reports?region=none").text
