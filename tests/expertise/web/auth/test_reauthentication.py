"""Before a high-risk step, an old session shows once more whose it is; what was typed stays."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.expertise.web.cases.test_cases import REQUEST

PASSWORD = "a long sentence nobody guesses"
REASON = "The oblast has no landfill of its own."


@pytest.fixture
def before_a_grave_step(visit, time):
    """The coordinator at a request that could be rejected, signed in sixteen minutes ago."""
    requester, coordinator = visit("requester"), visit("coordinator")
    reference = requester.begin(REQUEST)
    assert requester.take(reference, "submit").status_code == 303
    for step in ("register", "confirm_complete"):
        assert coordinator.take(reference, step).status_code == 303
    analysis = {"causes.0.cause": "Old landfill", "objectives": "30 %", "expert_days": "40", "budget.currency": "EUR"}
    analysis |= {"required_outputs": "A study", "terms_of_reference": "Background", "budget.amount": "26 600 000"}
    assert coordinator.send(f"/cases/{reference}/edit", analysis).status_code == 303
    assert coordinator.take(reference, "finish_analysis").status_code == 303
    time.move(timedelta(minutes=16))
    return coordinator, reference


def token(visitor):
    with visitor.client.session_transaction() as kept:
        return kept["token"]


def state(visitor, reference):
    return re.search(r'class="st [^"]*">([^<]+)<', visitor.see(f"/cases/{reference}").text)[1]


def test_without_proof_nothing_happens_and_what_was_typed_stays(before_a_grave_step):
    coordinator, reference = before_a_grave_step
    assert 'name="_proof"' in coordinator.see(f"/cases/{reference}/steps/reject").text
    was = state(coordinator, reference)
    for proof in ({}, {"_proof": "wrong"}, {"_proof": "123456"}):
        answer = coordinator.take(reference, "reject", {"comment": REASON, "_sure": "yes", **proof})
        assert answer.status_code == 422 and REASON in answer.text and 'href="#f-_proof"' in answer.text
    assert state(coordinator, reference) == was
    before = token(coordinator)
    answer = coordinator.take(reference, "reject", {"comment": REASON, "_sure": "yes", "_proof": PASSWORD})
    assert answer.status_code == 303 and token(coordinator) != before
    assert state(coordinator, reference) != was


def test_a_proof_holds_for_a_quarter_of_an_hour(before_a_grave_step):
    coordinator, reference = before_a_grave_step
    answer = coordinator.take(reference, "reject", {"_sure": "yes", "_proof": PASSWORD})
    assert answer.status_code == 422 and 'name="_proof"' not in answer.text, "the reason is missing, no proof any more"
    assert coordinator.take(reference, "reject", {"comment": REASON, "_sure": "yes"}).status_code == 303


def test_other_steps_ask_nothing(before_a_grave_step):
    coordinator, reference = before_a_grave_step
    assert 'name="_proof"' not in coordinator.see(f"/cases/{reference}/steps/find_eligible").text
    assert coordinator.take(reference, "find_eligible", {"eligible_reason": "It is."}).status_code == 303


def test_guessing_the_proof_has_an_end(before_a_grave_step):
    coordinator, reference = before_a_grave_step
    for _ in range(10):
        coordinator.take(reference, "reject", {"comment": REASON, "_sure": "yes", "_proof": "wrong"})
    answer = coordinator.take(reference, "reject", {"comment": REASON, "_sure": "yes", "_proof": PASSWORD})
    assert "Too many attempts" in answer.text
