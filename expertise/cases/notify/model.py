"""The tables of letters that events asked for, and of notifications in the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from expertise.base.database import Base, Json, Key

UNREAD = text("read_at IS NULL")


class Intent(Base):
    """Letters that an event asked for, until the worker has found their recipients and put them into the outbox.

    It says the case as the event left it. Comments are not copied: they are read from the event's private values.
    """

    __tablename__ = "intents"
    __table_args__ = (UniqueConstraint("case_id", "sequence"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    sequence: Mapped[int]  # of the event of that case
    at: Mapped[datetime]
    visit: Mapped[int]
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(60))
    due_at: Mapped[datetime | None]
    letters: Mapped[list[list[Any]]] = mapped_column(Json)  # [role, name of the letter, ids of people or null], …
    step: Mapped[str | None] = mapped_column(String(60))  # of the definition of event_case_id, or an extension
    role: Mapped[str | None] = mapped_column(String(20))  # in which somebody acted
    person: Mapped[str] = mapped_column(Text, default="")  # the name of who acted, where the letters say it
    acted: Mapped[dict[str, str] | None] = mapped_column(Json)  # names: who acted, and in whose place
    event_case_id: Mapped[int] = mapped_column(Key)  # the case of the step; another one for a part that it opened
    event_sequence: Mapped[int]  # the event whose comment the letters quote
    organisation_id: Mapped[int | None] = mapped_column(Key)
    region: Mapped[str | None] = mapped_column(String(20))
    parties: Mapped[list[list[Any]]] = mapped_column(Json)  # [role, id of a person or null, of an organisation], …
    rung: Mapped[str | None] = mapped_column(String(60))  # of a reminder or an escalation
    until: Mapped[datetime | None]  # of a reminder: it says nothing afterwards
    belated: Mapped[bool] = mapped_column(default=False)  # of a reminder: an outage kept it back


class Notification(Base):
    """The content of a letter on the page of notifications; written with the letter, whenever that leaves."""

    __tablename__ = "notifications"
    __table_args__ = (
        Index("ix_notifications_person", "person_id", "id"),
        Index("ix_notifications_unread", "person_id", postgresql_where=UNREAD, sqlite_where=UNREAD),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(String(160), unique=True)  # of the letter
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    letter: Mapped[str] = mapped_column(String(60))  # name of the template; its subject is the title
    path: Mapped[str] = mapped_column(String(120))  # of the page to which it leads
    context: Mapped[dict[str, Any]] = mapped_column(Json)  # placeholder → text, or language → text
    comment: Mapped[str | None] = mapped_column(Text)  # quoted; goes after some weeks
    at: Mapped[datetime] = mapped_column(index=True)
    read_at: Mapped[datetime | None]
