"""Notifications in the page, beside the letters about the same events.

Revision ID: 0034_notifications
Revises: 0033_uploads
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034_notifications"
down_revision = "0033_uploads"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)
Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
UNREAD = sa.text("read_at IS NULL")


def upgrade():
    op.create_table(
        "notifications",
        sa.Column("id", Key, nullable=False),
        sa.Column("dedupe_key", sa.String(length=160), nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("case_id", Key, nullable=False),
        sa.Column("letter", sa.String(length=60), nullable=False),
        sa.Column("path", sa.String(length=120), nullable=False),
        sa.Column("context", Json, nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column("read_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_notifications_person_id_people")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_notifications_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_notifications_dedupe_key")),
    )
    op.create_index("ix_notifications_person", "notifications", ["person_id", "id"])
    op.create_index(op.f("ix_notifications_at"), "notifications", ["at"])
    op.create_index(
        "ix_notifications_unread",
        "notifications",
        ["person_id"],
        postgresql_where=UNREAD,
        sqlite_where=UNREAD,
    )


def downgrade():
    op.drop_index("ix_notifications_unread", table_name="notifications", postgresql_where=UNREAD, sqlite_where=UNREAD)
    op.drop_index(op.f("ix_notifications_at"), table_name="notifications")
    op.drop_index("ix_notifications_person", table_name="notifications")
    op.drop_table("notifications")
