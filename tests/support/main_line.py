"""The main line of a request: what is typed, and who takes which step after the other."""

from __future__ import annotations

from typing import Any

from expertise.cases.desk import Upload

REQUEST = {
    "title": "Қатты тұрмыстық қалдықтар",
    "region": "KZ-43",
    "requesting_unit": "Department of utilities",
    "contact_person": "Head of the unit",
    "contact_email": "unit@example.kz",
    "topic": "waste",
    "problem": "The landfill is full.",
    "priority": "Development plan, indicator 14",
    "help_wanted": "study",
    "expected_result": "Terms of reference for a feasibility study",
    "consent": True,
}
ANALYSIS = {
    "causes": [{"cause": "No sorting", "evidence": "Survey", "source": "Akimat"}],
    "objectives": "Less waste is buried.",
    "required_outputs": "A study",
    "expert_days": 20,
    "terms_of_reference": "Study the waste and say what to build.",
}
REPORT = Upload("0" * 64, 1200, "есеп.pdf", "application/pdf")

#: (who, step of the request, what it asks); a dot means a step of the newest part of that kind.
WALK: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("requester", "submit", {}),
    ("coordinator", "register", {}),
    ("coordinator", "confirm_complete", {}),
    ("coordinator", "finish_analysis", {}),
    ("coordinator", "find_eligible", {"eligible_reason": "Public need"}),
    ("coordinator", "start_terms", {}),
    ("coordinator", "send_for_endorsement", {}),
    ("requester", "endorse", {}),
    ("approver", "approve_terms", {}),
    ("coordinator", "offer_assignment", {"expert": "expert"}),
    ("expert", "offer.accept", {"no_conflict": True}),
    ("coordinator", "start_delivery", {"deliverable_kind": "final_report"}),
    ("expert", "deliverable.submit", {}),
    ("requester", "deliverable.accept", {}),
    ("coordinator", "complete_delivery", {}),
    ("requester", "accept_final", {}),
    ("coordinator", "record_recommendation", {"recommendation_text": "Sort it", "recommendation_addressee": "Akimat"}),
    ("coordinator", "start_follow_up", {}),
    ("requester", "recommendation.reject_recommendation", {"comment": "Not ours"}),
    ("coordinator", "close", {"outcome": "Waste is sorted."}),
)
