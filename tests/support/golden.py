"""The golden case as a requester types it: Kyzylorda's request for a waste management feasibility study.

The facts are those of the EBRD's procurement notice 46247 of 17 February 2015; the sentences are our own.
"""

from __future__ import annotations

STAGE_A = {
    "title": "Қызылорда қаласының қатты тұрмыстық қалдықтарын басқару: техникалық-экономикалық негіздеме",
    "region": "KZ-43",
    "locality": "Қызылорда",
    "requesting_unit": "Қызылорда облысының әкімдігі",
    "contact_person": "Хатшылық",
    "contact_email": "secretariat@example.kz",
    "contact_phone": "+7 700 000 00 00",
    "topic": "waste",
    "problem": "Қалдықтар сұрыпталмай, астары жоқ полигондарға шығарылады; сүзінді су тазартылмайды.",
    "why_now": "Қаржыландыру туралы шешімге дейін негіздеме қажет.",
    "priority": "Облысты дамыту бағдарламасы: қалдықтарды басқару",
    "help_wanted": "study",
    "expected_result": "Механикалық-биологиялық өңдеу зауыты мен жаңа полигонның негіздемесі",
    "desired_start": "2026-04-01",
    "latest_date": "2026-12-01",
    "languages": "kazakh_russian",
    "consent": True,
}

ANALYSIS = {
    "source": "EBRD-46247",
    "causes": [
        {"cause": "«Город — полигон» без сортировки", "evidence": "Объезд площадок", "source": "Акимат"},
        {"cause": "Полигон без изоляции дна", "evidence": "Акт осмотра", "source": "Акимат"},
    ],
    "objectives": "Выбрать технологию и размер комплекса, подготовить решение о финансировании.",
    "required_outputs": "Технико-экономическое обоснование, оценка воздействия, модель тарифа.",
    "expert_profile": "Инженер по отходам с опытом анаэробного сбраживания.",
    "expert_days": 60,
    "budget": {"amount": "180000.00", "currency": "EUR"},
    "terms_of_reference": "Обследовать сбор и захоронение отходов, сравнить варианты, обосновать лучший.",
}

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
