"""The outbox complete: more states, what happened to each letter, addresses that take none, the circuit breaker.

Revision ID: 0011_outbox
Revises: 0016_holding
"""

import sqlalchemy as sa
from alembic import op

revision = "0011_outbox"
down_revision = "0016_holding"
branch_labels = None
depends_on = None

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)

BEFORE = "('queued', 'sending', 'accepted', 'uncertain', 'failed', 'cancelled')"
STATES = "('held', 'queued', 'sending', 'accepted', 'uncertain', 'failed', 'suppressed', 'cancelled', 'bounced')"
WHAT = (
    "('attempt', 'accepted', 'postponed', 'unreachable', 'failed', 'uncertain', "
    "'bounced', 'delayed', 'released', 'resent', 'resend_of', 'arrived', 'again', 'cancelled')"
)


def upgrade():
    allow(BEFORE, STATES)
    op.add_column("outbox", sa.Column("address", sa.String(length=320), nullable=True))
    op.add_column("outbox", sa.Column("released_at", Instant, nullable=True))
    op.create_table(
        "outbox_log",
        sa.Column("id", Key, nullable=False),
        sa.Column("letter_id", Key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("ended_at", Instant, nullable=True),
        sa.Column("address", sa.String(length=320), nullable=True),
        sa.Column("person_id", Key, nullable=True),
        sa.Column("other_id", Key, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(f"what IN {WHAT}", name=op.f("ck_outbox_log_what_known")),
        sa.ForeignKeyConstraint(["letter_id"], ["outbox.id"], name=op.f("fk_outbox_log_letter_id_outbox")),
        sa.ForeignKeyConstraint(["other_id"], ["outbox.id"], name=op.f("fk_outbox_log_other_id_outbox")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_outbox_log_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_log")),
    )
    for column in ("ended_at", "letter_id", "other_id"):
        op.create_index(op.f(f"ix_outbox_log_{column}"), "outbox_log", [column])
    op.create_table(
        "mail_addresses",
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("scored_at", Instant, nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("suppressed_at", Instant, nullable=True),
        sa.Column("lifted_at", Instant, nullable=True),
        sa.Column("lifted_by_id", Key, nullable=True),
        sa.ForeignKeyConstraint(["lifted_by_id"], ["people.id"], name=op.f("fk_mail_addresses_lifted_by_id_people")),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_mail_addresses")),
    )
    op.create_index(op.f("ix_mail_addresses_suppressed_at"), "mail_addresses", ["suppressed_at"])
    op.create_table(
        "mail_breaker",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", Instant, nullable=True),
        sa.Column("opened_at", Instant, nullable=True),
        sa.Column("closed_at", Instant, nullable=True),
        sa.Column("closed_by_id", Key, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by_id"], ["people.id"], name=op.f("fk_mail_breaker_closed_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_breaker")),
    )


def downgrade():
    for table in ("mail_breaker", "mail_addresses", "outbox_log"):
        op.drop_table(table)
    op.execute("UPDATE outbox SET state = 'failed' WHERE state IN ('held', 'suppressed', 'bounced')")
    op.drop_column("outbox", "released_at")
    op.drop_column("outbox", "address")
    allow(STATES, BEFORE)


def allow(before, after):
    """Other states. On SQLite the sentence is changed where it stands, as its manual describes it ("Making Other Kinds
    Of Table Schema Changes"): writing the table anew would mean dropping one to which others point."""
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
