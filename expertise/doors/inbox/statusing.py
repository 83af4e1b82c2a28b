"""СТАТУС, КҮЙІ, STATUS: how a case stands, in one line of the receipt."""

from __future__ import annotations

from datetime import datetime

from expertise.cases.queries import CaseRow, is_late
from expertise.cases.services import Shop
from expertise.doors.inbox.phrases import say
from expertise.mail.letters.templates import moment
from workflows.calendar import Calendar
from workflows.definition import Text
from workflows.roles import ROLE_LABELS


def status_of(shop: Shop, case: CaseRow, calendar: Calendar, now: datetime) -> Text:
    """Its state, its deadline and by how much it has passed, on whose desk it lies, and since when nothing happened."""
    return say(
        "status",
        reference=case.reference,
        title=" ".join((case.title or "–").split()),
        state=shop.kinds.pinned(case.digest).states[case.state].label,
        due=_due(case, calendar, now),
        role=ROLE_LABELS[case.with_role] if case.with_role is not None and case.final is None else "–",
        changed=moment(case.changed_at),
    )


def _due(case: CaseRow, calendar: Calendar, now: datetime) -> Text | str:
    if case.due_at is None or case.final is not None:
        return "–"
    if not is_late(case, now):
        return moment(case.due_at)
    days = calendar.working_days_between(calendar.local_day(case.due_at), calendar.local_day(now))
    return say("late_by", due=moment(case.due_at), days=days)
