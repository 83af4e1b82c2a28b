"""The form of a step, for the page of a case and for the signed page of a letter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise.cases.actions.fire import JustOpened
from expertise.cases.views.case_view import CaseView, OfferedStep, chooser_of
from expertise.identity import runtime
from expertise.text.deadlines import describe_budget
from expertise.text.messages import ChecklistItem
from expertise.text.values import DisplayedValue, display, text_of
from expertise.web.auth import reauthentication
from expertise.web.cases.attached_files import Attached
from expertise.web.cases.choosable import choices_for
from expertise.web.cases.load import names_in
from expertise.web.kit import shown
from expertise.web.kit.choices import listed
from expertise.web.kit.forms import ErrorLink, Form, wrong_in
from expertise.web.kit.i18n import said, translator
from expertise.web.kit.known import todays
from expertise.web.kit.messages import describe, role_name
from workflows.decision import is_empty
from workflows.definition import Definition, State, Transition
from workflows.graph import way_ahead
from workflows.refusals import Refusal

AHEAD = 4  # states that a form says lie ahead


@dataclass(frozen=True, slots=True)
class Sent:
    """The content of a step that was refused, to be shown again."""

    raw: Mapping[str, Any] = field(default_factory=dict)
    refusal: Refusal | None = None
    unsure: bool = False  # a grave step without its yes or no
    rows: bool = False  # a row of a table was added or removed: nothing is wrong
    unproved: str | None = None  # what is wrong with the proof that a high-risk step asks for
    attached: Attached = field(default_factory=Attached)  # files that came with the comment


def shown_by(view: CaseView, names: Iterable[str]) -> str:
    """Return the note by which a form says which values of the case it shows."""
    return shown.write(view.definition, names, view.case.fields, view.case.visit)


def values_of(
    db: Session, view: CaseView, names: Iterable[str], raw: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values of a form, as stored or as changed on it, and what others stored in the same fields meanwhile.

    The texts of the second are those of the fields that were changed here and there.
    """
    was = shown.read(request.form) if request.method == "POST" else None
    values, both = shown.again(view.definition, names, view.case.fields, raw, was)
    texts = names_in(view, listed(db))
    theirs = {name: text_of(view.definition.fields[name], view.case.fields.get(name), texts) for name in both}
    return values, {name: text or _("nothing: the field is empty") for name, text in theirs.items()}


def check_of(definition: Definition, state: str, roles: Iterable[str]) -> Transition | None:
    """Return the step before which one of these roles checks its answers in this state; None where there is none.

    It is the main step that requires what the role fills in here.
    """
    may = set(roles)
    editors = {role for role, names in definition.states[state].edit.items() if names}
    return next(
        (
            step
            for step in definition.steps_from[state]
            if step.weight == "main" and step.requires and may & editors & set(step.by)
        ),
        None,
    )


def states_ahead(definition: Definition, state: str) -> list[str]:
    """Return the next states as texts, each with its owner and its time."""
    found = [definition.states[key] for key in way_ahead(definition, state)[:AHEAD]]
    return [
        " – ".join(
            filter(None, [said(each.label), role_name(each.owner) if each.owner else "", _time(definition, each)])
        )
        for each in found
    ]


def _time(definition: Definition, state: State) -> str:
    """The time in a state, or the name of the field with its day; empty for none."""
    if state.deadline is None:
        return ""
    if state.deadline.within is None:
        return said(definition.fields[state.deadline.on or ""].label)
    return describe_budget(state.deadline.within.amount, state.deadline.within.unit, translator())


@dataclass(frozen=True, slots=True)
class Answer:
    """One field of the case on the page that checks the answers. `missing`: the step needs it, and it is empty."""

    label: str
    value: DisplayedValue | None
    url: str
    missing: bool


def answers_of(db: Session, view: CaseView, step: Transition) -> list[tuple[str, list[Answer]]]:
    """Return what the person has filled in and now sends, under headings; nothing where the step needs none of it."""
    if not step.requires or not set(step.requires) & set(view.editable):
        return []
    names = names_in(view, listed(db))
    fields, stored = view.definition.fields, view.case.fields

    def answer(name: str) -> Answer:
        value = stored.get(name)
        shown_value = None if is_empty(value) else display(fields[name], value, names)
        url = url_for("editing.edit", reference=view.case.reference, _anchor=f"f-{name}")
        return Answer(said(fields[name].label), shown_value, url, shown_value is None and name in step.requires)

    groups = view.definition.grouped(name for name in view.editable if name not in step.asks)
    return [(said(group.label), [answer(name) for name in group.fields]) for group in groups]


def form_of(db: Session, view: CaseView, step: Transition, sent: Sent) -> Form:
    """Return the form of a step, filled with what was typed or is stored."""
    values, theirs = values_of(db, view, step.asks, sent.raw)
    if request.method != "POST":
        values |= todays(view.definition, step.asks, view.case.fields)
    return Form(
        definition=view.definition,
        values=values,
        choices=choices_for(db, view.definition, step.asks, chooser_of(view)),
        errors=wrong_in(sent.refusal),
        required={name for name, required in step.asks.items() if required},
        upload_limit=runtime().settings.upload_bytes,
        theirs=theirs,
    )


def errors_of(view: CaseView, step: Transition, refusal: Refusal | None, sent: Sent | None) -> list[ErrorLink]:
    """Return the summary above the form; each line links to its field, here or on the page of the fields."""
    if sent is not None and sent.unsure:
        return [ErrorLink(_("Confirm your decision: choose yes or no."), "#f-_sure")]
    if sent is not None and sent.unproved is not None:
        return [ErrorLink(sent.unproved, f"#f-{reauthentication.PROOF}")]
    if isinstance(refusal, JustOpened):
        return [ErrorLink(item.text, "#f-_sure") for item in describe(refusal, view.definition).items]
    attached = sent.attached.errors if sent is not None else []
    if refusal is None:
        return attached
    return attached + [
        ErrorLink(item.text, f"#f-{item.field}" if item.field in step.asks else mended_at(view, item))
        for item in describe(refusal, view.definition).items
    ]


def hindrances(view: CaseView, offered: OfferedStep) -> list[tuple[str, str]]:
    """The checklist of a step that cannot be taken yet, each line with the address that mends it."""
    items = (item for refusal in offered.verdict.refusals for item in describe(refusal, view.definition).items)
    return [(item.text, mended_at(view, item)) for item in items]


def mended_at(view: CaseView, item: ChecklistItem) -> str:
    """The address where this person can mend what is missing; empty when it is not theirs to mend."""
    if item.field not in view.editable:
        return ""
    return url_for("editing.edit", reference=view.case.reference, _anchor=f"f-{item.field}")
