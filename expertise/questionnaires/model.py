"""Tables of the questionnaires."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from expertise.base.database import Base, Json, Key

SOURCES = ("mail", "form", "entered")


class SentQuestionnaire(Base):
    """A letter with questions to one person; at most one in thirty days."""

    __tablename__ = "questionnaires"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    letter: Mapped[str] = mapped_column(String(160), unique=True)  # the dedupe_key of the letter
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    asked: Mapped[list[list[Any]]] = mapped_column(Json)  # [reference, wave] of what it asks about
    at: Mapped[datetime]


class FollowUpAnswer(Base):
    """One answer, never changed; the newest to a question counts. A line that nobody understood has no question."""

    __tablename__ = "follow_up_answers"
    __table_args__ = (
        CheckConstraint(f"source IN {SOURCES!r}", name="source_known"),
        Index("ix_follow_up_answers_case", "case_id", "wave"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    wave: Mapped[str] = mapped_column(String(60))  # the state of the check
    question: Mapped[str | None] = mapped_column(String(40))
    value: Mapped[Any] = mapped_column(Json, nullable=True)  # the key of an option, a whole number, a text
    text: Mapped[str] = mapped_column(Text)  # as it was written
    source: Mapped[str] = mapped_column(String(10))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    letter_id: Mapped[int | None] = mapped_column(Key)  # of the outbox, when it answers one
    at: Mapped[datetime]
