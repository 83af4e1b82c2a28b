"""Which lenders lend: an instrument that is blended into loans, and an adviser, are none.

Revision ID: 0027_lenders_that_lend
Revises: 0026_unsent_forms
"""

import sqlalchemy as sa
from alembic import op

revision = "0027_lenders_that_lend"
down_revision = "0026_unsent_forms"
branch_labels = None
depends_on = None

#: What stands in expertise/data/lenders.csv as well.
MOVED = ("lenders.lends",)


def upgrade():
    op.add_column("lenders", sa.Column("lends", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.execute(sa.text("UPDATE lenders SET lends = false WHERE code IN ('IFCA', 'PPP-C')"))


def downgrade():
    """Nothing is lost: which of them lend stands in expertise/data/lenders.csv."""
    op.drop_column("lenders", "lends")
