"""Calendars: years and days that people keep, and every change on record.

Revision ID: 0013_calendars
Revises: 0012_inbound_mails
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013_calendars"
down_revision = "0012_inbound_mails"
branch_labels = None
depends_on = None

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
UNFINISHED = sa.text("state <> 'done'")


def upgrade():
    op.create_table(
        "calendar_years",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_calendar_years")),
    )
    op.create_table(
        "calendar_days",
        sa.Column("organisation_id", Key, autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "day", name=op.f("pk_calendar_days")),
    )
    op.create_table(
        "calendar_changes",
        sa.Column("id", Key, nullable=False),
        sa.Column("organisation_id", Key, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("before", Json, nullable=False),
        sa.Column("after", Json, nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=True),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("by", sa.String(length=24), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("cursor", Key, nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("done_at", Instant, nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'again', 'letters', 'done')", name=op.f("ck_calendar_changes_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_changes")),
    )
    op.create_index(
        "ix_calendar_changes_open",
        "calendar_changes",
        ["id"],
        postgresql_where=UNFINISHED,
        sqlite_where=UNFINISHED,
    )
    op.create_table(
        "calendar_moves",
        sa.Column("change_id", Key, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("case_id", Key, nullable=False),
        sa.Column("was", Instant, nullable=False),
        sa.Column("due", Instant, nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_id"], ["calendar_changes.id"], name=op.f("fk_calendar_moves_change_id_calendar_changes")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_calendar_moves_person_id_people")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_calendar_moves_case_id_cases")),
        sa.PrimaryKeyConstraint("change_id", "person_id", "case_id", name=op.f("pk_calendar_moves")),
    )


def downgrade():
    for table in ("calendar_moves", "calendar_changes", "calendar_days", "calendar_years"):
        op.drop_table(table)
