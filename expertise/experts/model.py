"""The roster of experts."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from expertise.base.database import Base, Json


class RosterEntry(Base):
    """A person who may be offered an assignment, and what they are good at."""

    __tablename__ = "roster"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, autoincrement=False)
    topics: Mapped[list[str]] = mapped_column(Json)  # keys of topics
    languages: Mapped[list[str]] = mapped_column(Json)  # ISO 639-1
    days_free: Mapped[int | None]  # expert-days that can be given this year
    profile: Mapped[str | None] = mapped_column(String(1000))
    listed: Mapped[bool] = mapped_column(default=True)
