"""Who of a role has a case in hand, and who does it for them.

Revision ID: 0016_holding
Revises: 0013_calendars
"""

from alembic import op

revision = "0016_holding"
down_revision = "0013_calendars"
branch_labels = None
depends_on = None

COLUMNS = ("holder_id", "delegate_id")


def upgrade():
    # By hand, and not in a batch: SQLite would have to drop a table to which others point.
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    for column in COLUMNS:
        op.execute(
            f"ALTER TABLE cases ADD COLUMN {column} {kind} CONSTRAINT fk_cases_{column}_people REFERENCES people (id)"
        )


def downgrade():
    for column in COLUMNS:
        op.execute(f"ALTER TABLE cases DROP COLUMN {column}")
