"""Digests: once per person and day; letters that wait for one, and the role in which somebody is written to.

Revision ID: 0015_digests
Revises: 0015_questionnaires
"""

import sqlalchemy as sa
from alembic import op

revision = "0015_digests"
down_revision = "0015_questionnaires"
branch_labels = None
depends_on = None

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)

BEFORE = "('held', 'queued', 'sending', 'accepted', 'uncertain', 'failed', 'suppressed', 'cancelled', 'bounced')"
STATES = BEFORE.replace(")", ", 'gathered', 'told')")
GATHERED = sa.text("state = 'gathered'")


def upgrade():
    allow(BEFORE, STATES)
    op.add_column("outbox", sa.Column("role", sa.String(length=20), nullable=True))
    op.create_index("ix_outbox_gathered", "outbox", ["recipient_id"], postgresql_where=GATHERED, sqlite_where=GATHERED)
    op.create_table(
        "digests",
        sa.Column("person_id", Key, autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_digests_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", "day", name=op.f("pk_digests")),
    )


def downgrade():
    op.drop_table("digests")
    op.drop_index("ix_outbox_gathered", table_name="outbox")
    # What waits for a digest leaves by itself; what stood in one has been said.
    op.execute("UPDATE outbox SET state = 'queued' WHERE state = 'gathered'")
    op.execute("UPDATE outbox SET state = 'cancelled' WHERE state = 'told'")
    op.drop_column("outbox", "role")
    allow(STATES, BEFORE)


def allow(before, after):
    """Other states; on SQLite where the sentence stands, as 0011_outbox explains."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_outbox_state_known"), "outbox", type_="check")
        op.create_check_constraint(op.f("ck_outbox_state_known"), "outbox", f"state IN {after}")
        return
    version = op.get_bind().exec_driver_sql("PRAGMA schema_version").scalar_one()
    op.execute("PRAGMA writable_schema = ON")
    op.get_bind().exec_driver_sql(
        "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'outbox'",
        (f"state IN {before}", f"state IN {after}"),
    )
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = OFF")
