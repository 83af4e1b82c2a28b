"""Quarantine: mail that an administrator must decide about.

Nothing is done to a case here. The worker processes a released mail like any other and knows who released it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.mail.inbound.model import InboundMail

PAGE = 50
#: Decisions of an administrator: treat it as the token owner's, add it to a case, process it again.
RELEASE, ATTACH, AGAIN = "release", "attach", "again"

_MAILS = table_of(InboundMail)
_SHOWN = [column for column in _MAILS.c if column.name != "raw"]


@dataclass(frozen=True, slots=True)
class QuarantinePage:
    """One page of mails, latest first, and their total number."""

    mails: Sequence[Row[Any]]
    total: int


def listing(session: Session, state: str, start: int = 0, size: int = PAGE) -> QuarantinePage:
    """Return mails in that state, without their bytes."""
    wanted = select(*_SHOWN).where(_MAILS.c.state == state)
    total = session.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()
    ordered = wanted.order_by(_MAILS.c.received_at.desc(), _MAILS.c.id.desc())
    return QuarantinePage(session.execute(ordered.offset(start).limit(size)).all(), total)


def counts(session: Session) -> Mapping[str, int]:
    """Return the number of mails for each state that has any."""
    rows = session.execute(select(_MAILS.c.state, func.count()).group_by(_MAILS.c.state))
    return {row[0]: row[1] for row in rows}


def allowed(mail: InboundMail) -> frozenset[str]:
    """Return the decisions possible for this mail. Release needs a person's mail and a valid token."""
    if mail.state != "quarantined":
        return frozenset()
    if mail.reason == "fault":
        return frozenset({AGAIN})
    if mail.verdict.get("kind") != "person":
        return frozenset()
    return frozenset({ATTACH, RELEASE} if mail.verdict.get("token") == "valid" else {ATTACH})


def locked(session: Session, mail_id: int) -> InboundMail | None:
    """Return the mail, locked for a decision; None if it does not exist."""
    return session.execute(select(InboundMail).where(InboundMail.id == mail_id).with_for_update()).scalars().first()


def send_on(mail: InboundMail, wish: str, person_id: int, now: datetime, case_id: int | None = None) -> bool:
    """Queue the mail for the worker with the decision `wish`. Return False if it is not allowed any more."""
    if wish not in allowed(mail):
        return False
    mail.state, mail.reason, mail.tries, mail.not_before, mail.settled_at = "received", None, 0, now, None
    mail.verdict = {**mail.verdict, "wish": wish, "handled": [*_handled(mail), _entry(wish, person_id, now)]}
    if wish != AGAIN:
        mail.handled_by_id = person_id
    if wish == ATTACH:
        mail.case_id = case_id
    return True


def discard(mail: InboundMail, note: str, person_id: int, now: datetime) -> bool:
    """Settle the mail without an effect; `note` is the reason. Return False if it is not in quarantine any more."""
    if mail.state != "quarantined":
        return False
    mail.state, mail.note, mail.handled_by_id, mail.settled_at = "discarded", note, person_id, now
    mail.verdict = {**mail.verdict, "handled": [*_handled(mail), _entry("discard", person_id, now)]}
    return True


def _handled(mail: InboundMail) -> list[dict[str, Any]]:
    return list(mail.verdict.get("handled", ()))


def _entry(what: str, person_id: int, now: datetime) -> dict[str, Any]:
    return {"what": what, "by": person_id, "at": now.isoformat()}
