"""What people type and do in the journeys of every workflow, Kazakh and Russian mixed as in the oblasts."""

from __future__ import annotations

from tests.browser.life import Clock, Fill, Move, Step
from tests.support.golden import ANALYSIS, PDF, STAGE_A

PASTED = "Қалдықтар сұрыпталмай шығарылады. Отходы вывозят без сортировки, фильтрат не очищается. " * 3


def pdf(name: str) -> dict:
    """Return a file as a person chooses it."""
    return {"name": name, "mimeType": "application/pdf", "buffer": PDF}


def rows(name: str, *lines: dict[str, str]) -> dict[str, str]:
    """Return the rows of a table as fields of the form."""
    return {f"{name}.{number}.{column}": value for number, line in enumerate(lines) for column, value in line.items()}


# --- a request ---------------------------------------------------------------------------------

REQUEST = {
    **{name: value for name, value in STAGE_A.items() if name != "contact_phone"},
    "problem": PASTED,
    "desired_start": "01.04.2026",
    "latest_date": "01.12.2026",
    "tried_before": "Сұрыптау пилоты, 2024 жыл",
    "own_contribution": "Қызметкерлер, көлік",
}
TEAM = {
    **{name: value for name, value in ANALYSIS.items() if name not in ("causes", "budget")},
    **rows("causes", *ANALYSIS["causes"]),
    "effects": "Жерасты суы ластанады.",
    "stakeholders": "Жители, перевозчики, акимат",
    "legal_frame": "Экологиялық кодекс, 365-бап",
    "earlier_assistance": "ЕБРР, 2015",
    "findings": "Нужна сортировка.",
    "risks": "Тариф көтерілмейді.",
    "sustainability": "Оператор области",
    "investment_foreseen": "yes",
    "budget.amount": "180 000,50",
    "budget.currency": "EUR",
    "fee.amount": "30 000",
    "fee.currency": "EUR",
}
TERMS_AGAIN: tuple[Move, ...] = (
    Step("coordinator", "send_for_endorsement"),
    Step("requester", "endorse", {"comment": "Келісемін."}),
    Step("approver", "approve_terms"),
)
OFFER = {"expert": "other_expert"}
REQUEST_SCRIPT: tuple[Move, ...] = (
    Step("requester", "submit"),
    Step("requester", "call_back"),
    Fill("requester", {"why_now": "Шешім мамырда қабылданады."}),
    Step("requester", "submit"),
    Step("coordinator", "register"),
    Step("coordinator", "return_for_completion", {"comment": "Укажите телефон."}),
    Fill("requester", {"contact_phone": STAGE_A["contact_phone"]}),
    Step("requester", "resubmit", {"comment": "Телефон қосылды."}),
    Step("coordinator", "confirm_complete"),
    Fill("coordinator", TEAM),
    Step("coordinator", "finish_analysis"),
    Step("coordinator", "find_eligible", {"eligible_reason": "Приоритет области."}),
    Step("coordinator", "start_terms"),
    Step("coordinator", "send_for_endorsement"),
    Step("requester", "ask_changes", {"comment": "Суды үнемдеуді қосыңыз."}),
    Step("coordinator", "send_for_endorsement"),
    Step("requester", "endorse"),
    Step("approver", "send_back_terms", {"comment": "Уточните объём работ."}),
    *TERMS_AGAIN,
    Step("coordinator", "offer_assignment", OFFER),
    Step("coordinator", "recall", {"comment": "Ошибка в сумме."}, on="EO"),
    Step("coordinator", "offer_assignment", OFFER),
    Clock("expire", on="EO"),
    Step("coordinator", "offer_assignment", OFFER),
    Step("other_expert", "decline", {"comment": "Занят до осени.", "decline_reason": "not_available"}, on="EO"),
    Step("coordinator", "declare_no_expert", {"comment": "Двое отказались."}),
    Step("coordinator", "relaunch", {"comment": "Новый срок."}),
    Step("coordinator", "revise_terms", {"comment": "Уточняем профиль."}),
    *TERMS_AGAIN,
    Step("coordinator", "offer_assignment", OFFER),
    Step(
        "other_expert",
        "accept",
        {"no_conflict": True, "availability_note": "С понедельника."},
        on="EO",
        carries="mobilise",
    ),
    Step("coordinator", "start_delivery", {"deliverable_kind": "inception_note", "due_note": "Бес беттен аспайды."}),
    Step("coordinator", "cancel", {"comment": "Эксперт заболел."}, on="DL"),
    Step("coordinator", "release_expert", {"comment": "Замена по болезни."}),
    Step("coordinator", "offer_assignment", {"expert": "expert"}),
    Step("expert", "accept", {"no_conflict": True}, on="EO", carries="mobilise"),
    Step("expert", "start_delivery", {"deliverable_kind": "draft_report"}),
    Step(
        "expert",
        "submit",
        {"report": pdf("Отчёт 1.pdf"), "days_claimed": "12", "comment": "Бірінші редакция"},
        on="DL",
        carries="receive_deliverable",
    ),
    Step("requester", "return_for_revision", {"comment": "Тариф жоқ."}, on="DL", carries="request_revision"),
    Step("expert", "resubmit", {"report": pdf("Отчёт 2.pdf")}, on="DL", carries="receive_deliverable"),
    Step("coordinator", "reject", {"comment": "Не по заданию."}, on="DL"),
    Step("coordinator", "ask_deliverable", {"deliverable_kind": "final_report"}),
    Step(
        "expert",
        "submit",
        {"report": pdf("Есеп.pdf"), "days_claimed": "20"},
        on="DL",
        carries="receive_deliverable",
    ),
    Clock("accept_tacitly", on="DL"),
    Step("coordinator", "complete_delivery"),
    Step("requester", "ask_correction", {"due_note": "Тариф моделі", "comment": "Модель жоқ."}),
    Step("expert", "submit", {"report": pdf("Модель.pdf")}, on="DL", carries="receive_deliverable"),
    Step("requester", "accept", {"comment": "Рақмет."}, on="DL"),
    Step("coordinator", "complete_delivery"),
    Step("requester", "accept_final"),
    Step(
        "expert",
        "record_recommendation",
        {"recommendation_text": "Ввести раздельный сбор.", "recommendation_addressee": "Акимат области"},
    ),
    Step("coordinator", "start_follow_up"),
    Step("requester", "accept_recommendation", {"action_plan": "2027 жылдан бастап."}, on="RF"),
    Step("requester", "report_implemented", {"evidence": "Екі ауданда енгізілді."}, on="RF"),
    Step("manager", "close", {"outcome": "Түпкілікті нәтиже: ТЭО утверждено.", "comment": "Рақмет баршаңызға."}),
)
#: The other ends of a request: the step of the main line before which it stands, and what is done then.
REQUEST_ENDS: dict[str, tuple[str, tuple[Move, ...]]] = {
    "discarded": ("submit", (Step("requester", "discard"),)),
    "lapsed": (
        "confirm_complete",
        (Step("coordinator", "return_for_completion", {"comment": "Нет телефона."}), Clock("lapse")),
    ),
    "rejected": ("find_eligible", (Step("approver", "reject", {"comment": "Не приоритет области."}),)),
    "refused": ("approve_terms", (Step("approver", "refuse_terms", {"comment": "Қаражат жоқ."}),)),
    "withdrawn": ("find_eligible", (Step("requester", "withdraw", {"comment": "Өзіміз шештік."}),)),
    "cancelled": ("offer_assignment", (Step("coordinator", "cancel", {"comment": "Нет средств."}),)),
    "merged": (
        "confirm_complete",
        (Step("coordinator", "merge", {"merged_into": "another request", "comment": "Один предмет."}),),
    ),
}

# --- recommendations ---------------------------------------------------------------------------

RECOMMENDATIONS = (
    "Раздельный сбор",
    "Жаңа полигон",
    "Тариф",
    "Ошибочная",
    "Парк машин",
    "Сортировка линиясы",
)
FOLLOW_UP_SCRIPT: tuple[Move, ...] = (
    *(
        Step(
            "coordinator",
            "record_recommendation",
            {"recommendation_text": text, "recommendation_addressee": "Акимат области"},
        )
        for text in RECOMMENDATIONS
    ),
    Step("coordinator", "recall", {"comment": "Дубликат."}, on="RF:4"),
    Step("requester", "reject_recommendation", {"comment": "Біздің құзыретте емес."}, on="RF:5"),
    Step("requester", "accept_partly", {"comment": "Тек қалада.", "action_plan": "Бір аудан."}, on="RF:2"),
    Step("requester", "report_partly_first", {"evidence": "Жоба дайын."}, on="RF:2"),
    Step("requester", "report_partly_second", {"evidence": "Жер бөлінді.", "comment": "Жартысы."}, on="RF:2"),
    Step("requester", "report_partly", {"evidence": "Бірінші кезек салынды."}, on="RF:2"),
    Step("requester", "accept_recommendation", {"action_plan": "2027 жылы."}, on="RF:6"),
    Step("manager", "report_irrelevant", {"comment": "Линия сатып алынды."}, on="RF:6"),
    Step("requester", "accept_recommendation", {"action_plan": "Екі ауданнан бастаймыз."}, on="RF:1"),
    Clock("plan_tacitly", on="RF:3"),
    Step("requester", "report_not_first", {"comment": "Кеңес өтпеді."}, on="RF:3"),
    Step("manager", "report_not_second", {"comment": "Әлі де жоқ."}, on="RF:3"),
    Step("requester", "report_not_implemented", {"comment": "Қаражат жоқ."}, on="RF:3"),
    *(
        Clock(step, on="RF:1")
        for step in ("ask_first", "no_answer_first", "ask_second", "no_answer_second", "ask_third", "no_answer_third")
    ),
)

# --- a project ---------------------------------------------------------------------------------

PROJECT = {"title": "Қызылорда: қалдықтар", "region": "KZ-43", "topic": "waste"}
PLAN = rows(
    "financing_plan",
    {"source": "ЕБРР", "amount.amount": "13 300 000", "amount.currency": "EUR", "status": "одобрено"},
    {"source": "Облыс бюджеті", "amount.amount": "13 300 000,50", "amount.currency": "EUR", "status": "внесено"},
)
COST = {"total_cost.amount": "26 600 000,50", "total_cost.currency": "EUR", "price_date": "31.10.2025"}
PROPOSAL = {
    **PROJECT,
    "locality": "Арал ауданы",
    "source_request": "ER-2025-0007",
    "problem": PASTED,
    "objectives": "Зауыт салу.",
    "beneficiaries": "240 мың тұрғын",
}
CONCEPT = {
    "options": "Зауыт; только полигон.",
    "expected_outputs": "Зауыт, полигон.",
    **COST,
    "borrower": "Облыс операторы",
    "owner_body": "Акимат",
    "risks": "Тариф",
    "sustainability": "Оператор содержит.",
}
PREPARATION = {"feasibility": pdf("ТЭО.pdf"), "readiness": "Жер бөлінген.", "environmental_category": "high", **PLAN}
RANK = {"examination_opinion": "Оң қорытынды.", "rank_place": "1", "rank_reason": "Срочность."}
PROPOSAL_SCRIPT: tuple[Move, ...] = (
    Step("requester", "put_forward"),
    Step("coordinator", "return_idea", {"comment": "Нет адресатов."}),
    Step("requester", "put_forward"),
    Step("coordinator", "pass_screening", {"comment": "Допущено."}),
    Step("coordinator", "hold", {"comment": "Ждём маслихат."}),
    Step("coordinator", "resume_concept", {"comment": "Решение есть."}),
    Fill("requester", CONCEPT),
    Step("requester", "submit_concept", {"comment": "Дайын."}),
    Step("coordinator", "return_concept", {"comment": "Уточните стоимость."}),
    Step("requester", "submit_concept"),
    Step("coordinator", "start_preparation", {"appraisal_score": "82", "appraisal_reason": "Дайындығы жоғары."}),
    Step("approver", "hold", {"comment": "Ждём землю."}),
    Step("coordinator", "resume_preparation"),
    Fill("coordinator", PREPARATION),
    Step("coordinator", "submit_for_examination"),
    Step("coordinator", "return_preparation", {"comment": "Нет сметы."}),
    Step("coordinator", "submit_for_examination"),
    Step("coordinator", "rank", RANK),
    Step("approver", "send_back_ranking", {"comment": "Мало оснований."}),
    Step("coordinator", "rank", {**RANK, "rank_place": "2"}),
    Step("approver", "approve", {"approval_date": "02.03.2026", "comment": "Бекітемін."}),
    Step("coordinator", "seek_financing"),
    Step("coordinator", "hold", {"comment": "Ждём кредитора."}),
    Step("approver", "resume_financing", {"comment": "Жалғастырамыз."}),
    Step("coordinator", "start_implementation", {"financing_source": "ЕБРР", "start_date": "02.03.2026"}),
    Step("requester", "report_completion", {"completion_date": "02.03.2026", "comment": "Аяқталды."}),
    Step("coordinator", "return_completion", {"comment": "Нет акта."}),
    Step("requester", "report_completion", {"completion_date": "02.03.2026"}),
    Step("manager", "close", {"outcome": "Зауыт жұмыс істейді."}),
)
DROP = {"stage_reached": "idea", "comment": "Облыс өзі салады."}
PROPOSAL_ENDS: dict[str, tuple[Move, ...]] = {
    "withdrawn": (Step("requester", "withdraw", DROP),),
    "dropped": (Step("requester", "put_forward"), Step("coordinator", "drop", {**DROP, "comment": "Нет заёмщика."})),
}

# --- a referral --------------------------------------------------------------------------------

REFERRAL = {
    **PROJECT,
    "proposal": "a proposal",
    "lender": "EBRD",
    "instrument": "grant",
    "borrower": "Облыс операторы",
    "guarantor": "Акимат",
    "legal_owner": "Қызылорда қаласы",
    "need": "Полигон толды.",
    "options": "Зауыт; только полигон.",
    "scope": PASTED,
    "investment_plan": "2026–2029",
    **COST,
    "loan_amount.amount": "13 300 000",
    "loan_amount.currency": "EUR",
    **PLAN,
    "tariffs": "Айына 350 теңге",
    "accounts": pdf("есептілік.pdf"),
    "permits": "Жер бөлінген.",
    "design_status": "Заключение получено.",
    "budget_status": "2026 бюджетінде",
    "environmental_category": "high",
    "resource_effects": "CO₂: –12 %",
    "procurement_plan": "Екі лот",
    "contact_person": "Хатшылық",
    "contact_email": "secretariat@example.kz",
    "contact_phone": "+7 700 000 00 00",
    "decision_calendar": "Мәслихат: 15 мамыр",
    "readiness": "90",
    "package": pdf("пакет.pdf"),
}
REFERRAL_SCRIPT: tuple[Move, ...] = (
    Step("coordinator", "send_for_endorsement"),
    Step("requester", "ask_changes", {"comment": "Сомасын нақтылаңыз."}),
    Fill("requester", {"tariffs": "Айына 400 теңге"}),
    Step("coordinator", "send_for_endorsement"),
    Step("requester", "endorse", {"comment": "Келісемін."}),
    Step("approver", "send_back", {"comment": "Нет лотов."}),
    Step("coordinator", "send_for_endorsement"),
    Step("requester", "endorse"),
    Step("approver", "send", {"comment": "Согласовано."}),
    Step("banker", "acknowledge", {"acknowledged_on": "02.03.2026", "lender_reference": "EBRD-46247"}),
    Step("banker", "start_due_diligence", {"comment": "Начали."}),
    Step("banker", "request_information", {"information_asked": "Тарифы за три года"}),
    Step("requester", "supply_information", {"information_given": "Үш жылдың тарифтері тіркелді."}),
    Step(
        "banker",
        "approve",
        {
            "approved_on": "02.03.2026",
            "loan_amount.amount": "13 000 000",
            "loan_amount.currency": "EUR",
            "valid_until": "01.12.2026",
        },
    ),
    Step("coordinator", "sign", {"signed_on": "02.03.2026"}),
    Step("coordinator", "make_effective", {"effective_on": "02.03.2026"}),
    Step("requester", "start_follow_up", {"comment": "Басталды."}),
    Step("manager", "close", {"outcome": "Несие игерілді."}),
)
#: The other ends of a referral, and the step of its main line before which it stands.
REFERRAL_ENDS: dict[str, tuple[str, tuple[Move, ...]]] = {
    "declined": (
        "start_due_diligence",
        (Step("banker", "decline", {"declined_on": "02.03.2026", "comment": "Нет гарантии."}),),
    ),
    "expired": ("acknowledge", (Step("coordinator", "record_expiry", {"comment": "Жауап келмеді."}),)),
    "withdrawn": ("send_for_endorsement", (Step("coordinator", "withdraw", {"comment": "Қайта дайындалады."}),)),
}
