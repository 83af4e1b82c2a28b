"""What people typed into forms that were not taken, to be offered again.

Revision ID: 0026_unsent_forms
Revises: 0025_received
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026_unsent_forms"
down_revision = "0025_received"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)
Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade():
    op.create_table(
        "unsent_forms",
        sa.Column("person_id", Key, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("path", sa.String(length=300), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("kept_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_unsent_forms_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", "key", name=op.f("pk_unsent_forms")),
    )


def downgrade():
    op.drop_table("unsent_forms")
