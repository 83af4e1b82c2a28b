"""The correction of a case that waits for a second person.

Revision ID: 0016_corrections
Revises: 0016_readings
"""

import sqlalchemy as sa
from alembic import op

revision = "0016_corrections"
down_revision = "0016_readings"
branch_labels = None
depends_on = None

WAITS = sa.text("proposal IS NOT NULL")


def upgrade():
    op.add_column("cases", sa.Column("proposal", sa.Integer(), nullable=True))
    op.create_index("ix_cases_proposal", "cases", ["proposal"], postgresql_where=WAITS, sqlite_where=WAITS)


def downgrade():
    op.drop_index("ix_cases_proposal", "cases")
    op.drop_column("cases", "proposal")
