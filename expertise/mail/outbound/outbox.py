"""The outbox: letters are queued in the transaction of the step. `claims` hands them to senders."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from expertise.base.database import insert_into, table_of
from expertise.mail import tokens
from expertise.mail.model import OutgoingLetter


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A letter to be queued. `visit`: it is only right in this visit of the state; `context`: see `templates.render`.

    `state`: queued, gathered for a digest, or cancelled with the reason in `answer`. `address`: where it goes if not to
    the recipient's own address.
    """

    dedupe_key: str
    letter: str
    recipient_id: int
    case_id: int | None
    visit: int | None
    context: Mapping[str, Any]
    not_before: datetime
    expires_at: datetime
    role: str | None = None
    state: str = "queued"
    answer: str | None = None
    address: str | None = None


def queue(session: Session, rows: Sequence[NewLetter], now: datetime) -> None:
    """Queue letters by one statement. A letter whose dedupe_key exists already is left as it is."""
    if not rows:
        return
    session.execute(
        insert_into(session, table_of(OutgoingLetter)).on_conflict_do_nothing(index_elements=["dedupe_key"]),
        [
            {
                "dedupe_key": row.dedupe_key,
                "message_id": message_id(row.context),
                "case_id": row.case_id,
                "visit": row.visit,
                "recipient_id": row.recipient_id,
                "role": row.role,
                "state": row.state,
                "answer": row.answer,
                "address": row.address,
                "letter": row.letter,
                "context": dict(row.context),
                "not_before": row.not_before,
                "expires_at": row.expires_at,
                "created_at": now,
            }
            for row in rows
        ],
    )


def message_id(context: Mapping[str, Any]) -> str:
    """Return a Message-ID for all attempts, at the domain of the letter's link or at `komek.localhost`."""
    host = urlsplit(str(context.get("link") or "")).hostname or ""
    known = "." in host and len(host) <= 60 and not host.replace(".", "").isdigit()
    return f"<{secrets.token_hex(16)}@{host if known else 'komek.localhost'}>"


_ROW = OutgoingLetter
#: States of a letter that nobody has read and no sender has claimed.
_HERE = ("queued", "gathered", "held")
#: States of a letter that nobody will ever read.
_NEVER = ("cancelled", "failed", "suppressed")


def recall(session: Session, case_id: int, sequence: int) -> Mapping[int, str]:
    """Cancel the letters about an event that have not left; return person → role of the others' recipients."""
    about = (_ROW.case_id == case_id, _ROW.dedupe_key.startswith(f"case:{case_id}:{sequence}:"))
    here = update(_ROW).where(*about, _ROW.state.in_(_HERE), _ROW.sent_at.is_(None))
    cancelled = here.values(state="cancelled", answer="taken back")
    session.execute(cancelled.execution_options(synchronize_session=False))
    left = select(_ROW.recipient_id, _ROW.role).where(*about, _ROW.state.not_in(_NEVER))
    return {person: role or "" for person, role in session.execute(left)}


def correct_due(session: Session, case_id: int, due: str) -> None:
    """Write a new due date, an ISO moment or "", into the waiting letters about a case.

    Pages of letters that have left wait for the new date as well.
    """
    if due:
        tokens.prolong(session, case_id, due)
    waiting = select(OutgoingLetter).where(OutgoingLetter.case_id == case_id, OutgoingLetter.state == "queued")
    for letter in session.scalars(waiting):
        if letter.context.get("due"):
            letter.context = {**letter.context, "due": due}
    session.flush()
