"""The form of a step, for the page of a case and for the signed page of a letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise.cases.views import case_view
from expertise.identity import runtime
from expertise.web.auth import reauthentication
from expertise.web.cases.case_page import mended_at
from expertise.web.cases.choosable import choices_for
from expertise.web.kit.forms import ErrorLink, Form, stored_as_typed, wrong_in
from expertise.web.kit.messages import describe
from workflows.definition import Transition
from workflows.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Sent:
    """The content of a step that was refused, to be shown again."""

    raw: Mapping[str, Any] = field(default_factory=dict)
    refusal: Refusal | None = None
    unsure: bool = False  # a grave step without its yes or no
    unproved: str | None = None  # what is wrong with the proof that a high-risk step asks for


def form_of(db: Session, view: case_view.CaseView, step: Transition, sent: Sent) -> Form:
    """Return the form of a step, filled with what was typed or is stored."""
    return Form(
        definition=view.definition,
        values={**stored_as_typed(view.definition, step.asks, view.case.fields), **sent.raw},
        choices=choices_for(db, view.definition, step.asks, case_view.chooser_of(view)),
        errors=wrong_in(sent.refusal),
        required={name for name, required in step.asks.items() if required},
        upload_limit=runtime().settings.upload_bytes,
    )


def errors_of(
    view: case_view.CaseView, step: Transition, refusal: Refusal | None, sent: Sent | None
) -> list[ErrorLink]:
    """Return the summary above the form; each line links to its field, here or on the page of the fields."""
    if sent is not None and sent.unsure:
        return [ErrorLink(_("Confirm your decision: choose yes or no."), "#f-_sure")]
    if sent is not None and sent.unproved is not None:
        return [ErrorLink(sent.unproved, f"#f-{reauthentication.PROOF}")]
    if refusal is None:
        return []
    return [
        ErrorLink(item.text, f"#f-{item.field}" if item.field in step.asks else mended_at(view, item))
        for item in describe(refusal, view.definition).items
    ]
