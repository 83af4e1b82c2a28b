"""Tables of the trail, the histories and the access log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from expertise.base.database import Base, Key


class Event(Base):
    """One entry of a case's chain. `body` is the proof; the other columns are copies for reading and lists.

    `leaf` = SHA-256(0x00 ‖ body), RFC 6962; the body names the leaf before it. Triggers in the database refuse
    update, delete and truncate.
    """

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_at", "at"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)  # 1, 2, 3 … without a gap
    at: Mapped[datetime]
    act: Mapped[str] = mapped_column(String(80))  # source:subject:action, e.g. person:step:submit
    actor: Mapped[str] = mapped_column(String(24))  # pseudonym, `clock` or `part`
    role: Mapped[str] = mapped_column(String(20))
    instead_of: Mapped[str | None] = mapped_column(String(24))  # pseudonym of whom a deputy stands for
    from_state: Mapped[str | None] = mapped_column(String(60))
    to_state: Mapped[str] = mapped_column(String(60))
    body: Mapped[bytes] = mapped_column(LargeBinary)  # canonical JSON, RFC 8785
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32))


class PrivateValue(Base):
    """A value that an event commits to: name, comment, field value. Can be erased without breaking the chain."""

    __tablename__ = "event_private"
    __table_args__ = (ForeignKeyConstraint(["case_id", "sequence"], ["events.case_id", "events.sequence"]),)

    case_id: Mapped[int] = mapped_column(Key, primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    nonce: Mapped[bytes] = mapped_column(LargeBinary(32))
    value: Mapped[str] = mapped_column(Text)  # canonical JSON of the value


class History(Base):
    """The chain of a person (`person:p12…`) or an organisation (`organisation:akimat-kz-43`): its newest event."""

    __tablename__ = "histories"

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    sequence: Mapped[int]
    head: Mapped[bytes] = mapped_column(LargeBinary(32))


class HistoryEvent(Base):
    """An event of a person or an organisation. `body` is the proof; triggers guard it as in `events`."""

    __tablename__ = "history_events"

    subject: Mapped[str] = mapped_column(ForeignKey("histories.subject"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)  # 1, 2, 3 … without a gap
    at: Mapped[datetime]
    act: Mapped[str] = mapped_column(String(80))  # thing:action, e.g. role:give
    actor: Mapped[str] = mapped_column(String(24))  # pseudonym, or `house`: the command line
    body: Mapped[bytes] = mapped_column(LargeBinary)
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32))


class HistoryValue(Base):
    """A value that an event of a history commits to, like `PrivateValue` of cases."""

    __tablename__ = "history_private"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "sequence"], ["history_events.subject", "history_events.sequence"]),
    )

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    nonce: Mapped[bytes] = mapped_column(LargeBinary(32))
    value: Mapped[str] = mapped_column(Text)


class AccessLogEntry(Base):
    """A read access to a case or one of its files, see `access_log`. Triggers guard it."""

    __tablename__ = "readings"
    __table_args__ = (Index("ix_readings_case", "case_id", "at"), Index("ix_readings_person", "person", "at"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    person: Mapped[str] = mapped_column(String(24))  # pseudonym
    role: Mapped[str] = mapped_column(String(20))  # in which they could read it
    file: Mapped[str | None] = mapped_column(String(40))  # key of the file; None: the case itself
    at: Mapped[datetime]
