"""Mail that came in.

Revision ID: 0012_inbound_mails
Revises: 0014_preferences
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012_inbound_mails"
down_revision = "0014_preferences"
branch_labels = None
depends_on = None

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
WAITING = sa.text("state = 'received'")
STATES = (
    "received",
    "applied",
    "commented",
    "receipted",
    "quarantined",
    "bounce",
    "auto_reply",
    "loop",
    "oversize",
    "rejected",
    "discarded",
)


def upgrade():
    op.create_table(
        "inbound_mails",
        sa.Column("id", Key, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("verdict", Json, nullable=False),
        sa.Column("from_address", sa.String(length=320), nullable=True),
        sa.Column("subject", sa.String(length=300), nullable=True),
        sa.Column("case_id", Key, nullable=True),
        sa.Column("person_id", Key, nullable=True),
        sa.Column("letter_id", Key, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("not_before", Instant, nullable=False),
        sa.Column("settled_at", Instant, nullable=True),
        sa.Column("handled_by_id", Key, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(f"state IN {STATES!r}", name=op.f("ck_inbound_mails_state_known")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_inbound_mails_case_id_cases")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_inbound_mails_person_id_people")),
        sa.ForeignKeyConstraint(["letter_id"], ["outbox.id"], name=op.f("fk_inbound_mails_letter_id_outbox")),
        sa.ForeignKeyConstraint(["handled_by_id"], ["people.id"], name=op.f("fk_inbound_mails_handled_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_mails")),
        sa.UniqueConstraint("sha256", name=op.f("uq_inbound_mails_sha256")),
    )
    op.create_index("ix_inbound_mails_case", "inbound_mails", ["case_id"])
    op.create_index("ix_inbound_mails_state", "inbound_mails", ["state", "received_at", "id"])
    op.create_index(
        "ix_inbound_mails_waiting",
        "inbound_mails",
        ["not_before", "id"],
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )


def downgrade():
    op.drop_table("inbound_mails")
