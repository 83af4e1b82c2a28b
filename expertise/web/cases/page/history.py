"""The history of a case as entries with an icon, under the day on which they happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise.audit.act import Subject, act_of
from expertise.base import clock
from expertise.cases.services import Services
from expertise.cases.views.case_view import CaseView, Happened, about, happened
from expertise.text.events import EventText, describe_event
from expertise.text.translator import clock_time, day
from expertise.web.cases.load import names_in
from expertise.web.kit.choices import ReferenceNames
from workflows.definition import Definition

#: Entries of one page of the history.
PAGE = 40

#: Kind of the filter → the subjects of its events.
KINDS: dict[str, tuple[str, ...]] = {
    "steps": (Subject.CASE, Subject.STEP, Subject.VOTE, Subject.UNDO, Subject.HELD, Subject.MIGRATION),
    "fields": (Subject.FIELDS, Subject.CORRECTION),
    "comments": (Subject.COMMENT, Subject.NOTE, "answer"),
    "deadlines": (Subject.DEADLINE, Subject.REMIND, Subject.ESCALATE),
    "assignments": (Subject.DESK,),
}

_ICONS = {
    Subject.CASE: "plus",
    Subject.STEP: "step",
    Subject.VOTE: "ok",
    Subject.UNDO: "back",
    Subject.FIELDS: "pen",
    Subject.COMMENT: "talk",
    Subject.NOTE: "talk",
    Subject.DEADLINE: "clock",
    Subject.DESK: "person",
    Subject.CORRECTION: "pen",
    Subject.REMIND: "letter",
    Subject.ESCALATE: "warn",
    Subject.HELD: "warn",
}


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """One entry: what happened, and the icon of its kind."""

    text: EventText
    icon: str
    time: str


@dataclass(frozen=True, slots=True)
class HistoryDay:
    """The entries of one day, the newest first."""

    label: str
    entries: Sequence[HistoryItem]


def kind_names() -> dict[str, str]:
    """The kinds of the filter with their names."""
    return {
        "steps": _("Steps"),
        "fields": _("Fields and corrections"),
        "comments": _("Comments and answers"),
        "deadlines": _("Deadlines and reminders"),
        "assignments": _("Assignments"),
    }


def history(
    session: Session, services: Services, view: CaseView, listed: ReferenceNames, kind: str, before: int | None
) -> dict[str, object]:
    """One page of the history, and the address of older entries. `before`: the sequence above this page."""
    subjects = KINDS.get(kind, ())
    found = list(happened(session, view, about(subjects), before, PAGE + 1))
    shown = found[:PAGE]
    before = shown[-1].sequence if shown else None
    older = url_for("cases.history", reference=view.case.reference, kind=kind or None, before=before)
    return {
        "days": in_days(services, view, listed, shown),
        "kinds": kind_names(),
        "kind": kind if kind in KINDS else "",
        "older": older if len(found) > PAGE else "",
        "newer": before is not None,
    }


def _defined(services: Services, event: Happened) -> Definition:
    """Return the definition under which the event happened, which for a migrated case may be another one."""
    return services.definitions.pinned(event.digest)


def in_days(services: Services, view: CaseView, listed: ReferenceNames, events: Sequence[Happened]) -> list[HistoryDay]:
    """The events as entries under their days, on the calendar of the country."""
    names = names_in(view, listed)
    today = services.calendar.local_day(clock.now())
    days = groupby(events, lambda event: services.calendar.local_day(event.at))
    return [
        HistoryDay(
            _("Today, %(day)s", day=day(here.isoformat())) if here == today else day(here.isoformat()),
            [
                HistoryItem(describe_event(each, _defined(services, each), names), _icon(each), clock_time(each.at))
                for each in found
            ],
        )
        for here, found in days
    ]


def _icon(event: Happened) -> str:
    act = act_of(event.act)
    return _ICONS.get(Subject(act.subject), "ok") if act.subject in set(Subject) else "ok"


def entry_page(reference: str, sequence: int) -> str:
    """The address of the page of the history that shows an entry, at the entry."""
    return url_for("cases.history", reference=reference, before=sequence + PAGE // 2, _anchor=f"e{sequence}")
