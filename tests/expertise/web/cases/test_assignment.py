"""Who has a case: on the desk, in lists, on its page; and the form that gives it to somebody."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from expertise.people.model import Grant, Person
from tests.expertise.web.cases.test_cases import REQUEST


@pytest.fixture
def shared(visit):
    """A case on the desk of the one coordinator, and a visit by them."""
    requester = visit("requester")
    reference = requester.begin(REQUEST)
    assert requester.take(reference, "submit").status_code == 303
    return visit("coordinator"), reference


def press(visitor, reference, action, **more):
    page = visitor.see(f"/cases/{reference}").text
    form = next(part for part in page.split("<form") if f'name="action" value="{action}"' in part)
    hidden = dict(pair.split('" value="') for pair in form_inputs(form))
    return visitor.client.post(f"/cases/{reference}/holding", data={**hidden, **more})


def form_inputs(form):
    return [part.partition('">')[0] for part in form.split('name="')[1:] if '" value="' in part.partition('">')[0]]


def test_the_buttons_of_the_page(shared):
    coordinator, reference = shared
    assert "unassigned" in coordinator.see(f"/cases/{reference}").text
    assert press(coordinator, reference, "claim").location.endswith(f"/cases/{reference}")
    page = coordinator.see(f"/cases/{reference}").text
    assert "The case is assigned to you." in page and "Assigned to: Coordinator" in page
    for place in ("/", "/cases"):
        assert re.search(r"Assignee: Coordinator|data-name=\"Assignee\">Coordinator<", coordinator.see(place).text)
    assert reference in coordinator.see("/?hands=mine").text
    assert reference not in coordinator.see("/?hands=nobody").text
    assert press(coordinator, reference, "release").status_code == 303
    assert reference in coordinator.see("/?hands=nobody").text


def test_the_requester_sees_who_has_it_and_gives_it_to_nobody(shared, visit):
    coordinator, reference = shared
    press(coordinator, reference, "claim")
    requester = visit("requester")
    assert "Coordinator" in requester.see(f"/cases/{reference}").text
    assert requester.see(f"/cases/{reference}/holding").status_code == 403
    assert "Show by assignee" not in requester.see("/").text


def test_what_is_missing_is_said_and_what_was_typed_stays(shared):
    coordinator, reference = shared
    url = f"/cases/{reference}/holding"
    refused = coordinator.send(url, {"action": "", "comment": "Because"})
    assert refused.status_code == 422 and "What: Fill this in." in refused.text and "Because" in refused.text
    refused = coordinator.send(url, {"action": "forward", "to": "", "comment": "Because"})
    assert refused.status_code == 422 and "To whom: Fill this in." in refused.text and "Because" in refused.text
    refused = coordinator.send(url, {"action": "forward", "to": "no-such"})
    assert refused.status_code == 422 and "To whom: Choose one of the answers" in refused.text
    assert coordinator.send(url, {"action": "swallow"}).status_code == 422
    assert coordinator.send(url, {"action": "forward"}, _seen="x").status_code == 422
    assert coordinator.send("/cases/ER-1999-0001/holding", {"action": "claim"}, page=url).status_code == 404


def test_who_comes_late_is_told_who_has_it(shared):
    coordinator, reference = shared
    url = f"/cases/{reference}/holding"
    hidden = coordinator.hidden(url)
    press(coordinator, reference, "claim")
    late = coordinator.client.post(url, data={**hidden, "action": "claim", "_key": "another"})
    assert late.status_code == 409 and "assigned to somebody else already: Coordinator" in late.text


def test_a_colleague_is_warned_before_a_step_and_takes_it_all_the_same(shared, visit, app, keys):
    coordinator, reference = shared
    with app.extensions["komek"].transactions.write() as session:
        number = session.scalar(select(Person.id).where(Person.email == "approver@example.kz"))
        session.add(Grant(person_id=number, role="coordinator"))
    press(coordinator, reference, "claim")
    warning = "is assigned to: Coordinator"
    colleague = visit("approver")
    assert warning in colleague.see(f"/cases/{reference}/steps/register").text
    assert warning not in coordinator.see(f"/cases/{reference}/steps/register").text
    assert warning not in visit("requester").see(f"/cases/{reference}/steps/withdraw").text
    assert colleague.take(reference, "register").status_code == 303
    given = colleague.send(f"/cases/{reference}/holding", {"action": "forward", "to": keys["approver"]})
    assert given.status_code == 422 and "Reason: Fill this in." in given.text
    given = colleague.send(
        f"/cases/{reference}/holding", {"action": "forward", "to": keys["approver"], "comment": "She is ill"}
    )
    assert given.status_code == 303
    page = coordinator.see(f"/cases/{reference}").text
    assert "Handed over to: Approver" in page and "She is ill" in page
    assert "She is ill" not in visit("requester").see(f"/cases/{reference}").text
