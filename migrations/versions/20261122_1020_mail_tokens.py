"""Tokens of letters: what a reader may answer, act on, stop; only their hashes.

Revision ID: 0003_mail_tokens
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_mail_tokens"
down_revision = "0002"
branch_labels = None
depends_on = None

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "mail_tokens",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("letter_id", Key, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("case_id", Key, nullable=True),
        sa.Column("case_version", sa.Integer(), nullable=True),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("used_at", Instant, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.CheckConstraint("purpose IN ('reply', 'bounce', 'act', 'stop')", name=op.f("ck_mail_tokens_purpose_known")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_mail_tokens_case_id_cases")),
        sa.ForeignKeyConstraint(["letter_id"], ["outbox.id"], name=op.f("fk_mail_tokens_letter_id_outbox")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_mail_tokens_person_id_people")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_mail_tokens")),
    )
    for column in ("expires_at", "letter_id", "person_id"):
        op.create_index(op.f(f"ix_mail_tokens_{column}"), "mail_tokens", [column])


def downgrade():
    op.drop_table("mail_tokens")
