"""The names of the roles, for pages, letters and pictures."""

from __future__ import annotations

from collections.abc import Mapping

from workflows.definition import Text

ROLE_LABELS: Mapping[str, Text] = {
    "requester": {"kk": "өтінім беруші", "ru": "заявитель", "en": "requester"},
    "coordinator": {"kk": "үйлестіруші", "ru": "координатор", "en": "coordinator"},
    "approver": {"kk": "бекітуші", "ru": "утверждающее лицо", "en": "approver"},
    "manager": {"kk": "басшы", "ru": "руководитель", "en": "manager"},
    "expert": {"kk": "сарапшы", "ru": "эксперт", "en": "expert"},
    "lender": {"kk": "кредитор", "ru": "кредитор", "en": "lender"},
    "auditor": {"kk": "аудитор", "ru": "аудитор", "en": "auditor"},
    "administrator": {"kk": "әкімші", "ru": "администратор", "en": "administrator"},
    "anyone": {"kk": "кез келген адам", "ru": "любой участник", "en": "anyone"},
    "clock": {"kk": "жүйе (мерзім бойынша)", "ru": "система (по сроку)", "en": "the system (by deadline)"},
    "part": {"kk": "жүйе (бөлік бойынша)", "ru": "система (по части дела)", "en": "the system (through a part)"},
}
