"""Accounts of an outside provider that stand for people.

Revision ID: 0017_outside_accounts
Revises: 0015_digests
"""

import sqlalchemy as sa
from alembic import op

revision = "0017_outside_accounts"
down_revision = "0015_digests"
branch_labels = None
depends_on = None

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "outside_accounts",
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_outside_accounts_person_id_people")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_outside_accounts")),
        sa.UniqueConstraint("issuer", "person_id", name=op.f("uq_outside_accounts_issuer_person_id")),
    )


def downgrade():
    op.drop_table("outside_accounts")
