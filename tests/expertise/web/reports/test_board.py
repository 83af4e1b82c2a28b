"""The board: columns with cards that are links, their steps, and numbers that lead to their lists."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.expertise.web.cases.test_held_step import FILLED

COLUMN = re.compile(r'<section aria-labelledby="c-(\w+)">(.*?)</section>', re.DOTALL)


@pytest.fixture
def filed(visit):
    """A request that was submitted, and a draft."""
    requester = visit("requester")
    reference = requester.begin(FILLED)
    assert requester.take(reference, "submit").status_code == 303
    return reference, requester.begin({"title": "A draft of nobody else"})


def columns(page):
    return dict(COLUMN.findall(page))


def total(page):
    """How many cases a list says that it has."""
    return int(re.search(r"(\d+) cases?\b", page.partition("<main")[2])[1])


def test_a_card_lies_in_the_column_of_its_phase_and_offers_its_steps(visit, filed):
    reference, draft = filed
    coordinator = visit("coordinator")
    page = coordinator.see("/board/expertise_request").text
    here = columns(page)["submission"]
    assert f'href="/cases/{reference}"' in here and draft not in page
    assert f'href="/cases/{reference}/steps/register"' in here
    assert coordinator.see(f"/cases/{reference}/steps/register").status_code == 200
    by_state = columns(coordinator.see("/board/expertise_request?by=state").text)
    assert reference in by_state["submitted"] and reference not in by_state["draft"]


def test_everybody_sees_their_own_board(visit, filed):
    reference, draft = filed
    mine = visit("requester").see("/board/expertise_request").text
    assert reference in mine and draft in mine and f"/cases/{draft}/steps/submit" in mine
    for other in ("neighbour", "expert"):
        page = visit(other).see("/board/expertise_request").text
        assert reference not in page and draft not in page and 'class="card"' not in page


def test_each_number_leads_to_a_list_as_long(visit, filed):
    coordinator = visit("coordinator")
    for address in ("/board/expertise_request", "/board/expertise_request?by=state", "/board/deliverable"):
        main = coordinator.see(address).text.partition("<main")[2]
        links = re.findall(r'href="(/cases\?[^"]+)"[^>]*>(?:late: )?(\d+)<', main)
        assert links
        for url, number in links:
            assert total(coordinator.see(unescape(url)).text) == int(number), url


def test_filters_narrow_the_board_and_its_links(visit, filed):
    reference, _draft = filed
    coordinator = visit("coordinator")
    for narrow, there in (
        ("region=KZ-43", True),
        ("region=KZ-47", False),
        ("assignee=nobody", True),
        ("assignee=p-nobody", False),
        (f"topic={FILLED['topic']}", True),
        ("topic=none", False),
    ):
        page = coordinator.see(f"/board/expertise_request?{narrow}").text
        assert (reference in page) is there, narrow
        url, number = re.search(r'<a class="count" href="([^"]+)"[^>]*>(\d+)<', columns(page)["submission"]).groups()
        assert int(number) == there and total(coordinator.see(unescape(url)).text) == there


def test_the_list_of_a_number_says_where_it_comes_from_and_keeps_it(visit, filed):
    page = visit("coordinator").see("/cases?workflow=expertise_request&states=submitted,completeness_check").text
    assert '<input type="hidden" name="states" value="submitted,completeness_check">' in page
    assert "Of a report" in page and "Submitted" in page


def test_the_board_of_an_unknown_workflow_is_absent(visit):
    assert visit("coordinator").see("/board/none").status_code == 404
    assert "Expert" in visit("coordinator").see("/board").text
