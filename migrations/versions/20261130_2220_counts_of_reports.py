"""Indexes for the counts of reports: the board, the dashboard, the funnel.

Revision ID: 0031_counts_of_reports
Revises: 0030_kinds_of_words
"""

import sqlalchemy as sa
from alembic import op

revision = "0031_counts_of_reports"
down_revision = "0030_kinds_of_words"
branch_labels = None
depends_on = None

ENDED = sa.text("final IS NOT NULL")
COUNTED = ["workflow", "state", "region", "final", "owner_role", "currency"]
NARROWED = ["visit", "parent_id", "opened_by_id", "topic", "assignee_id"]
INDEXES = {
    "ix_cases_counts": [*COUNTED, "amount", "due_at", *NARROWED, "opened_at"],
    "ix_cases_cards": ["workflow", "state", "due_at", "id", "region", *NARROWED],
    "ix_cases_opened": ["workflow", "opened_at", "region", *NARROWED],
}


def upgrade():
    for name, columns in INDEXES.items():
        op.create_index(name, "cases", columns)
    ended = ["final", "ended_at", "workflow", "region", *NARROWED]
    op.create_index("ix_cases_ended", "cases", ended, postgresql_where=ENDED, sqlite_where=ENDED)


def downgrade():
    op.drop_index("ix_cases_ended", "cases")
    for name in reversed(INDEXES):
        op.drop_index(name, "cases")
