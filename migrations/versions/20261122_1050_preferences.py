"""How people want to be written to.

Revision ID: 0014_preferences
Revises: 0004_lenders
"""

import sqlalchemy as sa
from alembic import op

revision = "0014_preferences"
down_revision = "0004_lenders"
branch_labels = None
depends_on = None

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "preferences",
        sa.Column("person_id", Key, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("choice", sa.String(length=10), nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.CheckConstraint("choice IN ('immediate', 'digest', 'off')", name=op.f("ck_preferences_choice_known")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_preferences_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("pk_preferences")),
    )


def downgrade():
    op.drop_table("preferences")
