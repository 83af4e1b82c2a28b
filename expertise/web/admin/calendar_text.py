"""Changes of the calendar as texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.calendars.model import COUNTRY, CalendarChange
from expertise.people.model import Organisation, Person
from expertise.text.translator import day
from expertise.web.kit.i18n import said
from workflows.definition import LANGUAGES

LONGEST_SOURCE = 300
SHOWN = 50


@dataclass(frozen=True, slots=True)
class CalendarChangeText:
    """One change: its author, time, days and decree, and how far the deadlines have followed."""

    at: datetime
    who: str
    whose: str
    what: str
    source: str
    progress: str


def changes(
    db: Session, year: int, owner: int, before: int | None = None
) -> tuple[list[CalendarChangeText], int | None]:
    """Return a page of the changes of a year that count for the country, or for an organisation; the latest first.

    `before` is the id below which the page begins; the second value is that of the next page, None for none.
    """
    older = (CalendarChange.id < before,) if before is not None else ()
    names = (getattr(Organisation, f"name_{language}") for language in LANGUAGES)
    rows = db.execute(
        select(CalendarChange.__table__, Person.name, *names)
        .outerjoin(Person, Person.key == CalendarChange.by)
        .outerjoin(Organisation, Organisation.id == CalendarChange.organisation_id)
        .where(CalendarChange.year == year, CalendarChange.organisation_id.in_((COUNTRY, owner)), *older)
        .order_by(CalendarChange.id.desc())
        .limit(SHOWN + 1)
    ).all()
    shown = rows[:SHOWN]
    made = [
        CalendarChangeText(
            row.at,
            row.name or _("the command line"),
            said(dict(zip(LANGUAGES, row[-3:], strict=True))) if row.organisation_id != COUNTRY else "",
            _what(row.confirmed, row.after),
            row.source,
            _progress(row.state, row.moved),
        )
        for row in shown
    ]
    return made, shown[-1].id if len(rows) > SHOWN else None


def _what(confirmed: bool | None, after: Sequence[Mapping[str, Any]]) -> str:
    if confirmed is not None:
        return _("The year was confirmed") if confirmed else _("The confirmation was withdrawn")
    off = [day(each["day"]) for each in after if not each["working"]]
    worked = [day(each["day"]) for each in after if each["working"]]
    said_off = [_("day off: %(days)s", days=", ".join(off))] if off else []
    said_worked = [_("working day: %(days)s", days=", ".join(worked))] if worked else []
    return "; ".join(said_off + said_worked)


def _progress(state: str, moved: int) -> str:
    if state == "open":
        return _("Deadlines are being moved; so far: %(number)s", number=moved)
    return _("Deadlines moved: %(number)s", number=moved)
