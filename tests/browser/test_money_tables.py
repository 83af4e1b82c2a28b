"""Tables with money, in a real browser: the script saves them, the button saves them, their cases come to an end."""

from __future__ import annotations

import pytest

from tests.browser.site import reference_in
from tests.support.golden import PDF
from tests.support.people import Member

PLAN = [
    {"source": "ЕБРР", "amount": {"amount": "13300000.00", "currency": "EUR"}, "status": "одобрено"},
    {"source": "Облыс бюджеті", "amount": {"amount": "13300000.50", "currency": "EUR"}, "status": "внесено"},
]
#: The same as a person types it; a third line is left as it is.
PLAN_TYPED = {
    "financing_plan.0.source": "ЕБРР",
    "financing_plan.0.amount.amount": "13 300 000",
    "financing_plan.0.amount.currency": "EUR",
    "financing_plan.0.status": "одобрено",
    "financing_plan.1.source": "Облыс бюджеті",
    "financing_plan.1.amount.amount": "13 300 000,50",
    "financing_plan.1.amount.currency": "EUR",
    "financing_plan.1.status": "внесено",
}
COMMON = {"title": "Қызылорда: қалдықтар", "region": "KZ-43", "topic": "waste"}
REFERRAL = {
    **COMMON,
    "lender": "EBRD",
    "borrower": "Облыс операторы",
    "need": "Полигон толды.",
    "scope": "Зауыт пен полигон.",
    "total_cost.amount": "26 600 000,50",
    "total_cost.currency": "EUR",
    "price_date": "31.10.2025",
    "loan_amount.amount": "13 300 000",
    "loan_amount.currency": "EUR",
    "environmental_category": "high",
    "contact_person": "Хатшылық",
    "contact_email": "secretariat@example.kz",
    "readiness": "90",
}
REFERRAL_STEPS = [
    ("coordinator", "send_for_endorsement", {}),
    ("requester", "endorse", {}),
    ("approver", "send", {}),
    ("coordinator", "acknowledge", {"acknowledged_on": "02.03.2026"}),
    ("coordinator", "start_due_diligence", {}),
    ("coordinator", "request_information", {"information_asked": "Тарифтер"}),
    ("requester", "supply_information", {"information_given": "Тіркелді."}),
    ("coordinator", "approve", {"approved_on": "02.03.2026", "loan_amount.amount": "13 000 000"}),
    ("coordinator", "sign", {"signed_on": "02.03.2026"}),
    ("coordinator", "make_effective", {"effective_on": "02.03.2026"}),
    ("requester", "start_follow_up", {}),
    ("manager", "close", {"outcome": "Несие игерілді."}),
]
PROPOSAL = {**COMMON, "problem": "Полигон толды.", "objectives": "Зауыт салу."}
CONCEPT = {
    "options": "Зауыт; тек полигон.",
    "expected_outputs": "Зауыт, полигон.",
    "total_cost.amount": "26 600 000,50",
    "total_cost.currency": "EUR",
    "borrower": "Облыс операторы",
}
PREPARATION = {"price_date": "31.10.2025", "readiness": "Жер бөлінген.", "environmental_category": "high"}
PROPOSAL_STEPS = [
    ("coordinator", "rank", {"examination_opinion": "Оң.", "rank_place": "1", "rank_reason": "Шұғыл."}),
    ("approver", "approve", {"approval_date": "02.03.2026"}),
    ("coordinator", "seek_financing", {}),
    ("coordinator", "start_implementation", {"financing_source": "ЕБРР", "start_date": "02.03.2026"}),
    ("requester", "report_completion", {"completion_date": "02.03.2026"}),
    ("manager", "close", {"outcome": "Зауыт жұмыс істейді."}),
]


@pytest.fixture
def people(visit):
    """Everybody at a browser of their own, once they are needed."""
    met = {}
    return lambda name: met.get(name) or met.setdefault(name, visit(name))


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "есептілік.pdf"
    path.write_bytes(PDF)
    return str(path)


def walk(people, case, steps):
    for name, step, answers in steps:
        people(name).take(case, step, **answers)


def fill_in(visitor, case, values):
    visitor.see(f"/cases/{case}/edit")
    visitor.fill(values)
    visitor.send()
    visitor.page.wait_for_url(f"{visitor.site.url}/cases/{case}")


def test_a_referral_with_a_financing_plan_is_created_and_walked_to_its_end(site, people, report):
    site.env.add({"banker": Member("lender", "en", "lender-ebrd")})
    coordinator = people("coordinator")
    coordinator.see("/cases/new/loan_referral")
    coordinator.fill({**REFERRAL, **PLAN_TYPED, "accounts": report, "package": report})
    coordinator.page.wait_for_url("**/edit")  # by the script, without the file
    case = reference_in(coordinator.page.url)
    form = coordinator.page.locator("[data-autosave]")
    assert coordinator.page.locator("[data-status]").inner_text().endswith(form.get_attribute("data-file"))
    assert site.env.case(case).fields["financing_plan"] == PLAN and "accounts" not in site.env.case(case).fields
    coordinator.send()
    coordinator.page.wait_for_url(f"{site.url}/cases/{case}")
    assert site.env.case(case).fields["financing_plan"] == PLAN and site.env.case(case).fields["accounts"]
    assert coordinator.page.locator("td", has_text="300").count() > 0
    coordinator.see(f"/cases/{case}/files")
    assert coordinator.page.locator("a[href^='/files/']", has_text="есептілік.pdf").count() > 0
    walk(people, case, REFERRAL_STEPS)
    row = site.env.case(case)
    assert row.final == "succeeded" and row.fields["financing_plan"] == PLAN and row.amount == 13_000_000


def test_a_proposal_with_a_financing_plan_leaves_its_preparation_and_is_walked_to_its_end(site, people, report):
    requester, coordinator = people("requester"), people("coordinator")
    requester.see("/cases/new/project_proposal")
    requester.fill(PROPOSAL)
    requester.send()
    requester.page.wait_for_url("**/cases/PP-*")
    case = reference_in(requester.page.url)
    walk(people, case, [("requester", "put_forward", {}), ("coordinator", "pass_screening", {})])
    fill_in(requester, case, CONCEPT)
    requester.take(case, "submit_concept")
    coordinator.take(case, "start_preparation", appraisal_score="82", appraisal_reason="Дайын.")
    fill_in(coordinator, case, {})  # a table that nobody touched
    fill_in(requester, case, {**PLAN_TYPED, "feasibility": report})
    fill_in(coordinator, case, PREPARATION)
    coordinator.take(case, "submit_for_examination")
    assert site.env.case(case).state == "examined" and site.env.case(case).fields["financing_plan"] == PLAN
    walk(people, case, PROPOSAL_STEPS)
    assert site.env.case(case).final == "succeeded" and site.env.case(case).fields["feasibility"]
