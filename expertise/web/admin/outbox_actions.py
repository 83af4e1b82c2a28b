"""The actions of an administrator on a letter, each in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import abort, url_for
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound import admin_actions, resend
from expertise.people import history
from expertise.people.manage import pending_changes
from expertise.people.manage.accounts import invalid
from expertise.web.people.form_input import FormReader
from expertise.web.people.permissions import administrator
from workflows.refusals import Refusal


def letter_of(db: Session, number: int) -> OutgoingLetter:
    """The letter with that number. Aborts with 404 for an unknown one."""
    found = db.get(OutgoingLetter, number)
    if found is None:
        abort(404)
    return found


def _resend(db: Session, number: int) -> str | Refusal:
    by, letter, reading = administrator(db).actor.person_id or 0, letter_of(db, number), FormReader()
    if not resend.can_resend(letter):
        abort(422)
    address, reason = reading.text("address"), reading.text("reason")
    if address and pending_changes.is_guarded(db, letter.recipient_id, clock.now()):
        return invalid("address", "own_address")  # its links decide in the name of the recipient
    new = resend.resend(db, letter, by, address, reason, clock.now())
    if isinstance(new, Refusal):
        return new
    if address:
        history.note(db, letter.recipient_id, "letter:resend", email=address.lower(), note=reason)
    return url_for("outbox.show", number=new)


def _simply(action: Callable[..., bool]) -> Callable[[Session, int], str]:
    """An action without parameters; when it comes too late the page shows the present state."""

    def do(db: Session, number: int) -> str:
        by = administrator(db).actor.person_id or 0
        action(db, letter_of(db, number).id, by, clock.now())
        return url_for("outbox.show", number=number)

    return do


def unknown_action(db: Session, number: int) -> str:
    """Abort with 422: there is no such action."""
    administrator(db)
    letter_of(db, number)
    abort(422)


ACTIONS: Mapping[str, Callable[[Session, int], str | Refusal]] = {
    "resend": _resend,
    "release": _simply(admin_actions.release),
    "arrived": _simply(admin_actions.arrived),
    "again": _simply(admin_actions.again),
    "cancel": _simply(admin_actions.cancel),
}
