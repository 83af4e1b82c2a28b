"""The parts of every tab of a case: its header, its first line, and what the reader can do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from expertise.cases.actions import deadline as deadline_plan
from expertise.cases.queries import CaseRow, is_late
from expertise.cases.services import Services
from expertise.cases.views.case_view import CaseView
from expertise.questionnaires.catalogue import questionnaire_of
from expertise.questionnaires.due import asked_now
from expertise.text.deadlines import DeadlineText, describe_plan
from expertise.text.events import EventText, describe_event
from expertise.text.translator import moment
from expertise.text.values import text_of
from expertise.web.cases.load import names_in
from expertise.web.cases.page.parts import waiting_parts
from expertise.web.cases.page.progress import progress_of
from expertise.web.cases.rows import tone
from expertise.web.cases.step_offers import Posted, offers_of
from expertise.web.kit.choices import ReferenceNames
from expertise.web.kit.i18n import said, translator
from expertise.web.kit.messages import describe, role_name
from workflows.deadlines import working_days_left
from workflows.decision import is_empty
from workflows.definition import Definition
from workflows.field import Widget
from workflows.graph import leads_on
from workflows.refusals import Refusal, Stale, WrongState


@dataclass(frozen=True, slots=True)
class Turn:
    """The first line of a case. Empty texts where there is nothing to say."""

    mine: bool  # the reader has to act
    role: str  # the role that has to act
    step: str  # the step that is expected
    left: str  # working days until the deadline
    otherwise: str  # what follows when nothing is done


def frame(
    session: Session,
    services: Services,
    view: CaseView,
    listed: ReferenceNames,
    now: datetime,
    posted: Posted | None = None,
) -> dict[str, Any]:
    """Everything that `cases/_page.html` shows. `posted`: a step that was sent from the page and refused."""
    case, definition = view.case, view.definition
    return {
        "case": case,
        "definition": definition,
        "state": said(definition.states[case.state].label),
        "tone": tone(definition, case.state),
        "desk": role_name(case.owner_role) if case.owner_role else "",
        "late": is_late(case, now),
        "turn": _turn(session, services, view, now),
        "progress": progress_of(view),
        "assignment": view.assignment,
        "deadline": deadline_of(session, services, definition, case),
        "extension": _extension(view),
        "held": _held(view),
        "closed": view.closed,
        "confirms_years": view.actor.has("administrator"),
        "region": listed.region(case.region),
        "money": _money(view, listed),
        "offers": offers_of(session, view, posted),
        "moved": latest(view, listed, posted.sent.refusal) if posted is not None else None,
        "editable": bool(view.editable),
        "questions": _questions(view),
        "waiting_parts": waiting_parts(session, view, listed, now),
    }


def _turn(session: Session, services: Services, view: CaseView, now: datetime) -> Turn:
    case, definition = view.case, view.definition
    if case.final is not None or case.owner_role is None:
        return Turn(mine=False, role="", step="", left="", otherwise="")
    steps = [each for each in definition.steps_from[case.state] if case.owner_role in each.by]
    step = next((each for each in steps if leads_on(definition, each, case.state)), None)
    left = ""
    if case.due_at is not None:
        left = days_left(working_days_left(services.calendars.of(session, case.organisation_id), case.due_at, now))
    return Turn(
        mine=case.owner_role in view.roles and not view.closed,
        role=role_name(case.owner_role),
        step=said(step.label) if step is not None else "",
        left=left,
        otherwise=_otherwise(definition, case),
    )


def days_left(days: int) -> str:
    """The working days until a deadline in words; negative when it is over."""
    if days > 0:
        return ngettext("%(num)d working day left", "%(num)d working days left", days)
    return ngettext("%(num)d working day late", "%(num)d working days late", -days) if days < 0 else _("the last day")


def _otherwise(definition: Definition, case: CaseRow) -> str:
    """Return the consequence of a missed deadline: the step of the clock, else the first report; empty for none."""
    deadline = definition.clocks[case.due_of] if case.due_of else definition.states[case.state].deadline
    if case.due_at is None or deadline is None:
        return ""
    lapse = definition.transitions.get(deadline.then or "")
    if lapse is not None:
        return said(lapse.taken)
    reported = [rung.to for rung in deadline.escalate]
    return _("Reported as late to: %(role)s", role=role_name(reported[0])) if reported else ""


def _money(view: CaseView, listed: ReferenceNames) -> tuple[str, str] | None:
    """The label and the text of the first sum that the case holds; None for none."""
    for name, each in view.definition.fields.items():
        value = view.case.fields.get(name)
        if each.type.widget is Widget.MONEY and not is_empty(value):
            return said(each.label), text_of(each, value, names_in(view, listed))
    return None


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


def deadline_of(session: Session, services: Services, definition: Definition, case: CaseRow) -> DeadlineText | None:
    """The deadline of an open case by the calendar of today; None where there is none."""
    if case.final is not None or (case.due_at is None and not case.clocks):
        return None
    plan = deadline_plan.staying(session, services, definition, case)
    place = said(services.names.place(session, case.organisation_id, case.region))
    return describe_plan(plan, definition, case.state, case.clocks, place, translator())


def latest(view: CaseView, listed: ReferenceNames, refusal: Refusal | None) -> EventText | None:
    """Return who moved the case, and how, when that is why something was refused."""
    if not isinstance(refusal, (Stale, WrongState)) or not view.events:
        return None
    return describe_event(view.events[0], view.definition, names_in(view, listed))


def below_the_header(definition: Definition) -> list[str]:
    """The fields that the header of the page does not show: all but title and region."""
    return [name for name, each in definition.fields.items() if each.column not in ("title", "region")]
