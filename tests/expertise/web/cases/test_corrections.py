"""Saying what is wrong, and the second person's answer, on pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise.people.model import Grant, Person
from tests.expertise.web.cases.test_cases import REQUEST
from tests.expertise.web.conftest import PASSWORD


@pytest.fixture
def second(app):
    """The approver coordinates, too: a second person."""
    with app.extensions["komek"].transactions.write() as session:
        number = session.scalar(select(Person.id).where(Person.email == "approver@example.kz"))
        session.add(Grant(person_id=number, role="coordinator"))


@pytest.fixture
def reference(visit):
    requester = visit("requester")
    found = requester.begin(REQUEST)
    requester.take(found, "submit")
    return found


def ways(page):
    """The addresses of "this is wrong", the newest entry first."""
    return re.findall(r'href="(/cases/[^"]+/corrections/\d+)"', page)


def test_from_the_wrong_entry_to_the_corrected_one(visit, reference, second):
    coordinator, colleague = visit("coordinator"), visit("approver")
    wrong = ways(coordinator.see(f"/cases/{reference}/history").text)[-1]  # how it was begun
    form = coordinator.see(wrong).text
    assert "Correct an entry" in form and REQUEST["title"] in form
    refused = coordinator.send(wrong, {"title": "Waste of Kyzylorda", "comment": ""})
    assert refused.status_code == 422 and "Waste of Kyzylorda" in refused.text
    refused = coordinator.send(wrong, {"comment": "I thought something was wrong"})
    assert refused.status_code == 422 and "nothing is changed yet" in refused.text
    sent = coordinator.send(wrong, {"title": "Waste of Kyzylorda", "comment": "Another town"})
    assert sent.status_code == 303
    page = coordinator.see(f"/cases/{reference}/history").text
    assert "A correction waits for a second person" in page and "Correction proposed" in page
    assert not ways(page)  # one at a time
    assert reference in colleague.see("/").text.partition("A correction waits")[2]
    waits = f"/cases/{reference}/correction"
    page = coordinator.see(waits).text
    assert "Withdraw the proposal" in page and "Confirm the correction" not in page
    page = colleague.see(waits).text
    assert "Waste of Kyzylorda" in page and REQUEST["title"] in page and "Another town" in page
    assert colleague.send(waits, {"verdict": "confirm"}).status_code == 303
    page = coordinator.see(f"/cases/{reference}/history").text
    assert "<h1>Waste of Kyzylorda</h1>" in page and "See the correction" in page and "See what was wrong" in page
    assert coordinator.see(waits).status_code == 404


def test_a_mistaken_comment_is_struck_through(visit, reference, second):
    coordinator, colleague = visit("coordinator"), visit("approver")
    coordinator.send(
        f"/cases/{reference}/comments", {"comment": "For another case"}, page=f"/cases/{reference}/messages"
    )
    wrong = ways(coordinator.see(f"/cases/{reference}/history").text)[0]
    assert coordinator.send(wrong, {"mistaken": "yes", "comment": "Wrong tab"}).status_code == 303
    assert colleague.send(f"/cases/{reference}/correction", {"verdict": "confirm"}).status_code == 303
    page = coordinator.see(f"/cases/{reference}/print").text
    assert "<s>For another case</s>" in page and 'class="mistaken"' in page


def test_it_can_be_left_as_it_was_and_needs_a_reason(visit, reference, second):
    coordinator, colleague = visit("coordinator"), visit("approver")
    wrong, waits = ways(coordinator.see(f"/cases/{reference}/history").text)[-1], f"/cases/{reference}/correction"
    coordinator.send(wrong, {"title": "Other", "comment": "Another town"})
    refused = colleague.send(waits, {"verdict": "decline", "comment": " "})
    assert refused.status_code == 422 and "Fill this in." in refused.text
    assert colleague.send(waits, {"verdict": "swallow"}).status_code == 422
    assert visit("requester").send(waits, {"verdict": "confirm"}).status_code == 303
    assert "<h1>Other</h1>" in coordinator.see(f"/cases/{reference}").text


def test_confirming_counts_and_is_asked_for_proof(visit, reference, second, app, time):
    coordinator, colleague = visit("coordinator"), visit("approver")
    wrong, waits = ways(coordinator.see(f"/cases/{reference}/history").text)[-1], f"/cases/{reference}/correction"
    coordinator.send(wrong, {"title": "Other", "comment": "Another town"})
    time.move(timedelta(minutes=20))
    refused = colleague.send(waits, {"verdict": "confirm"})
    assert refused.status_code == 422 and "Give your password" in refused.text
    assert colleague.send(waits, {"verdict": "confirm", "_proof": PASSWORD}).status_code == 303


def test_what_nobody_may_correct(visit, reference):
    coordinator = visit("coordinator")
    wrong = ways(coordinator.see(f"/cases/{reference}/history").text)[-1]
    assert visit("neighbour").see(wrong).status_code == 404
    assert visit("requester").see(wrong).status_code == 200  # their own words
    assert visit("expert").see(wrong).status_code == 404
    assert coordinator.see(f"/cases/{reference}/corrections/99").status_code == 404
    submitted = wrong.rpartition("/")[0] + "/2"
    assert coordinator.see(submitted).status_code == 403
