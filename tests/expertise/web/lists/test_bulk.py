"""A step for several cases: shared steps only, a preview, each case in its own unit, once, and on after a crash."""

from __future__ import annotations

import re

import pytest

from expertise.cases import desk
from tests.expertise.web.cases.test_cases import REQUEST, events


@pytest.fixture
def sent(visit):
    """References of three requests on the coordinator's desk."""
    requester = visit("requester")
    found = [requester.begin({**REQUEST, "title": f"Number {number}"}) for number in range(3)]
    for reference in found:
        assert requester.take(reference, "submit").status_code == 303
    return found


def address(references, step=""):
    return "/cases/bulk?" + "&".join(f"case={each}" for each in references) + (f"&step={step}" if step else "")


def form(visitor, references, step, **more):
    """The fields of the form that takes the step for these cases."""
    page = visitor.see(address(references, step)).text.partition('action="/cases/bulk"')[2].partition("</form")[0]
    pairs = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
    hidden = {name: value for name, value in pairs if name != "case"}
    return {**hidden, "case": [value for name, value in pairs if name == "case"], **more}


def results(page):
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0].split("<tr>")[1:]
    return {re.search(r"ER-\d{4}-\d{4}", row)[0]: "st done" in row for row in rows}


def test_the_list_offers_its_cases_to_be_marked(visit, sent):
    page = visit("coordinator").see("/cases").text
    assert set(re.findall(r'name="case" value="([^"]+)" form="bulk"', page)) == set(sent)
    assert 'id="bulk"' in page and "checked" not in page.partition("<tbody")[2]
    marked = visit("coordinator").see("/cases?select=all").text
    assert len(re.findall(r'name="case" value="[^"]+" form="bulk"[^>]* checked', marked)) == 3


def test_who_only_reads_marks_nothing(visit, sent, settle):
    settle("watch", "auditor")
    assert 'id="bulk"' not in visit("watch").see("/cases").text


def test_a_step_is_previewed_and_taken_for_all(app, visit, sent):
    coordinator = visit("coordinator")
    choice = coordinator.see(address(sent)).text
    steps = re.findall(r'href="/cases/bulk\?[^"]*step=(\w+)"', choice)
    assert "register" in steps and "withdraw" not in steps
    preview = coordinator.see(address(sent, "register")).text
    assert "The step can be taken for 3 of 3 chosen cases." in preview and preview.count("Completeness check") >= 3
    before = events(app)
    answer = coordinator.client.post("/cases/bulk", data=form(coordinator, sent, "register"))
    assert answer.status_code == 200 and results(answer.text) == dict.fromkeys(sent, True)
    assert "Done: 3. Not done: 0." in answer.text and events(app) == before + 3


def test_a_double_click_does_nothing_twice_and_reports_the_same(app, visit, sent):
    coordinator = visit("coordinator")
    data, before = form(coordinator, sent, "register"), events(app)
    pages = [coordinator.client.post("/cases/bulk", data=data).text for _ in range(2)]
    assert [results(page) for page in pages] == [dict.fromkeys(sent, True)] * 2
    assert events(app) == before + 3


def test_after_a_crash_the_same_form_goes_on_with_the_others(app, visit, sent, monkeypatch):
    coordinator = visit("coordinator")
    data, before, fire, fired = form(coordinator, sent, "register"), events(app), desk.fire, []

    def dies(unit, request, *more):
        if len(fired) == 2:
            raise RuntimeError("the process died")
        fired.append(request.reference)
        return fire(unit, request, *more)

    with monkeypatch.context() as patched:
        patched.setattr(desk, "fire", dies)
        app.config["PROPAGATE_EXCEPTIONS"] = False
        assert coordinator.client.post("/cases/bulk", data=data).status_code == 500
    assert events(app) == before + 2
    answer = coordinator.client.post("/cases/bulk", data=data)
    assert results(answer.text) == dict.fromkeys(sent, True) and events(app) == before + 3


def test_each_case_is_refused_for_its_own_reason_and_the_others_go_on(app, visit, sent):
    coordinator = visit("coordinator")
    data = form(coordinator, sent, "register")
    assert coordinator.take(sent[1], "register").status_code == 303
    before = events(app)
    answer = coordinator.client.post("/cases/bulk", data=data)
    assert results(answer.text) == {sent[0]: True, sent[1]: False, sent[2]: True}
    assert "Done: 2. Not done: 1." in answer.text and events(app) == before + 2
    assert "You have changed this case yourself" in answer.text or "State of the case" in answer.text


def test_a_preview_says_where_the_step_cannot_be_taken(visit, sent):
    requester = visit("requester")
    drafts = [requester.begin(REQUEST), requester.begin({"title": "Nothing but a title"})]
    page = requester.see(address(drafts, "submit")).text
    assert "The step can be taken for 1 of 2 chosen cases." in page and "Fill in “Topic”" in page
    answer = requester.client.post("/cases/bulk", data=form(requester, drafts, "submit"))
    assert results(answer.text) == {drafts[0]: True, drafts[1]: False}


def test_a_comment_that_a_step_asks_for_is_written_to_each(visit, sent):
    coordinator = visit("coordinator")
    coordinator.client.post("/cases/bulk", data=form(coordinator, sent, "register"))
    data = form(coordinator, sent, "return_for_completion")
    refused = coordinator.client.post("/cases/bulk", data={**data, "comment": " "})
    assert refused.status_code == 422 and "Write a comment" in refused.text
    answer = coordinator.client.post("/cases/bulk", data={**data, "comment": "The budget is missing"})
    assert results(answer.text) == dict.fromkeys(sent, True)
    for reference in sent:
        assert "The budget is missing" in visit("requester").see(f"/cases/{reference}").text


def test_a_grave_step_wants_a_yes(app, visit):
    requester = visit("requester")
    drafts = [requester.begin({"title": f"Draft {number}"}) for number in range(2)]
    data, before = form(requester, drafts, "discard"), events(app)
    assert requester.client.post("/cases/bulk", data=data).status_code == 422 and events(app) == before
    answer = requester.client.post("/cases/bulk", data={**data, "_sure": "yes"})
    assert results(answer.text) == dict.fromkeys(drafts, True)


def test_what_is_risky_or_asks_more_is_taken_on_the_page_of_the_case_alone(app, visit, sent):
    requester = visit("requester")
    assert 'step=withdraw"' not in requester.see(address(sent)).text
    data = {**form(requester, sent, "call_back"), "step": "withdraw", "comment": "x", "_sure": "yes"}
    before = events(app)
    answer = requester.client.post("/cases/bulk", data=data)
    assert results(answer.text) == dict.fromkeys(sent, False) and events(app) == before
    assert "taken on the page of the case" in answer.text


def test_cases_of_others_are_neither_shown_nor_moved(app, visit, sent):
    neighbour, coordinator = visit("neighbour"), visit("coordinator")
    assert "No case is chosen" in neighbour.see(address(sent, "register")).text
    data = form(coordinator, sent, "register")
    own = neighbour.hidden("/cases/new/expertise_request")
    before = events(app)
    answer = neighbour.client.post("/cases/bulk", data={**data, "csrf_token": own["csrf_token"]})
    assert answer.status_code == 404 and events(app) == before and "Number 0" not in answer.text


@pytest.mark.parametrize("changed", [{"case": ["x"]}, {"case": ["ER-2026-0001:x"]}, {"_key": ""}])
def test_a_form_that_is_none_of_ours_is_refused(visit, sent, changed):
    coordinator = visit("coordinator")
    data = {**form(coordinator, sent, "register"), **changed}
    assert coordinator.client.post("/cases/bulk", data=data).status_code == 422
