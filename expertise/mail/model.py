"""Tables of outgoing mail: letters, their log, tokens, addresses, the circuit breaker and wordings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from expertise.base.database import Base, Json, Key

STATES = (
    "held",
    "queued",
    "sending",
    "accepted",
    "uncertain",
    "failed",
    "suppressed",
    "cancelled",
    "bounced",
    "gathered",
    "told",
)
#: Events in the log of a letter: an attempt and its result, reports of servers, actions of people.
ENDS = ("attempt", "accepted", "postponed", "unreachable", "failed", "uncertain")
NOTES = ("bounced", "delayed", "released", "resent", "resend_of", "arrived", "again", "cancelled")
WAITING = text("state IN ('queued', 'sending')")
UNSURE = text("state = 'uncertain'")
GATHERED = text("state = 'gathered'")


class OutgoingLetter(Base):
    """A letter to one recipient, written in the transaction of the step and rendered when it is sent."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES!r}", name="state_known"),
        Index("ix_outbox_waiting", "not_before", "id", postgresql_where=WAITING, sqlite_where=WAITING),
        Index("ix_outbox_unsure", "lease_until", postgresql_where=UNSURE, sqlite_where=UNSURE),
        Index("ix_outbox_gathered", "recipient_id", postgresql_where=GATHERED, sqlite_where=GATHERED),
        Index("ix_outbox_case", "case_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(String(160), unique=True)
    message_id: Mapped[str] = mapped_column(String(120), unique=True)  # fixed here, kept over all attempts
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    visit: Mapped[int | None]  # a reminder is only right while the case is in this stay
    recipient_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    role: Mapped[str | None] = mapped_column(String(20))  # in which the recipient is written to
    letter: Mapped[str] = mapped_column(String(60))  # name of the template
    context: Mapped[dict[str, Any]] = mapped_column(Json)  # placeholder → text, or language → text
    state: Mapped[str] = mapped_column(String(10), default="queued")
    # queued: to be sent · sending: a sender holds the lease · accepted: the server said 250 ·
    # uncertain: the connection was lost after the data · failed: refused for good · cancelled: no longer right ·
    # held: nothing leaves without a person's word · suppressed: its address takes no letters · bounced: came back ·
    # gathered: waits for its reader's next digest · told: stood in the digest whose key is the answer
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str | None] = mapped_column(Text)  # the server's last words
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    address: Mapped[str | None] = mapped_column(String(320))  # named for this letter by hand; else the person's own
    released_at: Mapped[datetime | None]  # a person let it go although letters are held


class MailToken(Base):
    """A permission that a letter gives to its recipient. Only the hash of the token is stored, see `tokens`."""

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


class LetterLog(Base):
    """An event of a letter. A row with a number is an attempt; without an end, its sender died."""

    __tablename__ = "outbox_log"
    __table_args__ = (CheckConstraint(f"what IN {ENDS + NOTES!r}", name="what_known"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), index=True)
    number: Mapped[int | None]
    what: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    address: Mapped[str | None] = mapped_column(String(320))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))  # who did it, when it was a person
    other_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"), index=True)  # resent as, or of, that letter
    note: Mapped[str | None] = mapped_column(Text)  # the server's answer, or a person's reason


class MailAddress(Base):
    """An address that a server refused permanently, or from which letters came back."""

    __tablename__ = "mail_addresses"

    address: Mapped[str] = mapped_column(String(320), primary_key=True)  # in lower case
    score: Mapped[int]
    scored_at: Mapped[datetime]
    answer: Mapped[str | None] = mapped_column(Text)
    suppressed_at: Mapped[datetime | None] = mapped_column(index=True)  # it takes no letters
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class CircuitBreaker(Base):
    """The single row that says whether the queue is paused, see `circuit_breaker`."""

    __tablename__ = "mail_breaker"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    until: Mapped[datetime | None]  # paused, and one letter may try then
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str | None] = mapped_column(Text)


class LetterWording(Base):
    """A wording of a letter by an administrator. The newest is in force; rows are never changed."""

    __tablename__ = "letter_wordings"
    __table_args__ = (UniqueConstraint("letter", "number"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    letter: Mapped[str] = mapped_column(String(60))
    number: Mapped[int]  # 1, 2, … for each letter
    subject: Mapped[dict[str, str]] = mapped_column(Json)  # language → text; empty: back to the words of the file
    body: Mapped[dict[str, str]] = mapped_column(Json)
    note: Mapped[str] = mapped_column(String(300))  # why
    author_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    written_at: Mapped[datetime]
