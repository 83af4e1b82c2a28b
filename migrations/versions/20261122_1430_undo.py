"""What a case may be taken back to, while nothing has happened since.

Revision ID: 0021_undo
Revises: 0020_passkeys
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021_undo"
down_revision = "0020_passkeys"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade():
    op.add_column("cases", sa.Column("undo", Json, nullable=True))


def downgrade():
    op.drop_column("cases", "undo")
