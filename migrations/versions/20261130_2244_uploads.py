"""Uploads that are on their way to a form, and files that only the team sees.

Revision ID: 0033_uploads
Revises: 0032_saved_views
"""

import sqlalchemy as sa
from alembic import op

revision = "0033_uploads"
down_revision = "0032_saved_views"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)
Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "uploads",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("media_type", sa.String(length=100), nullable=True),
        sa.Column("problem", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_uploads_person_id_people")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_at"), "uploads", ["at"])
    op.create_index(op.f("ix_uploads_person_id"), "uploads", ["person_id"])
    op.create_index(op.f("ix_uploads_sha256"), "uploads", ["sha256"])
    op.add_column("files", sa.Column("internal", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade():
    op.drop_column("files", "internal")
    op.drop_index(op.f("ix_uploads_sha256"), table_name="uploads")
    op.drop_index(op.f("ix_uploads_person_id"), table_name="uploads")
    op.drop_index(op.f("ix_uploads_at"), table_name="uploads")
    op.drop_table("uploads")
