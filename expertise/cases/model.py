"""Tables of the cases."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, Numeric, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from expertise.base.database import Base, Json, Key

OPEN = text("final IS NULL")
PROPOSED = text("proposal IS NOT NULL")
A_PART = text("parent_id IS NOT NULL")
WITH_A_LENDER = text("lender_id IS NOT NULL")


class PublishedDefinition(Base):
    """A workflow definition as it was when cases began under it; never changed, found by its digest."""

    __tablename__ = "definitions"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    workflow: Mapped[str] = mapped_column(String(60), index=True)
    version: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime]


class Case(Base):
    """What all workflows share. Only the desk writes here (tests/laws)."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_desk", "region", "owner_role", "due_at", "id", postgresql_where=OPEN, sqlite_where=OPEN),
        Index("ix_cases_waiting", "owner_role", "due_at", "id", postgresql_where=OPEN, sqlite_where=OPEN),
        Index("ix_cases_owner", "organisation_id", "owner_role", "due_at", "id"),
        Index("ix_cases_expert", "expert_id", "due_at", "id"),
        Index(
            "ix_cases_lender",
            "lender_id",
            "due_at",
            "id",
            postgresql_where=WITH_A_LENDER,
            sqlite_where=WITH_A_LENDER,
        ),
        Index("ix_cases_recent", "workflow", "changed_at", "id"),
        Index("ix_cases_changed", "changed_at", "id"),
        # Partial, or SQLite would look up "no parent" here for every list, and then sort them all.
        Index("ix_cases_parent", "parent_id", "part", postgresql_where=A_PART, sqlite_where=A_PART),
        Index("ix_cases_proposal", "proposal", postgresql_where=PROPOSED, sqlite_where=PROPOSED),
        Index("ix_cases_external", "workflow", "external_reference"),  # typed by people, so not unique
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    reference: Mapped[str] = mapped_column(String(40), unique=True)
    workflow: Mapped[str] = mapped_column(String(60))
    digest: Mapped[str] = mapped_column(ForeignKey("definitions.digest"))
    state: Mapped[str] = mapped_column(String(60))
    visit: Mapped[int] = mapped_column(default=1)  # how many states were entered
    version: Mapped[int] = mapped_column(default=1)  # grows with every change; what a page has seen
    final: Mapped[str | None] = mapped_column(String(20))
    owner_role: Mapped[str | None] = mapped_column(String(20))  # on whose desk it lies
    due_at: Mapped[datetime | None]
    entered_at: Mapped[datetime]  # when the present state began
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))  # the owner
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))  # the expert
    lender_id: Mapped[int | None] = mapped_column(Key)  # the organisation on whose desk, as lender, it was laid
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))  # who of the team has it in hand
    delegate_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))  # who does it for the holder
    region: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))
    topic: Mapped[str | None] = mapped_column(ForeignKey("topics.key"))
    title: Mapped[str | None] = mapped_column(String(300))
    amount: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    currency: Mapped[str | None] = mapped_column(String(3))
    external_reference: Mapped[str | None] = mapped_column(String(300))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))  # the whole, for a part
    part: Mapped[str | None] = mapped_column(String(60))  # which part of the whole
    public: Mapped[bool] = mapped_column(default=False)  # the state is shown in the public register
    fields: Mapped[dict[str, Any]] = mapped_column(Json)  # as `workflows.fields.types` stores them
    clocks: Mapped[dict[str, Any]] = mapped_column(Json)  # used budget of paused states
    deadline: Mapped[dict[str, Any] | None] = mapped_column(Json)  # the rule behind due_at, to be explained
    acted: Mapped[dict[str, list[str]]] = mapped_column(Json)  # role → pseudonyms; four eyes
    votes: Mapped[dict[str, list[list[str]]]] = mapped_column(Json)  # step → votes in this state, each its persons
    proposal: Mapped[int | None]  # the event that proposes a correction and waits for a second person
    undo: Mapped[dict[str, Any] | None] = mapped_column(Json)  # what the last step may be taken back to
    head: Mapped[bytes] = mapped_column(LargeBinary(32))  # leaf of the newest event
    sequence: Mapped[int] = mapped_column(default=0)  # number of the newest event
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Word(Base):
    """A word of a case, folded for searching by its beginning."""

    __tablename__ = "case_words"

    word: Mapped[str] = mapped_column(
        String(60).with_variant(String(60, collation="C"), "postgresql"),  # sorted by code point, as SQLite does
        primary_key=True,
    )
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True, index=True)


class Counter(Base):
    """The last number given to a case of a workflow in a year."""

    __tablename__ = "counters"

    workflow: Mapped[str] = mapped_column(String(60), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]


class Answered(Base):
    """An idempotency key that was used, what came with it, and what was answered."""

    __tablename__ = "answered"

    actor: Mapped[str] = mapped_column(String(24), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))  # SHA-256 of what was asked
    answer: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime]


class HandOverNote(Base):
    """What an absent person wrote about a case for the deputy."""

    __tablename__ = "hand_over_notes"

    absence_id: Mapped[int] = mapped_column(ForeignKey("absences.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
