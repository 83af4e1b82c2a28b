"""The other two main workflows, from their first state to their successful end, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from expertise.cases.desk import Upload
from tests.support.environment import done
from tests.support.people import Member

PROPOSAL = {
    "title": "Комплекс по переработке отходов в Кызылорде",
    "region": "KZ-43",
    "topic": "waste",
    "problem": "Отходы вывозят на полигон без изоляции.",
    "objectives": "Построить завод и полигон.",
}
CONCEPT = {
    "options": "Завод с анаэробным сбраживанием; только полигон.",
    "expected_outputs": "Завод, полигон, парк машин.",
    "total_cost": {"amount": "26600000", "currency": "EUR"},
    "borrower": "Оператор области",
}
PLAN = [
    {"source": "EBRD", "amount": {"amount": "13300000", "currency": "EUR"}, "status": "одобрено"},
    {"source": "Бюджет", "amount": {"amount": "13300000", "currency": "EUR"}, "status": "внесено"},
]
PREPARATION = {
    "price_date": "2026-01-01",
    "financing_plan": PLAN,
    "readiness": "Участок выделен.",
    "environmental_category": "high",
}
PROPOSAL_STEPS = [
    ("coordinator", "pass_screening", {}),
    ("requester", CONCEPT, None),
    ("requester", "submit_concept", {}),
    ("coordinator", "return_concept", {"comment": "Уточните стоимость."}),
    ("requester", "submit_concept", {}),
    ("coordinator", "start_preparation", {"appraisal_score": 82, "appraisal_reason": "Готовность высокая."}),
    ("coordinator", "hold", {"comment": "Ждём решения маслихата."}),
    ("coordinator", "resume_preparation", {}),
    ("coordinator", PREPARATION, None),
    ("coordinator", "submit_for_examination", {}),
    ("coordinator", "rank", {"examination_opinion": "Одобрено.", "rank_place": 1, "rank_reason": "Срочность."}),
    ("approver", "approve", {"approval_date": "2026-03-02"}),
    ("coordinator", "seek_financing", {}),
    ("coordinator", "start_implementation", {"financing_source": "EBRD", "start_date": "2026-03-02"}),
    ("requester", "report_completion", {"completion_date": "2026-03-02"}),
    ("coordinator", "close", {"outcome": "Завод работает."}),
]
PROPOSAL_STATES = [
    "idea",
    "screened",
    "concept",
    "appraised",
    "concept",
    "appraised",
    "in_preparation",
    "on_hold",
    "in_preparation",
    "examined",
    "ranked",
    "approved",
    "financing",
    "implementing",
    "finalising",
    "closed",
]

REFERRAL = {
    "title": "Кызылорда: управление отходами",
    "region": "KZ-43",
    "topic": "waste",
    "lender": "EBRD",
    "borrower": "Оператор области",
    "need": "Полигон переполнен.",
    "scope": "Завод и полигон.",
    "total_cost": {"amount": "26600000", "currency": "EUR"},
    "price_date": "2016-10-31",
    "loan_amount": {"amount": "13300000", "currency": "EUR"},
    "financing_plan": PLAN,
    "environmental_category": "high",
    "contact_person": "Секретариат",
    "contact_email": "secretariat@example.kz",
    "readiness": 90,
}
FILES = {
    "package": Upload("1" * 64, 1200, "пакет.pdf", "application/pdf"),
    "accounts": Upload("2" * 64, 1200, "отчётность.pdf", "application/pdf"),
}
BANKER = {"banker": Member("lender", "en", "lender-ebrd")}
REFERRAL_STEPS = [
    ("coordinator", "send_for_endorsement", {}),
    ("requester", "ask_changes", {"comment": "Несие сомасын нақтылаңыз."}),
    ("coordinator", "send_for_endorsement", {}),
    ("requester", "endorse", {}),
    ("approver", "send", {}),
    ("coordinator", "acknowledge", {"acknowledged_on": "2026-03-02", "lender_reference": "EBRD-46247"}),
    ("coordinator", "start_due_diligence", {}),
    ("coordinator", "request_information", {"information_asked": "Тарифы за три года."}),
    ("requester", "supply_information", {"information_given": "Тіркелді."}),
    (
        "coordinator",
        "approve",
        {"approved_on": "2026-03-02", "loan_amount": {"amount": "13000000", "currency": "EUR"}},
    ),
    ("coordinator", "sign", {"signed_on": "2026-03-02"}),
    ("coordinator", "make_effective", {"effective_on": "2026-03-02"}),
    ("requester", "start_follow_up", {}),
    ("coordinator", "close", {"outcome": "Кредит освоен."}),
]
REFERRAL_STATES = [
    "preparing",
    "endorsement",
    "preparing",
    "endorsement",
    "endorsed",
    "sent",
    "acknowledged",
    "due_diligence",
    "information_requested",
    "due_diligence",
    "approved",
    "signed",
    "effective",
    "follow_up",
    "closed",
]


@pytest.fixture
def walk(env, time):
    """Take the steps one after the other; where a mapping stands in a step's place, fields are edited."""

    def take(case, steps):
        for name, step, raw in steps:
            time.move(timedelta(hours=1))
            done(env.edit(name, case, step) if raw is None else env.fire(name, case, step, raw))

    return take


def check(env, case, states):
    row = env.case(case)
    assert env.states(case) == states
    assert row.final == "succeeded" and row.due_at is None and row.ended_at is not None
    assert env.verify().broken == ()
    assert env.reach("neighbour") == env.reach("distant") == set()


def test_project_proposal(env, walk, post):
    case = done(env.open("requester", "project_proposal", PROPOSAL)).reference
    walk(case, [("requester", "put_forward", {}), *PROPOSAL_STEPS])
    check(env, case, PROPOSAL_STATES)
    post()
    assert {letter.to for letter in post.caught()} == {
        env.email(name) for name in ("requester", "coordinator", "approver", "manager")
    }


def test_loan_referral(env, walk, post):
    env.add(BANKER)
    case = done(env.open("coordinator", "loan_referral", REFERRAL)).reference
    done(env.edit("coordinator", case, {}, uploads=FILES))
    walk(case, REFERRAL_STEPS)
    check(env, case, REFERRAL_STATES)
    assert env.case(case).amount == 13_000_000
    post()
    assert {letter.to for letter in post.caught()} == {
        env.email(name) for name in ("requester", "coordinator", "approver", "manager", "banker")
    }
