"""A session is bound to the rights with which it began.

Revision ID: 0017_rights_of_sessions
Revises: 0019_letter_wordings
"""

import sqlalchemy as sa
from alembic import op

revision = "0017_rights_of_sessions"
down_revision = "0019_letter_wordings"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("sessions", sa.Column("rights", sa.String(length=64), nullable=True))


def downgrade():
    op.drop_column("sessions", "rights")
