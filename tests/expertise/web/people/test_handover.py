"""The hand-over list: what lies on the desk of who goes away, with notes, for the deputy once it has begun."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from expertise.people.model import Absence
from tests.expertise.web.cases.test_cases import REQUEST


@pytest.fixture
def away(app, visit, keys):
    """The coordinator is away, the approver stands in; the page of the list, and a case on it."""

    def note(since="01.01.2020"):
        requester = visit("requester")
        reference = requester.begin(REQUEST)
        requester.take(reference, "submit")
        wish = {"since": since, "until": "31.12.2099", "cause": "leave", "deputy": keys["approver"]}
        assert visit("coordinator").send("/absences", wish).status_code == 303
        with app.extensions["komek"].transactions.read() as session:
            return f"/absences/{session.scalar(select(Absence.id))}/hand-over", reference

    return note


def test_the_deputy_finds_the_list_with_what_was_noted(away, visit):
    url, reference = away()
    coordinator, deputy = visit("coordinator"), visit("approver")
    assert url in coordinator.see("/absences").text
    noted = coordinator.send(url, {f"note-{reference}": "Call the akimat first"})
    assert noted.status_code == 303
    desk = deputy.see("/").text
    assert "You stand in for Coordinator" in desk and url in desk
    page = deputy.see(url).text
    assert reference in page and "Call the akimat first" in page and "Register" in page and "for: Coordinator" in page
    assert "Save the notes" not in page
    assert deputy.send(url, {f"note-{reference}": "Mine"}).status_code == 404
    assert coordinator.send(url, {f"note-{reference}": ""}).status_code == 303
    assert "Call the akimat first" not in deputy.see(url).text


def test_before_it_begins_it_is_the_absent_person_s_own(away, visit):
    url, _reference = away(since="01.01.2090")
    assert visit("coordinator").see(url).status_code == 200
    for name in ("approver", "requester", "expert"):
        assert visit(name).see(url).status_code == 404
    assert "You stand in" not in visit("approver").see("/").text


def test_a_note_too_long_comes_back(away, visit):
    url, reference = away()
    refused = visit("coordinator").send(url, {f"note-{reference}": "ж" * 1001})
    assert refused.status_code == 422 and "too long" in refused.text and "ж" * 1001 in refused.text
