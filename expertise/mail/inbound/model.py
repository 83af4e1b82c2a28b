"""Table of received mail: the raw bytes, stored before they are parsed, and what became of the mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from expertise.base.database import Base, Json, Key

#: received: to be looked at · applied: a step was taken · commented: kept as a comment · receipted: only answered ·
#: quarantined: an administrator must look · bounce, auto_reply, loop: kept, moves nothing · oversize: only its
#: head was kept · rejected: answered that it cannot be taken · discarded: by an administrator, with a reason
STATES = (
    "received",
    "applied",
    "commented",
    "receipted",
    "quarantined",
    "bounce",
    "auto_reply",
    "loop",
    "oversize",
    "rejected",
    "discarded",
)
WAITING = text("state = 'received'")
LONGEST_ADDRESS = 320  # characters: RFC 5321 allows 64 before the @ and 255 behind it


class InboundMail(Base):
    """One mail, however often and by whichever route it came."""

    __tablename__ = "inbound_mails"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES!r}", name="state_known"),
        Index("ix_inbound_mails_waiting", "not_before", "id", postgresql_where=WAITING, sqlite_where=WAITING),
        Index("ix_inbound_mails_state", "state", "received_at", "id"),
        Index("ix_inbound_mails_case", "case_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)  # of the mail without the marks of its route
    raw: Mapped[bytes] = mapped_column(LargeBinary)  # deflated; the head alone when the mail was too large
    size: Mapped[int]  # bytes as they came
    source: Mapped[str] = mapped_column(String(20))  # the route: imap, lmtp, pipe, demo
    sender: Mapped[str] = mapped_column(String(LONGEST_ADDRESS))  # of the envelope; empty for a bounce
    recipient: Mapped[str] = mapped_column(String(LONGEST_ADDRESS))  # of the envelope; empty where the route lost it
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12), default="received")
    reason: Mapped[str | None] = mapped_column(String(40))  # a code: why this state
    verdict: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # what was found out, for the page
    from_address: Mapped[str | None] = mapped_column(String(LONGEST_ADDRESS))
    subject: Mapped[str | None] = mapped_column(String(300))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))  # for whom it was taken
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"))  # what it answers
    tries: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    handled_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))  # who released or discarded it
    note: Mapped[str | None] = mapped_column(Text)  # why, in their words
