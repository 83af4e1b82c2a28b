"""The messages of a case: comments, internal notes, and files that came with a step, page by page."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from expertise.audit.act import Subject
from expertise.audit.model import Event, PrivateValue
from expertise.cases import queries
from expertise.cases.actions.attachments import FILES, FILES_OF_STEP
from expertise.cases.events import NOTE, WRONG
from expertise.cases.views.case_view import CaseView, Happened, happened
from workflows.fields.types import COMMENT

#: Messages of one page.
SHOWN = 50

#: The private values that make a message of an event.
_SAID = (COMMENT.key, NOTE, FILES, FILES_OF_STEP)
#: JSON of a value that says nothing.
_NOTHING = ("null", '""', "[]")


def messages(session: Session, view: CaseView, before: int | None = None, most: int = SHOWN + 1) -> Sequence[Happened]:
    """Return messages of the case, the newest first: one more than a page has, to show whether more follow.

    `before` is the sequence of the oldest one of the page before.
    """
    return happened(session, view, _messages(view), before, most)


def count_messages(session: Session, view: CaseView, after: int = 0) -> int:
    """Return the number of messages that the reader may see, of those above the sequence `after`."""
    seen = [Event.case_id == view.case.id, Event.sequence > after, *_messages(view)]
    if not queries.sees_notes(view.roles):
        seen.append(Event.act.not_like(f"%:{Subject.NOTE}:%"))
    return session.execute(select(func.count()).select_from(Event).where(*seen)).scalar_one()


def _messages(view: CaseView) -> list[ColumnElement[bool]]:
    """The condition of an event that is a message; a correction is none, whatever reason it gives."""
    mine = PrivateValue.case_id == view.case.id
    said = PrivateValue.name.in_(_SAID) & PrivateValue.value.not_in(_NOTHING)
    corrections = select(PrivateValue.sequence).where(mine, PrivateValue.name == WRONG)
    return [
        Event.sequence.in_(select(PrivateValue.sequence).where(mine, said)),
        Event.sequence.not_in(corrections),
    ]
