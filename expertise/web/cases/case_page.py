"""The page of one case: everything that `cases/show.html` shows, in the language of the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from textwrap import shorten
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise.cases.actions import deadline as deadline_plan
from expertise.cases.queries import CaseRow, is_late
from expertise.cases.services import Services
from expertise.cases.views import access_log
from expertise.cases.views.access_log import WasRead
from expertise.cases.views.case_view import CaseView, OfferedStep, Panel
from expertise.mail.outbound import admin_queries
from expertise.people.names import names_of
from expertise.people.scope import EVERYWHERE, STAFF
from expertise.questionnaires.catalogue import questionnaire_of
from expertise.questionnaires.due import asked_now
from expertise.text.deadlines import DeadlineText, describe_deadline
from expertise.text.events import EventText, describe_event
from expertise.text.messages import ChecklistItem
from expertise.text.quorum import describe_votes
from expertise.text.translator import moment
from expertise.text.values import ValueNames, display_all, text_of
from expertise.web.cases.rows import CaseListRow, case_list_rows, tone
from expertise.web.kit.choices import ReferenceNames
from expertise.web.kit.i18n import said, translator
from expertise.web.kit.messages import describe, role_name
from workflows.definition import Definition, Transition
from workflows.graph import leads_on, way_ahead
from workflows.refusals import Refusal, Stale, WrongState

LONG_TRAIL = 12  # entries above which the older ones are folded away


@dataclass(frozen=True, slots=True)
class StepOffer:
    """A step that this person may take: the address of its page, or the checklist of what is missing."""

    step: Transition
    url: str
    hindrances: Sequence[tuple[str, str]]  # sentence, address of what mends it (or nothing)
    target: str
    main: bool  # its button is filled


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of the case, as a row of a list."""

    reference: str
    url: str
    name: str
    state: str
    tone: str
    due_at: datetime | None
    late: bool
    mine: bool  # it waits for the reader


@dataclass(frozen=True, slots=True)
class Stage:
    """A state in the list beside the diagram."""

    label: str
    passed: bool
    current: bool


def page(session: Session, services: Services, view: CaseView, listed: ReferenceNames, now: datetime) -> dict[str, Any]:
    """Everything that `cases/show.html` shows."""
    case, definition = view.case, view.definition
    names = names_in(view, listed)
    trail = [describe_event(event, definition, names) for event in view.events]
    return {
        "case": case,
        "definition": definition,
        "state": said(definition.states[case.state].label),
        "tone": tone(definition, case.state),
        "desk": role_name(case.owner_role) if case.owner_role else "",
        "late": is_late(case, now),
        "assignment": view.assignment,
        "corrections": view.corrections,
        "correctable": view.correctable,
        "votes": [describe_votes(each.step, each.given, each.people, translator()) for each in view.votes],
        "accesses": _accesses(session, view),
        "deadline": deadline_of(session, services, definition, case),
        "extension": _extension(view),
        "held": _held(view),
        "closed": view.closed,
        "confirms_years": view.actor.has("administrator"),
        "region": listed.region(case.region),
        "organisation": said(services.names.organisation(session, case.organisation_id)),
        "offers": sorted((_offer(view, offered) for offered in view.offered), key=_place),
        "editable": bool(view.editable),
        "questions": _questions(view),
        "fields": display_all(definition, below_the_header(definition), case.fields, names),
        "panels": [(said(panel.part.label), part_rows(session, view, panel, listed, now)) for panel in view.panels],
        "parent": _parent(services, view, listed, now),
        "comments": [each for each in reversed(trail) if (each.comment or each.files) and not each.corrects],
        "trail": trail[:LONG_TRAIL],
        "older": trail[LONG_TRAIL:],
        "stages": stages(view),
        "letters": admin_queries.of_case(session, case.id) if view.roles & (STAFF | EVERYWHERE) else (),
    }


def _accesses(session: Session, view: CaseView) -> list[WasRead]:
    """The accesses that were recorded, for the team and for auditors; files by their names."""
    if view.roles.isdisjoint(STAFF | EVERYWHERE):
        return []
    names = {key: row.name for key, row in view.files.items()}
    found = access_log.readings(session, view.case)
    return [replace(each, role=role_name(each.role), file=names.get(each.file, each.file)) for each in found]


def _held(view: CaseView) -> tuple[str, str, list[str]] | None:
    """The step that the clock could not take, when it tries again, and what bars it; None for none."""
    if view.held is None:
        return None
    bars = [item.text for refusal in view.held.refusals for item in describe(refusal, view.definition).items]
    return said(view.held.step.label), moment(view.held.again_at), bars


def _extension(view: CaseView) -> str:
    """The address of the page that extends the deadline; empty for people who may not."""
    allowed = view.extension is not None and view.extension.allowed
    return url_for("extension.ask", reference=view.case.reference) if allowed else ""


def _questions(view: CaseView) -> str:
    """The label of the link to the questions of a check; empty where none are asked."""
    if questionnaire_of(view.case.workflow) is None:
        return ""
    return _("Answer the questions") if asked_now(view) else _("Answers to the questions")


def hindrances(view: CaseView, offered: OfferedStep) -> list[tuple[str, str]]:
    """The checklist of a step that cannot be taken yet, each line with the address that mends it."""
    items = (item for refusal in offered.verdict.refusals for item in describe(refusal, view.definition).items)
    return [(item.text, mended_at(view, item)) for item in items]


def mended_at(view: CaseView, item: ChecklistItem) -> str:
    """The address where this person can mend what is missing; empty when it is not theirs to mend."""
    if item.field not in view.editable:
        return ""
    return url_for("editing.edit", reference=view.case.reference, _anchor=f"f-{item.field}")


def names_in(
    view: CaseView,
    listed: ReferenceNames,
    address: Callable[[str], str] = lambda key: url_for("files.download", key=key),
) -> ValueNames:
    """The names of what the values of this case point to. `address`: key of a file → where this reader gets it."""
    return ValueNames(translator(), listed.texts, view.files, view.experts, address)


def deadline_of(session: Session, services: Services, definition: Definition, case: CaseRow) -> DeadlineText | None:
    """The deadline of an open case by the calendar of today; None where there is none."""
    if case.final is not None or case.due_at is None:
        return None
    why = deadline_plan.staying(session, services, definition, case).explanation
    if why is None:
        return None
    place = said(services.names.place(session, case.organisation_id, case.region))
    return describe_deadline(why, definition.states[case.state], case.due_at, place, translator())


def latest(view: CaseView, listed: ReferenceNames, refusal: Refusal | None) -> EventText | None:
    """Return who moved the case, and how, when that is why something was refused."""
    if not isinstance(refusal, (Stale, WrongState)) or not view.events:
        return None
    return describe_event(view.events[0], view.definition, names_in(view, listed))


def stages(view: CaseView) -> list[Stage]:
    """The states that the case has been in, in the order in which it came there first, and the way that lies ahead.

    A state that it left and may never see again, such as one on the way to an early end, is no part of what lies ahead.
    """
    definition, here = view.definition, view.case.state
    been = [key for key in dict.fromkeys(view.path) if key != here]
    found = [Stage(said(definition.states[key].label), passed=True, current=False) for key in been]
    found.append(Stage(said(definition.states[here].label), here in view.path, current=True))
    return found + [
        Stage(said(definition.states[key].label), passed=False, current=False) for key in way_ahead(definition, here)
    ]


def part_rows(session: Session, view: CaseView, panel: Panel, listed: ReferenceNames, now: datetime) -> list[PartRow]:
    """The parts of one kind, each named by what tells it from its siblings."""
    fields = panel.definition.fields
    keys = {row.fields.get(name) for row in panel.cases for name, each in fields.items() if each.type.party == "expert"}
    names = ValueNames(translator(), listed.texts, people=names_of(session, keys - {None}))
    return [
        PartRow(
            reference=row.reference,
            url=url_for("cases.show", reference=row.reference),
            name=_part_name(panel, row, names),
            state=said(panel.definition.states[row.state].label),
            tone=tone(panel.definition, row.state),
            due_at=row.due_at if row.final is None else None,
            late=is_late(row, now),
            mine=row.final is None and row.owner_role in view.roles,
        )
        for row in panel.cases
    ]


def _part_name(panel: Panel, row: CaseRow, names: ValueNames) -> str:
    """The name of a part: of a candidate the person's name, else the first value that was chosen or written."""
    own = [each for each in panel.definition.fields.values() if each.column is None or each.type.party == "expert"]
    telling = [each for each in own if each.type.party == "expert" or (each.type.naming_rank and not panel.part.sealed)]
    ranked = sorted(telling, key=lambda each: each.type.naming_rank)
    words = (text_of(each, row.fields.get(each.key), names) for each in ranked)
    return shorten(next(filter(None, words), row.title or ""), 120, placeholder=" …")


def _place(offer: StepOffer) -> tuple[bool, bool, bool]:
    """Sort key: main steps first, also with an open checklist; grave steps after the others."""
    return not offer.main, bool(offer.hindrances), offer.step.weight == "grave"


def below_the_header(definition: Definition) -> list[str]:
    """The fields that the header of the page does not show: all but title and region."""
    return [name for name, each in definition.fields.items() if each.column not in ("title", "region")]


def _offer(view: CaseView, offered: OfferedStep) -> StepOffer:
    step = offered.step
    return StepOffer(
        step=step,
        url=url_for("steps.take", reference=view.case.reference, step=step.key),
        hindrances=hindrances(view, offered),
        target=said(view.definition.states[offered.target].label),
        main=leads_on(view.definition, step, view.case.state),
    )


def _parent(services: Services, view: CaseView, listed: ReferenceNames, now: datetime) -> CaseListRow | None:
    return case_list_rows([view.parent], services.definitions, listed, now)[0] if view.parent is not None else None
