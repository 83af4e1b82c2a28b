"""Changes of accounts: those that letters must report, and those that a second administrator must confirm.

Revision ID: 0028_account_changes
Revises: 0027_lenders_that_lend
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028_account_changes"
down_revision = "0027_lenders_that_lend"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)
Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
OPEN = sa.text("outcome IS NULL")


def upgrade():
    op.create_table(
        "account_notices",
        sa.Column("id", Key, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=24), nullable=False),
        sa.Column("values", Json, nullable=False),
        sa.Column("former_email", sa.String(length=254), nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_account_notices_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_notices")),
    )
    op.create_table(
        "pending_changes",
        sa.Column("id", Key, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("what", sa.String(length=10), nullable=False),
        sa.Column("values", Json, nullable=False),
        sa.Column("asked_by_id", Key, nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("decided_by_id", Key, nullable=True),
        sa.Column("decided_at", Instant, nullable=True),
        sa.CheckConstraint(
            "what IN ('role', 'email', 'telephone', 'access')", name=op.f("ck_pending_changes_what_known")
        ),
        sa.CheckConstraint(
            "outcome IN ('confirmed', 'refused', 'withdrawn', 'replaced', 'objected', 'expired')",
            name=op.f("ck_pending_changes_outcome_known"),
        ),
        sa.CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name=op.f("ck_pending_changes_decided_or_open")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_pending_changes_person_id_people")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["people.id"], name=op.f("fk_pending_changes_asked_by_id_people")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["people.id"], name=op.f("fk_pending_changes_decided_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_changes")),
    )
    op.create_index(
        "ix_pending_changes_open",
        "pending_changes",
        ["person_id"],
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )


def downgrade():
    op.drop_table("pending_changes")
    op.drop_table("account_notices")
