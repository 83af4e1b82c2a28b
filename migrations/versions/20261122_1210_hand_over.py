"""Notes of an absent person for the deputy.

Revision ID: 0016_hand_over
Revises: 0016_corrections
"""

import sqlalchemy as sa
from alembic import op

revision = "0016_hand_over"
down_revision = "0016_corrections"
branch_labels = None
depends_on = None

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "hand_over_notes",
        sa.Column("absence_id", Key, nullable=False),
        sa.Column("case_id", Key, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["absence_id"], ["absences.id"], name=op.f("fk_hand_over_notes_absence_id_absences")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_hand_over_notes_case_id_cases")),
        sa.PrimaryKeyConstraint("absence_id", "case_id", name=op.f("pk_hand_over_notes")),
    )


def downgrade():
    op.drop_table("hand_over_notes")
