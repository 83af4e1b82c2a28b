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
    """Requests that still wait would be lost, and whoever asked would wait for ever: let the worker answer first."""
    waiting = op.get_bind().execute(sa.text("SELECT count(*) FROM letter_requests")).scalar_one()
    if waiting:
        raise RuntimeError(f"{waiting} letters are asked for that are not written yet: run the worker, then go back")
    op.drop_table("letter_requests")
