"""Passkeys, and what devices are asked to sign.

Revision ID: 0020_passkeys
Revises: 0017_outside_accounts
"""

import sqlalchemy as sa
from alembic import op

revision = "0020_passkeys"
down_revision = "0017_outside_accounts"
branch_labels = None
depends_on = None

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "passkeys",
        sa.Column("id", Key, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("credential", sa.String(length=1364), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", Key, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("used_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_passkeys_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential", name=op.f("uq_passkeys_credential")),
    )
    op.create_index(op.f("ix_passkeys_person_id"), "passkeys", ["person_id"])
    op.create_table(
        "passkey_challenges",
        sa.Column("bound", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("person_id", Key, nullable=True),
        sa.Column("challenge", sa.String(length=43), nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_passkey_challenges_person_id_people")),
        sa.PrimaryKeyConstraint("bound", "purpose", name=op.f("pk_passkey_challenges")),
    )


def downgrade():
    op.drop_table("passkey_challenges")
    op.drop_index(op.f("ix_passkeys_person_id"), "passkeys")
    op.drop_table("passkeys")
