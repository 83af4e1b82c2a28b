"""Other words for letters, as versions.

Revision ID: 0019_letter_wordings
Revises: 0017_histories
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019_letter_wordings"
down_revision = "0017_histories"
branch_labels = None
depends_on = None

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade():
    op.create_table(
        "letter_wordings",
        sa.Column("id", Key, nullable=False),
        sa.Column("letter", sa.String(length=60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", Json, nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("author_id", Key, nullable=False),
        sa.Column("written_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_letter_wordings_author_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_wordings")),
        sa.UniqueConstraint("letter", "number", name=op.f("uq_letter_wordings_letter_number")),
    )


def downgrade():
    op.drop_table("letter_wordings")
