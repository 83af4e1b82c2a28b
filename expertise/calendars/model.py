"""Tables of the calendars. They overrule the package `holidays`, from which they were filled."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from expertise.base.database import Base, Json, Key

#: The organisation of a calendar; 0 is the country, so the column cannot be a foreign key.
COUNTRY = 0

UNFINISHED = text("state <> 'done'")


class CalendarYear(Base):
    """A year of the country with deviating days in `calendar_days`, and whether its decrees are complete."""

    __tablename__ = "calendar_years"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    confirmed: Mapped[bool]
    source: Mapped[str] = mapped_column(String(300))  # the decree that confirms it, or where the days come from


class CalendarDay(Base):
    """A day that differs from Monday to Friday; for an organisation, from the country's calendar."""

    __tablename__ = "calendar_days"

    organisation_id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    source: Mapped[str] = mapped_column(String(300))  # the holiday's name, or the decree


class CalendarChange(Base):
    """A change of a calendar, its decree, and how far the open deadlines are recomputed."""

    __tablename__ = "calendar_changes"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'again', 'letters', 'done')", name="state_known"),
        Index("ix_calendar_changes_open", "id", postgresql_where=UNFINISHED, sqlite_where=UNFINISHED),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)  # the newest is the version of all calendars
    organisation_id: Mapped[int] = mapped_column(Key)
    year: Mapped[int]
    before: Mapped[list[dict[str, Any]]] = mapped_column(Json)  # days as they were: day, working, source
    after: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    confirmed: Mapped[bool | None]  # the year was confirmed, or taken back; None: days were changed
    source: Mapped[str] = mapped_column(String(300))
    by: Mapped[str] = mapped_column(String(24))  # pseudonym of a person, or `command`
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="open")
    cursor: Mapped[int] = mapped_column(Key, default=0)  # id of the last case that was looked at
    moved: Mapped[int] = mapped_column(default=0)  # cases whose due date it moved
    done_at: Mapped[datetime | None]


class CalendarMove(Base):
    """A due date that a change moved, for one person to notify."""

    __tablename__ = "calendar_moves"

    change_id: Mapped[int] = mapped_column(ForeignKey("calendar_changes.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    was: Mapped[datetime]
    due: Mapped[datetime]
    told: Mapped[bool] = mapped_column(default=False)
