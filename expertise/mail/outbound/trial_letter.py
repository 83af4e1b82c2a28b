"""A letter with sample values, to be looked at and to be sent to oneself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from expertise.mail.outbound.outbox import NewLetter, queue

#: Time until a trial letter expires.
LIVES = timedelta(hours=1)

_SAMPLE: Mapping[str, Any] = {
    "case_reference": "ER-2026-0001",
    "case_title": {
        "kk": "Ауылдарды ауыз сумен қамту",
        "ru": "Обеспечение сёл питьевой водой",
        "en": "Drinking water for villages",
    },
    "state": {"kk": "Құжаттар толықтығы тексерілуде", "ru": "Проверка комплектности", "en": "Completeness check"},
    "region": {"kk": "Қызылорда облысы", "ru": "Кызылординская область", "en": "Kyzylorda Region"},
    "comment": {
        "kk": "Әр ауылдың халық санын қосыңыз.",
        "ru": "Добавьте, пожалуйста, число жителей каждого села.",
        "en": "Please add how many people live in each village.",
    },
    "person_name": {"kk": "Өтінім беруші, Қызылорда", "ru": "Заявитель, Кызылорда", "en": "Requester, Kyzylorda"},
    "actor_role": {"kk": "үйлестіруші", "ru": "координатор", "en": "coordinator"},
    "step": {"kk": "Өтінім тіркелді", "ru": "Заявка зарегистрирована", "en": "Request registered"},
    "organisation": {
        "kk": "Қызылорда облысының әкімдігі",
        "ru": "Акимат Кызылординской области",
        "en": "Akimat of Kyzylorda Region",
    },
    "part_title": {"kk": "Қорытынды есеп", "ru": "Итоговый отчёт", "en": "Final report"},
    "questions": {
        "kk": "1. Ұсыным орындалды ма? (иә / ішінара / жоқ)",
        "ru": "1. Выполнена ли рекомендация? (да / частично / нет)",
        "en": "1. Was the recommendation implemented? (yes / partly / no)",
    },
    "overview": {
        "kk": "RF-2026-0001 · 1: орындалды · 2: –",
        "ru": "RF-2026-0001 · 1: выполнена · 2: –",
        "en": "RF-2026-0001 · 1: implemented · 2: –",
    },
    "code": "123456",
    "details": {"kk": "Адам-күн саны: 12", "ru": "Количество человеко-дней: 12", "en": "Expert-days: 12"},
    "moves": "ER-2026-0001: 05.03.2026 → 06.03.2026",
    "summary": {"kk": "жаңа (1)", "ru": "новое (1)", "en": "new (1)"},
}


def sample(url: str, now: datetime) -> dict[str, Any]:
    """Return a value for every placeholder; links lead to the start page."""
    due = (now + timedelta(days=5)).isoformat()
    entry = {"number": 1, "reference": _SAMPLE["case_reference"], "title": _SAMPLE["case_title"], "due": due}
    entry |= {"state": _SAMPLE["state"], "late": False, "notes": [_SAMPLE["comment"]], "link": url}
    lines = [{"title": _SAMPLE["state"], "entries": [entry], "more": 0}]
    moment = {"due": due, "day": f"{now:%d.%m.%Y}", "lines": lines}
    return {**_SAMPLE, **moment, "link": url, "act": url, "undo": url, "preferences": url, "objection": url}


def send(session: Session, letter: str, person_id: int, language: str, url: str, now: datetime) -> None:
    """Queue the letter to this person, in this language and in the wording in force when it leaves."""
    wanted = NewLetter(
        dedupe_key=f"trial:{letter}:{person_id}:{language}:{now.isoformat()}",
        letter=letter,
        recipient_id=person_id,
        case_id=None,
        visit=None,
        context={**sample(url, now), "language": language},
        not_before=now,
        expires_at=now + LIVES,
    )
    queue(session, [wanted], now)
