"""Lenders: a case knows the organisation on whose desk it was laid as lender.

Revision ID: 0004_lenders
Revises: 0003_mail_tokens
"""

import sqlalchemy as sa
from alembic import op

revision = "0004_lenders"
down_revision = "0003_mail_tokens"
branch_labels = None
depends_on = None

WITH_A_LENDER = sa.text("lender_id IS NOT NULL")


def upgrade():
    # No foreign key: SQLite could add one only by writing the table anew, to which others point.
    op.add_column("cases", sa.Column("lender_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
    op.create_index(
        "ix_cases_lender",
        "cases",
        ["lender_id", "due_at", "id"],
        postgresql_where=WITH_A_LENDER,
        sqlite_where=WITH_A_LENDER,
    )


def downgrade():
    op.drop_index("ix_cases_lender", table_name="cases")
    op.drop_column("cases", "lender_id")
