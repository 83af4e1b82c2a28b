"""Tables of changes of accounts: those that letters must report, and those that a second administrator must confirm."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from expertise.base.database import Base, Json, Key

OPEN = text("outcome IS NULL")


class AccountNotice(Base):
    """A change of an account that letters report. Written with the change; the worker writes the letters, and drops it.

    The packages of people do not import mail: `expertise.account_notices` reads these rows.
    """

    __tablename__ = "account_notices"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    act: Mapped[str] = mapped_column(String(40))  # as the history calls it
    actor: Mapped[str] = mapped_column(String(24))  # the pseudonym of whoever did it, or a word of `audit.history`
    values: Mapped[dict[str, Any]] = mapped_column(Json)
    former_email: Mapped[str | None] = mapped_column(String(254))  # the address before the change
    at: Mapped[datetime]


class LetterRequest(Base):
    """A letter that somebody asked for without signing in, for an address that may be nobody's."""

    __tablename__ = "letter_requests"
    __table_args__ = (CheckConstraint("kind IN ('password_reset', 'sign_in_link', 'invitation')", name="kind_known"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    email: Mapped[str] = mapped_column(String(254))  # in the form in which addresses are stored
    at: Mapped[datetime]


class PendingChange(Base):
    """A change that one administrator has asked for, and that another one confirms or refuses."""

    __tablename__ = "pending_changes"
    __table_args__ = (
        CheckConstraint("what IN ('role', 'email', 'telephone', 'access')", name="what_known"),
        CheckConstraint(
            "outcome IN ('confirmed', 'refused', 'withdrawn', 'replaced', 'objected', 'expired')", name="outcome_known"
        ),
        CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name="decided_or_open"),
        Index("ix_pending_changes_open", "person_id", postgresql_where=OPEN, sqlite_where=OPEN),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    what: Mapped[str] = mapped_column(String(10))
    values: Mapped[dict[str, Any]] = mapped_column(Json)  # of a role: role, region, workflow, since, until; email
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime]
    ends_at: Mapped[datetime]  # afterwards it must be asked for anew
    outcome: Mapped[str | None] = mapped_column(String(10))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))  # None: the command line
    decided_at: Mapped[datetime | None]
