"""Rows of lists of cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from expertise.cases.queries import CaseRow, is_late
from expertise.cases.services import Definitions
from expertise.cases.views.assignment import AssignedPerson
from expertise.cases.views.quick_steps import QuickStep
from expertise.cases.views.quorum import counted
from expertise.identity import runtime
from expertise.people.access import Actor
from expertise.people.scope import STAFF
from expertise.reports import worklists
from expertise.text.deadlines import describe_days_left
from expertise.text.quorum import count_votes
from expertise.web.kit.choices import ReferenceNames
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import Form, new_key
from expertise.web.kit.i18n import said, translator
from expertise.web.kit.messages import role_name
from workflows.definition import Definition


@dataclass(frozen=True, slots=True)
class RowStep:
    """The next step of a case, as a button of its row: it is taken `in_row`, or its page at `url` asks first.

    `asks`: what it asks in words, each answered within the row.
    """

    label: str
    url: str
    in_row: bool
    key: str
    seen: int
    asks: Sequence[FormField] = ()


@dataclass(frozen=True, slots=True)
class CaseListRow:
    """One case in a list, as texts."""

    reference: str
    url: str
    title: str
    kind: str
    region: str
    state: str
    tone: str
    due_at: datetime | None
    late: bool
    votes: str = ""  # of steps that need several persons: 1 of 2
    assignee: str = ""  # the assignee in the team, with their delegate
    instead_of: str = ""  # the absent person, where the reader is there as a deputy only
    owner: str = ""  # the role on whose desk it lies
    left: str = ""  # the days to the deadline, or past it
    unassigned: bool = False  # it lies on a desk of the team and nobody there has it
    step: RowStep | None = None


def case_list_rows(
    rows: Iterable[CaseRow],
    definitions: Definitions,
    listed: ReferenceNames,
    now: datetime,
    endpoint: str = "cases.show",
    deputy: Actor | None = None,
    people: Mapping[int | None, AssignedPerson] | None = None,
) -> list[CaseListRow]:
    """Rows of a list in the language of the page; parts say what they are. `endpoint` shows one of them.

    `people`: assignees by id; None for readers who see neither assignees nor votes.

    `deputy`: the reader of a worklist, for whom some cases are there only instead of an absent person.
    """
    found = []
    for row in rows:
        line = _row(row, definitions.pinned(row.digest), listed, now, url_for(endpoint, reference=row.reference))
        if people is not None:
            line = replace(line, assignee=_assignee(row, people), votes=_votes(definitions.pinned(row.digest), row))
        found.append(line if deputy is None else replace(line, instead_of=_instead_of(deputy, row)))
    return found


def with_steps(
    shown: Sequence[CaseListRow], rows: Sequence[CaseRow], steps: Mapping[int, QuickStep]
) -> list[CaseListRow]:
    """Return the rows, in their order, with the button of the next step where `steps` has one for the case."""
    return [
        replace(line, step=_button(row, steps[row.id])) if row.id in steps else line
        for line, row in zip(shown, rows, strict=True)
    ]


def _button(row: CaseRow, quick: QuickStep) -> RowStep:
    step, endpoint = quick.step, "tasks.take" if quick.in_row else "steps.take"
    required = {name for name, needed in step.asks.items() if needed}
    asks = Form(quick.definition, {}, required=required).fields(step.asks) if quick.in_row else ()
    url = url_for(endpoint, reference=row.reference, step=step.key)
    return RowStep(said(step.label), url, quick.in_row, new_key(), row.version, asks)


def _assignee(row: CaseRow, people: Mapping[int | None, AssignedPerson]) -> str:
    assignee, delegate = people.get(row.assignee_id), people.get(row.delegate_id)
    if assignee is None or delegate is None:
        return assignee.name if assignee is not None else ""
    return _("%(delegate)s for %(holder)s", delegate=delegate.name, holder=assignee.name)


def _votes(definition: Definition, row: CaseRow) -> str:
    """The votes of each step that needs several persons; empty where no step does."""
    found = counted(definition, row.state, row.votes)
    return "; ".join(count_votes(step, len(votes), translator()) for step, votes in found)


def _instead_of(deputy: Actor, row: CaseRow) -> str:
    absent = deputy.standing_in(region=row.region, workflow=row.workflow).get(row.owner_role or "")
    return absent.name if absent is not None else ""


def _row(row: CaseRow, definition: Definition, listed: ReferenceNames, now: datetime, url: str) -> CaseListRow:
    return CaseListRow(
        reference=row.reference,
        url=url,
        title=row.title or "",
        kind=said(definition.title) if row.parent_id is not None else "",
        region=listed.region(row.region),
        state=said(definition.states[row.state].label),
        tone=tone(definition, row.state),
        due_at=row.due_at if row.final is None else None,
        late=is_late(row, now),
        owner=capitalised(role_name(row.owner_role)) if row.owner_role else "",
        left=_left(row, now),
        unassigned=row.owner_role in STAFF and row.assignee_id is None,
    )


def _left(row: CaseRow, now: datetime) -> str:
    if row.final is not None or row.due_at is None:
        return ""
    return describe_days_left(row.due_at, now, runtime().services.calendar, translator())


def capitalised(text: str) -> str:
    """Return the text with a capital as its first letter, and all others as they are."""
    return text[:1].upper() + text[1:]


def figure(total: int, most: int | None = None) -> str:
    """A counted total as a figure; counting stops at `most`, by default at `worklists.COUNTED`."""
    most = most or worklists.COUNTED
    return f"{most - 1}+" if total >= most else str(total)


def total_of(total: int) -> str:
    """The number of cases of a list in words; counting stops at `worklists.COUNTED`."""
    if total >= worklists.COUNTED:
        return _("More than %(number)s cases", number=worklists.COUNTED - 1)
    return ngettext("%(num)d case", "%(num)d cases", total)


def tone(definition: Definition, state_key: str) -> str:
    """The colour of a state's tag; the label beside it says the same."""
    state = definition.states[state_key]
    if state.final is not None:
        return state.final.value
    if state.paused:
        return "paused"
    return "draft" if state_key == definition.initial and state.edit else ""
