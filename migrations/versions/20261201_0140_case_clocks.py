"""Clocks over several states: timers of a clock, and whose end the due moment of a case is.

Revision ID: 0037_case_clocks
Revises: 0036_public_register
"""

import sqlalchemy as sa
from alembic import op

revision = "0037_case_clocks"
down_revision = "0036_public_register"
branch_labels = None
depends_on = None

NARROW, WIDE = "uq_timers_case_id_visit_rung", "uq_timers_case_id_clock_visit_rung"


def upgrade():
    with op.batch_alter_table("timers") as timers:
        timers.add_column(sa.Column("clock", sa.String(length=60), nullable=False, server_default=""))
        timers.drop_constraint(NARROW, type_="unique")
        timers.create_unique_constraint(WIDE, ["case_id", "clock", "visit", "rung"])
    # No batch for cases: SQLite would have to drop a table to which others point.
    op.add_column("cases", sa.Column("due_of", sa.String(length=60), nullable=True))


def downgrade():
    op.drop_column("cases", "due_of")
    # A timer of a clock means nothing to the version before, and could have the name of one of a stay.
    op.execute("DELETE FROM timers WHERE clock <> ''")
    with op.batch_alter_table("timers") as timers:
        timers.drop_constraint(WIDE, type_="unique")
        timers.drop_column("clock")
        timers.create_unique_constraint(NARROW, ["case_id", "visit", "rung"])
