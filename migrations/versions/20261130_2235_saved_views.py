"""Saved views of the list of cases, and with which of them the list opens.

Revision ID: 0032_saved_views
Revises: 0031_counts_of_reports
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032_saved_views"
down_revision = "0031_counts_of_reports"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)
Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade():
    op.create_table(
        "views",
        sa.Column("id", Key, nullable=False),
        sa.Column("owner_id", Key, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("shared", sa.String(length=20), nullable=True),
        sa.Column("settings", Json, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_views_named")),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name=op.f("fk_views_owner_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_views")),
    )
    op.create_index("ix_views_owner", "views", ["owner_id"])
    op.create_index("ix_views_shared", "views", ["shared"])
    op.create_table(
        "default_views",
        sa.Column("person_id", Key, nullable=False),
        sa.Column("view_id", Key, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_default_views_person_id_people")),
        sa.ForeignKeyConstraint(
            ["view_id"], ["views.id"], name=op.f("fk_default_views_view_id_views"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_default_views")),
    )
    op.create_index(op.f("ix_default_views_view_id"), "default_views", ["view_id"])


def downgrade():
    op.drop_table("default_views")
    op.drop_table("views")
