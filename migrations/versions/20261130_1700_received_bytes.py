"""The bytes that each person has sent on each day.

Revision ID: 0025_received
Revises: 0024_intents
"""

import sqlalchemy as sa
from alembic import op

revision = "0025_received"
down_revision = "0024_intents"
branch_labels = None
depends_on = None

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "received_bytes",
        sa.Column("person_id", Key, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_received_bytes_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", "day", name=op.f("pk_received_bytes")),
    )


def downgrade():
    op.drop_table("received_bytes")
