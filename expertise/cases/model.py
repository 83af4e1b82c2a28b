"""Tables of the cases."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    DDL,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Numeric,
    String,
    Table,
    Text,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from expertise.base.database import Base, Json, Key, table_of

OPEN = text("final IS NULL")
ENDED = text("final IS NOT NULL")
PROPOSED = text("proposal IS NOT NULL")
A_PART = text("parent_id IS NOT NULL")
PRESENT = text("until IS NULL")
#: As SQLAlchemy writes the condition: SQLite takes a partial index only where it reads the same words.
WAITS: dict[str, Any] = {"postgresql_where": text("waiting"), "sqlite_where": text("waiting = 1")}

#: What a count by state groups by, and what reach and the filters of a report compare.
_COUNTED = ("workflow", "state", "region", "final", "owner_role", "currency")
_NARROWED = ("visit", "parent_id", "opened_by_id", "topic", "assignee_id")


PUBLIC: dict[str, Any] = {"postgresql_where": text("public"), "sqlite_where": text("public = 1")}


def _unique(column: str) -> Index:
    present = text(f"until IS NULL AND {column} IS NOT NULL")
    name = f"uq_case_parties_case_id_role_{column}"
    return Index(name, "case_id", "role", column, unique=True, postgresql_where=present, sqlite_where=present)


class PublishedDefinition(Base):
    """A workflow definition as it was when cases began under it; never changed, found by its digest."""

    __tablename__ = "definitions"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    workflow: Mapped[str] = mapped_column(String(60), index=True)
    version: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime]


class PendingPublication(Base):
    """A publication of processes that one administrator has asked for, and that another one confirms or refuses."""

    __tablename__ = "pending_publications"
    __table_args__ = (
        CheckConstraint("outcome IN ('confirmed', 'refused', 'withdrawn', 'replaced')", name="outcome_known"),
        CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name="decided_or_open"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    digests: Mapped[dict[str, str]] = mapped_column(Json)  # workflow → digest of what was asked for
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime]
    ends_at: Mapped[datetime]  # afterwards it must be asked for anew
    outcome: Mapped[str | None] = mapped_column(String(10))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]


class Case(Base):
    """A case: the columns that all workflows share. Only the desk writes here (tests/laws)."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_desk", "region", "owner_role", "due_at", "id", postgresql_where=OPEN, sqlite_where=OPEN),
        Index("ix_cases_waiting", "owner_role", "due_at", "id", postgresql_where=OPEN, sqlite_where=OPEN),
        Index("ix_cases_owner", "organisation_id", "owner_role", "due_at", "id"),
        # One for each reach, so that a list reads its newest cases in order.
        Index("ix_cases_recent", "workflow", "changed_at", "id"),
        Index("ix_cases_changed", "changed_at", "id"),
        Index("ix_cases_region", "region", "changed_at", "id"),
        Index("ix_cases_organisation", "organisation_id", "changed_at", "id"),
        Index("ix_cases_author", "opened_by_id", "changed_at", "id"),
        # Partial, or SQLite would look up "no parent" here for every list, and then sort them all.
        Index("ix_cases_parent", "parent_id", "part", postgresql_where=A_PART, sqlite_where=A_PART),
        Index("ix_cases_proposal", "proposal", postgresql_where=PROPOSED, sqlite_where=PROPOSED),
        Index("ix_cases_public", "changed_at", "id", **PUBLIC),
        Index("ix_cases_external", "workflow", "external_reference"),  # typed by people, so not unique
        # For reports. Each holds all that its counts ask, so that no row is read; the first columns are in the order
        # in which they are counted, or shown.
        Index("ix_cases_counts", *_COUNTED, "amount", "due_at", *_NARROWED, "opened_at"),
        Index("ix_cases_cards", "workflow", "state", "due_at", "id", "region", *_NARROWED),
        Index("ix_cases_opened", "workflow", "opened_at", "region", *_NARROWED),
        Index(
            "ix_cases_ended",
            *("final", "ended_at", "workflow", "region", *_NARROWED),
            postgresql_where=ENDED,
            sqlite_where=ENDED,
        ),
        CheckConstraint("(final IS NULL) = (ended_at IS NULL)", "final"),
        CheckConstraint("final IS NULL OR owner_role IS NULL", "ended_lies_nowhere"),
        CheckConstraint("(part IS NULL) = (parent_id IS NULL)", "part"),
        CheckConstraint("parent_id < id", "parent_is_older"),
        CheckConstraint("assignee_id IS NOT NULL OR delegate_id IS NULL", "delegate"),
        CheckConstraint("(amount IS NULL) = (currency IS NULL)", "amount"),
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
    due_of: Mapped[str | None] = mapped_column(
        String(60)
    )  # the clock over several states that ends then; None: the stay
    entered_at: Mapped[datetime]  # when the present state began
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))  # the owner
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))  # who of the team has it in hand
    delegate_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))  # who does it for the holder
    region: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))
    topic: Mapped[str | None] = mapped_column(ForeignKey("topics.key"))
    title: Mapped[str | None] = mapped_column(String(300))
    amount: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    currency: Mapped[str | None] = mapped_column(String(3))
    external_reference: Mapped[str | None] = mapped_column(String(300))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))  # the whole, for a part
    part: Mapped[str | None] = mapped_column(String(60))  # which part of the parent
    public: Mapped[bool] = mapped_column(default=False)  # the state is shown in the public register
    fields: Mapped[dict[str, Any]] = mapped_column(Json)  # as `workflows.fields.types` stores them
    clocks: Mapped[dict[str, Any]] = mapped_column(
        Json
    )  # used budgets of paused states, and of clocks over several states
    deadline: Mapped[dict[str, Any] | None] = mapped_column(Json)  # the rule behind due_at, to be explained
    proposal: Mapped[int | None]  # the event that proposes a correction and waits for a second person
    undo: Mapped[dict[str, Any] | None] = mapped_column(Json)  # what the last step may be taken back to
    head: Mapped[bytes] = mapped_column(LargeBinary(32))  # leaf of the newest event
    sequence: Mapped[int] = mapped_column(default=0)  # number of the newest event
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class CaseParty(Base):
    """A person or an organisation that a case names in a role: its expert, its lender.

    A row is ended by `until` and never changed into another. The triggers below keep `waiting` and `due_at`: whether
    the case lies on the desk of this role, and until when it wants an answer from there.
    """

    __tablename__ = "case_parties"
    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (organisation_id IS NULL)", "one"),
        CheckConstraint("waiting OR due_at IS NULL", "due"),
        CheckConstraint("until IS NULL OR NOT waiting", "ended"),
        CheckConstraint("until >= since", "order"),
        _unique("person_id"),
        _unique("organisation_id"),
        Index("ix_case_parties_case", "case_id"),
        Index("ix_case_parties_person", "person_id", "case_id", postgresql_where=PRESENT, sqlite_where=PRESENT),
        Index(
            "ix_case_parties_organisation",
            "organisation_id",
            "case_id",
            postgresql_where=PRESENT,
            sqlite_where=PRESENT,
        ),
        Index("ix_case_parties_person_waits", "person_id", "role", "due_at", "case_id", **WAITS),
        Index("ix_case_parties_organisation_waits", "organisation_id", "role", "due_at", "case_id", **WAITS),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    role: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    source: Mapped[str] = mapped_column(String(70))  # from what it follows: `field:NAME`, or `parent`
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    waiting: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime | None]


class CaseActor(Base):
    """A person who acted in a role of a case; four eyes are judged on it. `root_id` is the parent, or the case."""

    __tablename__ = "case_actors"
    __table_args__ = (Index("ix_case_actors_root", "root_id", "person"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(40), primary_key=True)
    person: Mapped[str] = mapped_column(String(24), primary_key=True)  # a pseudonym, as in the trail
    root_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))


class CaseVote(Base):
    """A person whose vote for a step stands: the voter, and the absent person in whose place it was given.

    `sequence` is the event of the vote; one row of it `counts`. Votes that have fallen have no row.
    """

    __tablename__ = "case_votes"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    visit: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    step: Mapped[str] = mapped_column(String(60), primary_key=True)
    person: Mapped[str] = mapped_column(String(24), primary_key=True)
    counts: Mapped[bool]
    sequence: Mapped[int]


class Word(Base):
    """A token of a text of a case, see `base.words.tokens`.

    `kind` says what the text is (`cases.search.TextKind`), `item` which one of that kind: 0 for the case's own fields,
    the event of a comment, the id of a file.
    """

    __tablename__ = "case_words"
    __table_args__ = (Index("ix_case_words_case", "case_id", "kind", "word"),)

    word: Mapped[str] = mapped_column(
        String(60).with_variant(String(60, collation="C"), "postgresql"),  # sorted by code point, as SQLite does
        primary_key=True,
    )
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    item: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)


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
    """A note of an absent person about a case, for the deputy."""

    __tablename__ = "hand_over_notes"

    absence_id: Mapped[int] = mapped_column(ForeignKey("absences.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


# --- the copies that order a worklist -----------------------------------------------------------

_COPIED = """
UPDATE case_parties SET waiting = COALESCE(role = NEW.owner_role, false),
    due_at = CASE WHEN role = NEW.owner_role THEN NEW.due_at END
WHERE case_id = NEW.id AND until IS NULL AND (waiting OR role = NEW.owner_role);
"""

_COPIED_AT_FIRST = """
UPDATE case_parties SET (waiting, due_at) = (
    SELECT COALESCE(cases.owner_role = NEW.role, false), CASE WHEN cases.owner_role = NEW.role THEN cases.due_at END
    FROM cases WHERE cases.id = NEW.case_id
) WHERE id = NEW.id;
"""

#: Dialect → statements. A trigger, so that nothing that moves a case can forget the copies.
TRIGGERS = {
    "sqlite": (
        f"""CREATE TRIGGER cases_move_parties AFTER UPDATE OF owner_role, due_at ON cases
        WHEN OLD.owner_role IS NOT NEW.owner_role OR OLD.due_at IS NOT NEW.due_at BEGIN {_COPIED} END""",
        f"""CREATE TRIGGER case_parties_begin AFTER INSERT ON case_parties
        WHEN NEW.until IS NULL BEGIN {_COPIED_AT_FIRST} END""",
    ),
    "postgresql": (
        f"""CREATE OR REPLACE FUNCTION cases_move_parties() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN {_COPIED} RETURN NULL; END $$""",
        f"""CREATE OR REPLACE FUNCTION case_parties_begin() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN {_COPIED_AT_FIRST} RETURN NULL; END $$""",
        """CREATE TRIGGER cases_move_parties AFTER UPDATE OF owner_role, due_at ON cases FOR EACH ROW
        WHEN (OLD.owner_role IS DISTINCT FROM NEW.owner_role OR OLD.due_at IS DISTINCT FROM NEW.due_at)
        EXECUTE FUNCTION cases_move_parties()""",
        """CREATE TRIGGER case_parties_begin AFTER INSERT ON case_parties FOR EACH ROW
        WHEN (NEW.until IS NULL) EXECUTE FUNCTION case_parties_begin()""",
    ),
}


def _attach(table: Table) -> None:
    """Tables that are made without migrations (tests) get the same triggers."""
    for dialect, statements in TRIGGERS.items():
        for statement in statements:
            event.listen(table, "after_create", DDL(statement).execute_if(dialect=dialect))


_attach(table_of(CaseParty))
