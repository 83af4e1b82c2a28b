"""The outbox: a row per letter and recipient, written in the transaction of the step that asked for it; its tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from expertise.base.database import Base, Json, Key

STATES = ("queued", "sending", "accepted", "uncertain", "failed", "cancelled")
WAITING = text("state IN ('queued', 'sending')")
UNSURE = text("state = 'uncertain'")


class OutgoingLetter(Base):
    """A letter on its way. Rendered when it is sent, in the recipient's language."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES!r}", name="state_known"),
        Index("ix_outbox_waiting", "not_before", "id", postgresql_where=WAITING, sqlite_where=WAITING),
        Index("ix_outbox_unsure", "lease_until", postgresql_where=UNSURE, sqlite_where=UNSURE),
        Index("ix_outbox_case", "case_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(String(160), unique=True)
    message_id: Mapped[str] = mapped_column(String(120), unique=True)  # fixed here, kept over all attempts
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    epoch: Mapped[int | None]  # a reminder is only right while the case is in this stay
    recipient_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    letter: Mapped[str] = mapped_column(String(60))  # name of the template
    context: Mapped[dict[str, Any]] = mapped_column(Json)  # placeholder → text, or language → text
    state: Mapped[str] = mapped_column(String(10), default="queued")
    # queued: to be sent · sending: a carrier holds the lease · accepted: the server said 250 ·
    # uncertain: the connection was lost after the data · failed: refused for good · cancelled: no longer right
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str | None] = mapped_column(Text)  # the server's last words
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class MailToken(Base):
    """What a letter lets its reader do. The token itself is kept nowhere, see `tokens`."""

    __tablename__ = "mail_tokens"
    __table_args__ = (CheckConstraint("purpose IN ('reply', 'bounce', 'act', 'stop')", name="purpose_known"),)

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of the token
    purpose: Mapped[str] = mapped_column(String(10))
    letter_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)  # whose letter it stands in
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    case_version: Mapped[int | None]  # of the case that the letter speaks of
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)  # codes typed on the signed page
    code_hash: Mapped[str | None] = mapped_column(
        String(64)
    )  # of token and code together, so that nobody tries them all
    created_at: Mapped[datetime]
