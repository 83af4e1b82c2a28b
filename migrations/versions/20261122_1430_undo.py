"""What a case may be taken back to, while nothing has happened since.

Revision ID: 0018_undo
Revises: 0017_outside_accounts
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018_undo"
down_revision = "0017_outside_accounts"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade():
    op.add_column("cases", sa.Column("undo", Json, nullable=True))


def downgrade():
    op.drop_column("cases", "undo")
