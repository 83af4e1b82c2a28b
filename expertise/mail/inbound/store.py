"""Stores received mail once, before it is parsed, whatever its route. A worker processes it later."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from expertise.base.database import changed, insert_into, table_of
from expertise.mail.inbound.headers import eight_bit
from expertise.mail.inbound.model import LONGEST_ADDRESS, InboundMail

LARGEST = 25 * 1024 * 1024  # bytes; of a larger mail the head is kept alone
HEAD = 64 * 1024
BATCH = 50
#: Attempts to process a mail that end in a fault of ours before it is quarantined; the pause grows.
TRIES = 5
PAUSE = timedelta(minutes=2)

#: States of a mail that was executed and answered.
ANSWERED = ("applied", "commented", "receipted")
_MAILS = table_of(InboundMail)
#: Lines that routes put in front of the same mail.
_MARK = re.compile(
    rb"(?:From [^\n]*|(?:Return-Path|Delivered-To|X-Original-To|Envelope-To|Received):[^\n]*(?:\n[ \t][^\n]*)*)\n",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """The route of a mail and the SMTP envelope; unknown values are empty."""

    source: str
    sender: str = ""
    recipient: str = ""
    others: tuple[str, ...] = ()  # further recipients of the same mail


@dataclass(frozen=True, slots=True)
class StoredMail:
    """The id of a stored mail. `repeated`: it was stored before."""

    id: int
    repeated: bool = False


def fingerprint(raw: bytes) -> str:
    """Return the SHA-256 of the mail without line ends and headers that routes add."""
    rest = raw.replace(b"\r\n", b"\n")
    end = len(rest) if (blank := rest.find(b"\n\n")) < 0 else blank + 1
    digest = hashlib.sha256()
    at = 0
    while at < end:
        mark = _MARK.match(rest, at, end)
        line = rest.find(b"\n", at, end) + 1 or end
        if mark is None:
            digest.update(rest[at:line])
        at = line if mark is None else mark.end()
    digest.update(rest[end:].rstrip(b"\n"))
    return digest.hexdigest()


def store_mail(session: Session, raw: bytes, envelope: Envelope, now: datetime) -> StoredMail:
    """Store the mail or find it. Two routes that bring it at the same time make one row."""
    large = len(raw) > LARGEST
    row = {
        "sha256": fingerprint(raw),
        "raw": zlib.compress(raw[:HEAD] if large else raw),
        "size": len(raw),
        "source": envelope.source,
        "sender": _storable(envelope.sender),
        "recipient": _storable(envelope.recipient),
        "received_at": now,
        "state": "received",
        "verdict": {"recipients": [_storable(other) for other in envelope.others]} if envelope.others else {},
        "tries": 0,
        "not_before": now,
    }
    statement = insert_into(session, _MAILS).on_conflict_do_nothing(index_elements=["sha256"])
    made = session.execute(statement.returning(_MAILS.c.id), row).scalar()
    if made is not None:
        return StoredMail(made)
    found = session.scalars(select(InboundMail).where(InboundMail.sha256 == row["sha256"]).with_for_update()).one()
    _add_recipients(found, raw, envelope, now)
    return StoredMail(found.id, repeated=True)


def _add_recipients(mail: InboundMail, raw: bytes, envelope: Envelope, now: datetime) -> None:
    """Note recipients for whom a stored mail comes again. One that was answered is processed for them as well.

    Addresses that its headers name were known from the beginning.
    """
    known = {mail.recipient.lower(), *(each.lower() for each in mail.verdict.get("recipients", ()))}
    head = raw[:HEAD].lower()
    came = [_storable(each) for each in (envelope.recipient, *envelope.others)]
    fresh = [each for each in came if each and each.lower() not in known and each.lower().encode() not in head]
    if not fresh:
        return
    mail.verdict = {**mail.verdict, "recipients": [*mail.verdict.get("recipients", ()), *fresh]}
    if mail.state in ANSWERED:
        mail.verdict = {**mail.verdict, "state_before": mail.state, "reason_before": mail.reason}
        mail.state, mail.reason, mail.tries, mail.not_before, mail.settled_at = "received", None, 0, now, None


def unsettled(session: Session, now: datetime, limit: int = BATCH) -> Sequence[int]:
    """Return ids of mails that wait for processing, oldest first, without locks."""
    due = (_MAILS.c.state == "received", _MAILS.c.not_before <= now)
    wanted = select(_MAILS.c.id).where(*due).order_by(_MAILS.c.not_before, _MAILS.c.id)
    return session.execute(wanted.limit(limit)).scalars().all()


def begin_attempt(session: Session, mail_id: int, now: datetime) -> int | None:
    """Record that processing begins, so that a mail that kills the process is not tried for ever.

    Return the number of attempts; None if the mail is settled.
    """
    still = (_MAILS.c.id == mail_id, _MAILS.c.state == "received")
    before = session.execute(select(_MAILS.c.tries).where(*still)).scalar()
    if before is None:
        return None
    looked = {"tries": before + 1, "not_before": now + PAUSE * (before + 1)}
    session.execute(update(_MAILS).where(*still).values(looked))
    return before + 1


def locked(session: Session, mail_id: int) -> InboundMail | None:
    """Return the mail, locked for processing; None if it is settled."""
    wanted = select(InboundMail).where(InboundMail.id == mail_id, InboundMail.state == "received")
    return session.execute(wanted.with_for_update()).scalars().first()


def raw_of(mail: InboundMail) -> bytes:
    """Return the bytes as they came, or the head of a mail that was too large."""
    return zlib.decompress(mail.raw)


def settle(session: Session, mail_id: int, state: str, now: datetime, **columns: Any) -> bool:
    """Record the final state of a mail. Return False if it is settled already."""
    still = update(_MAILS).where(_MAILS.c.id == mail_id, _MAILS.c.state == "received")
    return bool(changed(session, still.values(state=state, settled_at=now, **_cut(columns))))


def _cut(columns: Mapping[str, Any]) -> dict[str, Any]:
    limits = {name: getattr(_MAILS.c[name].type, "length", None) for name in columns}
    return {name: value[: limits[name]] if isinstance(value, str) else value for name, value in columns.items()}


def _storable(address: str) -> str:
    """Return the address as the database can hold it: text without NUL, within the column's length.

    Bytes that are no UTF-8 stand as surrogates in what servers and the command line hand over.
    """
    return eight_bit(address).strip().strip("<>").replace("\0", "")[:LONGEST_ADDRESS]
