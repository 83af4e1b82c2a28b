"""Histories of people and organisations, guarded as the trail of cases is.

Revision ID: 0017_histories
Revises: 0011_outbox
"""

import sqlalchemy as sa
from alembic import op

revision = "0017_histories"
down_revision = "0011_outbox"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)
SQLITE = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'the trail is never changed'); END
"""
POSTGRES = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
FOR EACH {each} EXECUTE FUNCTION trail_is_never_changed()
"""
ALWAYS = "ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_{verb}"


def upgrade():
    op.create_table(
        "histories",
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_histories")),
    )
    op.create_table(
        "history_events",
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("act", sa.String(length=80), nullable=False),
        sa.Column("actor", sa.String(length=24), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["histories.subject"], name=op.f("fk_history_events_subject_histories")),
        sa.PrimaryKeyConstraint("subject", "sequence", name=op.f("pk_history_events")),
    )
    op.create_table(
        "history_private",
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("nonce", sa.LargeBinary(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject", "sequence"],
            ["history_events.subject", "history_events.sequence"],
            name=op.f("fk_history_private_subject_history_events"),
        ),
        sa.PrimaryKeyConstraint("subject", "sequence", "name", name=op.f("pk_history_private")),
    )
    for table in ("history_events", "history_private"):
        guard(table, op.get_bind().dialect.name)


def guard(table, dialect):
    if dialect == "sqlite":
        for verb in ("update", "delete"):
            op.execute(SQLITE.format(table=table, verb=verb))
        return
    for verb, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
        op.execute(POSTGRES.format(table=table, verb=verb, each=each))
        op.execute(ALWAYS.format(table=table, verb=verb))


def downgrade():
    for table in ("history_private", "history_events", "histories"):
        op.drop_table(table)
