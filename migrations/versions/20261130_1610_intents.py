"""The letters that an event asks for, until the worker has found their recipients.

Revision ID: 0024_intents
Revises: 0023_parties
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024_intents"
down_revision = "0023_parties"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)
Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade():
    op.create_table(
        "intents",
        sa.Column("id", Key, nullable=False),
        sa.Column("case_id", Key, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("visit", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=60), nullable=False),
        sa.Column("due_at", Instant, nullable=True),
        sa.Column("letters", Json, nullable=False),
        sa.Column("step", sa.String(length=60), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("acted", Json, nullable=True),
        sa.Column("event_case_id", Key, nullable=False),
        sa.Column("event_sequence", sa.Integer(), nullable=False),
        sa.Column("organisation_id", Key, nullable=True),
        sa.Column("region", sa.String(length=20), nullable=True),
        sa.Column("parties", Json, nullable=False),
        sa.Column("rung", sa.String(length=60), nullable=True),
        sa.Column("until", Instant, nullable=True),
        sa.Column("belated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_intents_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intents")),
        sa.UniqueConstraint("case_id", "sequence", name=op.f("uq_intents_case_id_sequence")),
    )


def downgrade():
    op.drop_table("intents")
