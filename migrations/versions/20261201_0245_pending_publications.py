"""Publications of processes that wait for a second administrator.

Revision ID: 0038_pending_publications
Revises: 0037_case_clocks
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0038_pending_publications"
down_revision = "0037_case_clocks"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)
Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade():
    op.create_table(
        "pending_publications",
        sa.Column("id", Key, nullable=False),
        sa.Column("digests", Json, nullable=False),
        sa.Column("asked_by_id", Key, nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("decided_by_id", Key, nullable=True),
        sa.Column("decided_at", Instant, nullable=True),
        sa.CheckConstraint(
            "outcome IN ('confirmed', 'refused', 'withdrawn', 'replaced')",
            name=op.f("ck_pending_publications_outcome_known"),
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (decided_at IS NULL)", name=op.f("ck_pending_publications_decided_or_open")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["people.id"], name=op.f("fk_pending_publications_asked_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["people.id"], name=op.f("fk_pending_publications_decided_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_publications")),
    )


def downgrade():
    op.drop_table("pending_publications")
