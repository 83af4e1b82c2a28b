"""Tables of what the clock must do once: timers of a case in one stay in one state, digests of a person on a day."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from expertise.base.database import Base, Key

PENDING = text("done_at IS NULL")


class Timer(Base):
    """One rung of a deadline's ladder. Exactly once is the UNIQUE constraint, not a clever scheduler."""

    __tablename__ = "timers"
    __table_args__ = (
        UniqueConstraint("case_id", "clock", "visit", "rung"),
        CheckConstraint("kind IN ('remind', 'escalate', 'lapse')", name="kind_known"),
        Index("ix_timers_due", "due_at", "id", postgresql_where=PENDING, sqlite_where=PENDING),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    clock: Mapped[str] = mapped_column(String(60), default="")  # the clock over several states, "" for a stay
    visit: Mapped[int]  # the stay in a state it belongs to, or the run of the clock
    kind: Mapped[str] = mapped_column(String(10))
    rung: Mapped[str] = mapped_column(String(60))
    to_role: Mapped[str | None] = mapped_column(String(20))  # None for a lapse
    step: Mapped[str | None] = mapped_column(String(60))  # the lapse's transition
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(40))  # "done", "stale"; the code of a refusal while it waits


class Digest(Base):
    """The digest of a person on a day, made once by one worker; `lines` is 0 when there was nothing to say."""

    __tablename__ = "digests"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    lines: Mapped[int] = mapped_column(default=0)
