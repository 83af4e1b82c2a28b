"""Changes that wait for a second administrator, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.people.manage import pending_changes
from expertise.people.manage.pending_changes import Guarded, ListedChange
from expertise.people.model import Person
from expertise.text.account_changes import CHANGES
from expertise.text.translator import days
from expertise.web.people.form_fields import scope_text
from expertise.web.people.permissions import PeopleRights


@dataclass(frozen=True, slots=True)
class WaitingChange:
    """A change as it is shown. `own`: the visitor asked for it, and can withdraw it only."""

    change: ListedChange
    words: str
    own: bool


def waiting_changes(db: Session, by: PeopleRights, person: Person | None = None) -> list[WaitingChange]:
    """Return the changes that wait, of everybody or of one person, in words."""
    found = pending_changes.waiting(db, clock.now(), person.id if person is not None else None)
    return [WaitingChange(each, _words(db, each), each.asked_by_id == by.actor.person_id) for each in found]


def _words(db: Session, change: ListedChange) -> str:
    values: dict[str, Any] = dict(change.values)
    if change.what is Guarded.ROLE:
        between = days(values.get("since"), values.get("until"))
        values["role"] = scope_text(db, pending_changes.scope_of(values))
        values["role"] += f" ({between})" if between else ""
    return _(CHANGES[change.what], **values)
