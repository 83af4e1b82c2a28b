"""Letters that somebody asked for without signing in, until the worker has found out whose the address is.

Revision ID: 0029_letter_requests
Revises: 0028_one_grant
"""

import sqlalchemy as sa
from alembic import op

revision = "0029_letter_requests"
down_revision = "0028_one_grant"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)
Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "letter_requests",
        sa.Column("id", Key, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.CheckConstraint(
            "kind IN ('password_reset', 'sign_in_link', 'invitation')", name=op.f("ck_letter_requests_kind_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_requests")),
    )


def downgrade():
    op.drop_table("letter_requests")
