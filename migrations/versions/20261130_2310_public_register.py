"""The public register reads its newest cases in order from an index of its own.

Revision ID: 0036_public_register
Revises: 0035_calendar_feeds
"""

import sqlalchemy as sa
from alembic import op

revision = "0036_public_register"
down_revision = "0035_calendar_feeds"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index(
        "ix_cases_public",
        "cases",
        ["changed_at", "id"],
        postgresql_where=sa.text("public"),
        sqlite_where=sa.text("public = 1"),
    )


def downgrade():
    op.drop_index("ix_cases_public", "cases")
