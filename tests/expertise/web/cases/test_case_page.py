"""The page of a case: what it says first, its tabs, and steps that are taken on it."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.expertise.web.cases.test_cases import REQUEST, events


def form_of(page, step):
    """The hidden values of the short form of a step on the page of the case."""
    found = re.search(rf'<form method="post" action="[^"]*/steps/{step}".*?</form>', page, re.DOTALL)
    assert found, step
    pairs = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', found[0])
    return {unescape(name): unescape(value) for name, value in pairs}


@pytest.fixture
def submitted(visit):
    requester = visit("requester")
    reference = requester.begin(REQUEST)
    assert requester.take(reference, "submit").status_code == 303
    return reference


def post(visitor, reference, step, **answers):
    hidden = form_of(visitor.see(f"/cases/{reference}").text, step)
    return visitor.client.post(f"/cases/{reference}/steps/{step}", data={**hidden, **answers})


def test_a_step_that_asks_nothing_is_taken_on_the_page(visit, submitted):
    answer = post(visit("coordinator"), submitted, "register")
    assert answer.status_code == 303 and answer.location == f"/cases/{submitted}"


def test_a_form_of_the_page_sent_twice_is_taken_once(app, visit, submitted):
    coordinator = visit("coordinator")
    hidden = form_of(coordinator.see(f"/cases/{submitted}").text, "register")
    sent = [coordinator.client.post(f"/cases/{submitted}/steps/register", data=hidden) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [303, 303] and events(app) == 3


def test_a_refusal_is_shown_on_the_page_with_what_was_typed(app, visit, submitted):
    coordinator = visit("coordinator")
    assert post(coordinator, submitted, "register").status_code == 303
    before = events(app)
    answer = post(coordinator, submitted, "return_for_completion", comment="x" * 30_000)
    assert answer.status_code == 422 and events(app) == before
    assert '<nav class="tabs"' in answer.text and "x" * 30_000 in answer.text  # the page of the case, not of the step
    assert 'href="#f-return_for_completion-comment"' in answer.text
    assert 'id="f-return_for_completion-comment"' in answer.text


def test_a_step_that_somebody_else_took_first_is_refused_with_the_change(visit, submitted):
    coordinator, colleague = visit("coordinator"), visit("coordinator")
    hidden = form_of(coordinator.see(f"/cases/{submitted}").text, "register")
    assert post(colleague, submitted, "register").status_code == 303
    answer = coordinator.client.post(f"/cases/{submitted}/steps/register", data=hidden)
    assert answer.status_code == 409 and "Completeness check" in answer.text


def test_grave_steps_keep_a_page_of_their_own(visit, submitted):
    page = visit("requester").see(f"/cases/{submitted}").text
    more = page.partition('<details class="more">')[2]
    assert f'class="button grave" href="/cases/{submitted}/steps/withdraw"' in more


def test_the_first_line_says_whose_turn_it_is_and_until_when(visit, submitted):
    mine = visit("coordinator").see(f"/cases/{submitted}").text
    assert re.search(r"<dt>Your turn</dt><dd>Register</dd>", mine) and "2 working days left" in mine
    assert "<dt>If nothing is done by then</dt><dd>Reported as late to: manager</dd>" in mine
    theirs = visit("requester").see(f"/cases/{submitted}").text
    assert "<dt>With: coordinator</dt><dd>Register</dd>" in theirs and "Your turn" not in theirs


def test_the_header_counts_the_stages_by_phase(visit, submitted):
    page = visit("coordinator").see(f"/cases/{submitted}").text
    assert "Submitted: 2 of 16, next: Completeness check" in page
    assert len(re.findall(r'aria-current="step"', page)) == 1 and "Submission" in page


@pytest.mark.parametrize("tab", ["", "/terms", "/parts", "/messages", "/files", "/history", "/print"])
def test_every_tab_has_an_address(visit, submitted, tab):
    shown = visit("coordinator").see(f"/cases/{submitted}{tab}")
    assert shown.status_code == 200 and REQUEST["title"] in shown.text
    assert visit("neighbour").see(f"/cases/{submitted}{tab}").status_code == 404


def test_facts_stand_under_the_headings_of_the_definition(visit, submitted):
    page = visit("coordinator").see(f"/cases/{submitted}").text
    problem = page.partition("<h2>Problem</h2>")[2].partition("</section>")[0]
    assert REQUEST["problem"] in problem and REQUEST["expected_result"] not in problem


def test_the_history_is_filtered_by_kind_and_paged(visit, submitted):
    coordinator = visit("coordinator")
    url = f"/cases/{submitted}"
    for number in range(42):
        coordinator.send(f"{url}/comments", {"comment": f"Note {number}."}, page=f"{url}/messages")
    steps = coordinator.see(f"{url}/history?kind=steps").text
    assert "Note 41." not in steps and ">Submitted<" in steps
    newest = coordinator.see(f"{url}/history").text
    assert "Note 41." in newest and "Note 1." not in newest
    older = unescape(re.search(r'href="([^"]+before=\d+)">Earlier entries', newest)[1])
    assert "Note 1." in coordinator.see(older).text
    assert coordinator.see(f"{url}/history?kind=nothing&before=x").status_code == 200


def test_paper_gets_everything_in_one_document(visit, submitted):
    coordinator = visit("coordinator")
    coordinator.send(f"/cases/{submitted}/comments", {"comment": "For paper"}, page=f"/cases/{submitted}/messages")
    page = coordinator.see(f"/cases/{submitted}/print").text
    assert REQUEST["problem"] in page and page.count("For paper") == 2 and "<form" not in page.partition("<main")[2]
