"""A deadline explained: how the day came about, in one sentence and part by part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from expertise.cases.actions import deadline as planning
from expertise.cases.queries import CaseRow
from expertise.cases.services import Services
from expertise.web.kit.i18n import clock_time, day, said
from workflows.calendar import DayRule
from workflows.deadlines import Explanation
from workflows.definition import Definition
from workflows.extension import extendable


@dataclass(frozen=True, slots=True)
class Explained:
    """What the page of a case says about its deadline. `unconfirmed` is the year whose decrees are awaited."""

    sentence: str
    parts: list[tuple[str, str]]
    unconfirmed: int | None


def explain(session: Session, services: Services, definition: Definition, case: CaseRow) -> Explained | None:
    """The deadline of an open case by the calendar of today; None where there is none."""
    if case.final is not None or case.due_at is None:
        return None
    why = planning.staying(session, services, definition, case).explanation
    if why is None:
        return None
    place = said(services.names.place(session, case.organisation_id, case.region))
    sentence = f"{', '.join(_pieces(why))} → {moment_at(case.due_at, place)}"
    return Explained(sentence, [*_parts(definition, case, why)], None if why.confirmed else why.due_on.year)


def moment_at(at: datetime, place: str) -> str:
    """`21.05.2026, 18:00 Kyzylorda`."""
    return f"{day(at)}, {clock_time(at)} {place}".rstrip()


def said_budget(amount: int, unit: str) -> str:
    """`5 working days`."""
    if unit == "working days":
        return ngettext("%(num)d working day", "%(num)d working days", amount)
    return ngettext("%(num)d calendar day", "%(num)d calendar days", amount)


def _pieces(why: Explanation) -> Iterator[str]:
    unit = why.budget.unit.value
    yield _("%(budget)s from %(day)s", budget=said_budget(why.budget.amount, unit), day=day(why.started_on))
    if why.extended:
        yield _("added: %(days)s", days=said_budget(why.extended, unit))
    if why.used:
        yield _("used before: %(days)s", days=said_budget(why.used, unit))
    if why.paused:
        yield _("paused: %(days)s", days=said_budget(why.paused, unit))
    if why.days_off:
        yield _("moved by holidays and decrees: %(days)s", days=len(why.days_off))
    if why.not_after:
        yield _("not after %(day)s", day=day(why.not_after))


def _parts(definition: Definition, case: CaseRow, why: Explanation) -> Iterator[tuple[str, str]]:
    """All of it as labels and values."""
    unit = why.budget.unit.value
    yield _("Time allowed"), said_budget(why.budget.amount, unit)
    yield _("Counted from"), day(why.started_on)
    if why.extended:
        yield _("Added by decision"), said_budget(why.extended, unit)
    if extendable(definition.states[case.state]):
        yield _("Extended"), _times(definition, case, why)
    if why.used:
        yield _("Used before"), said_budget(why.used, unit)
    if why.paused:
        yield _("Did not count while waiting"), said_budget(why.paused, unit)
    if why.moved:
        yield _("Moved to the next working day, by"), said_budget(why.moved, "calendar days")
    if why.not_after:
        yield _("Latest useful day"), day(why.not_after)
    if why.days_off:
        yield _("Special days"), "; ".join(map(_special, why.days_off))


def _times(definition: Definition, case: CaseRow, why: Explanation) -> str:
    deadline = definition.states[case.state].deadline
    most = deadline.extend.times if deadline is not None and deadline.extend is not None else 0
    return _("%(given)s of %(most)s times", given=why.extensions, most=most)


def _special(rule: DayRule) -> str:
    kind = _("worked") if rule.working else _("day off")
    return f"{rule.day:%d.%m} – {kind} ({rule.source})"
