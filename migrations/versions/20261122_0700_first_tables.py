"""The first tables, with the guards of the trail.

Revision ID: 0001
Revises: nothing
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)

OPEN = sa.text("final IS NULL")
A_PART = sa.text("parent_id IS NOT NULL")
NOT_DONE = sa.text("done_at IS NULL")
WAITING = sa.text("state IN ('queued', 'sending')")
UNSURE = sa.text("state = 'uncertain'")

SQLITE_GUARD = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'the trail is never changed'); END
"""
POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION trail_is_never_changed() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN RAISE EXCEPTION ''the trail is never changed''; END'
"""
POSTGRES_GUARD = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
FOR EACH {each} EXECUTE FUNCTION trail_is_never_changed()
"""
POSTGRES_ALWAYS = "ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_{verb}"
GUARDED = ("events", "event_private")
TABLES = (  # in the order in which they can be dropped
    "event_private",
    "timers",
    "outbox",
    "files",
    "events",
    "case_words",
    "sessions",
    "roster",
    "grants",
    "cases",
    "people",
    "region_history",
    "organisations",
    "topics",
    "regions",
    "lenders",
    "failed_sign_ins",
    "definitions",
    "counters",
    "answered",
)


def upgrade():
    op.create_table(
        "answered",
        sa.Column("actor", sa.String(length=24), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("answer", Json, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("pk_answered")),
    )
    op.create_table(
        "counters",
        sa.Column("workflow", sa.String(length=60), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("workflow", "year", name=op.f("pk_counters")),
    )
    op.create_table(
        "definitions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("workflow", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("published_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_definitions")),
    )
    op.create_index(op.f("ix_definitions_workflow"), "definitions", ["workflow"])

    op.create_table(
        "failed_sign_ins",
        sa.Column("id", Key, nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_sign_ins")),
    )
    op.create_index("ix_failed_sign_ins_subject_at", "failed_sign_ins", ["subject", "at"])

    op.create_table(
        "lenders",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name_en", sa.String(length=160), nullable=False),
        sa.Column("name_ru", sa.String(length=160), nullable=False),
        sa.Column("name_kk", sa.String(length=160), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_lenders")),
    )
    op.create_table(
        "regions",
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("name_ru", sa.String(length=120), nullable=False),
        sa.Column("name_kk", sa.String(length=120), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_regions")),
    )
    op.create_table(
        "topics",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("parent", sa.String(length=40), nullable=True),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("name_ru", sa.String(length=120), nullable=False),
        sa.Column("name_kk", sa.String(length=120), nullable=False),
        sa.Column("dac_code", sa.String(length=5), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_topics")),
    )
    op.create_table(
        "organisations",
        sa.Column("id", Key, nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("name_ru", sa.String(length=200), nullable=False),
        sa.Column("name_kk", sa.String(length=200), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=True),
        sa.ForeignKeyConstraint(["region"], ["regions.code"], name=op.f("fk_organisations_region_regions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("key", name=op.f("uq_organisations_key")),
    )
    op.create_table(
        "region_history",
        sa.Column("predecessor", sa.String(length=8), nullable=False),
        sa.Column("successor", sa.String(length=8), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["predecessor"], ["regions.code"], name=op.f("fk_region_history_predecessor_regions")),
        sa.ForeignKeyConstraint(["successor"], ["regions.code"], name=op.f("fk_region_history_successor_regions")),
        sa.PrimaryKeyConstraint("predecessor", "successor", name=op.f("pk_region_history")),
    )
    op.create_table(
        "people",
        sa.Column("id", Key, nullable=False),
        sa.Column("key", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=True),
        sa.Column("organisation_id", Key, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.CheckConstraint("language IN ('kk', 'ru', 'en')", name=op.f("ck_people_language_known")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_people_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("email", name=op.f("uq_people_email")),
        sa.UniqueConstraint("key", name=op.f("uq_people_key")),
    )
    op.create_table(
        "cases",
        sa.Column("id", Key, nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("workflow", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=60), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("final", sa.String(length=20), nullable=True),
        sa.Column("with_role", sa.String(length=20), nullable=True),
        sa.Column("due_at", Instant, nullable=True),
        sa.Column("entered_at", Instant, nullable=False),
        sa.Column("organisation_id", Key, nullable=True),
        sa.Column("opened_by_id", Key, nullable=True),
        sa.Column("assignee_id", Key, nullable=True),
        sa.Column("region", sa.String(length=8), nullable=True),
        sa.Column("topic", sa.String(length=40), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=True),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("external_reference", sa.String(length=300), nullable=True),
        sa.Column("parent_id", Key, nullable=True),
        sa.Column("part", sa.String(length=60), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("clocks", Json, nullable=False),
        sa.Column("deadline", Json, nullable=True),
        sa.Column("acted", Json, nullable=False),
        sa.Column("votes", Json, nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("opened_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("ended_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["people.id"], name=op.f("fk_cases_assignee_id_people")),
        sa.ForeignKeyConstraint(["digest"], ["definitions.digest"], name=op.f("fk_cases_digest_definitions")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["people.id"], name=op.f("fk_cases_opened_by_id_people")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_cases_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["cases.id"], name=op.f("fk_cases_parent_id_cases")),
        sa.ForeignKeyConstraint(["region"], ["regions.code"], name=op.f("fk_cases_region_regions")),
        sa.ForeignKeyConstraint(["topic"], ["topics.key"], name=op.f("fk_cases_topic_topics")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("reference", name=op.f("uq_cases_reference")),
    )
    op.create_index("ix_cases_assignee", "cases", ["assignee_id", "due_at", "id"])
    op.create_index(
        "ix_cases_desk", "cases", ["region", "with_role", "due_at", "id"], postgresql_where=OPEN, sqlite_where=OPEN
    )
    op.create_index("ix_cases_owner", "cases", ["organisation_id", "with_role", "due_at", "id"])
    op.create_index("ix_cases_parent", "cases", ["parent_id", "part"], postgresql_where=A_PART, sqlite_where=A_PART)
    op.create_index("ix_cases_changed", "cases", ["changed_at", "id"])
    op.create_index("ix_cases_recent", "cases", ["workflow", "changed_at", "id"])
    op.create_index(
        "ix_cases_waiting", "cases", ["with_role", "due_at", "id"], postgresql_where=OPEN, sqlite_where=OPEN
    )
    op.create_index("ix_cases_external", "cases", ["workflow", "external_reference"], unique=False)

    op.create_table(
        "grants",
        sa.Column("id", Key, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_grants_person_id_people")),
        sa.ForeignKeyConstraint(["region"], ["regions.code"], name=op.f("fk_grants_region_regions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
        sa.UniqueConstraint("person_id", "role", "region", name=op.f("uq_grants_person_id_role_region")),
    )
    op.create_index(op.f("ix_grants_person_id"), "grants", ["person_id"])
    op.create_index("ix_grants_role_region", "grants", ["role", "region"])

    op.create_table(
        "roster",
        sa.Column("person_id", Key, autoincrement=False, nullable=False),
        sa.Column("topics", Json, nullable=False),
        sa.Column("languages", Json, nullable=False),
        sa.Column("days_free", sa.Integer(), nullable=True),
        sa.Column("profile", sa.String(length=1000), nullable=True),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_roster_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_roster")),
    )
    op.create_table(
        "sessions",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sessions_person_id_people")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_person_id"), "sessions", ["person_id"])

    op.create_table(
        "case_words",
        sa.Column(
            "word", sa.String(length=60).with_variant(sa.String(length=60, collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("case_id", Key, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_words_case_id_cases")),
        sa.PrimaryKeyConstraint("word", "case_id", name=op.f("pk_case_words")),
    )
    op.create_index(op.f("ix_case_words_case_id"), "case_words", ["case_id"])

    op.create_table(
        "events",
        sa.Column("case_id", Key, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("act", sa.String(length=80), nullable=False),
        sa.Column("actor", sa.String(length=24), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("instead_of", sa.String(length=24), nullable=True),
        sa.Column("from_state", sa.String(length=60), nullable=True),
        sa.Column("to_state", sa.String(length=60), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_events_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "sequence", name=op.f("pk_events")),
    )
    op.create_index("ix_events_at", "events", ["at"])

    op.create_table(
        "files",
        sa.Column("id", Key, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("case_id", Key, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("uploaded_by_id", Key, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_files_case_id_cases")),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["people.id"], name=op.f("fk_files_uploaded_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("key", name=op.f("uq_files_key")),
    )
    op.create_index(op.f("ix_files_case_id"), "files", ["case_id"])
    op.create_index(op.f("ix_files_sha256"), "files", ["sha256"])

    op.create_table(
        "outbox",
        sa.Column("id", Key, nullable=False),
        sa.Column("dedupe_key", sa.String(length=160), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("case_id", Key, nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=True),
        sa.Column("recipient_id", Key, nullable=False),
        sa.Column("letter", sa.String(length=60), nullable=False),
        sa.Column("context", Json, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("not_before", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("lease_until", Instant, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("sent_at", Instant, nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'accepted', 'uncertain', 'failed', 'cancelled')",
            name=op.f("ck_outbox_state_known"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_outbox_case_id_cases")),
        sa.ForeignKeyConstraint(["recipient_id"], ["people.id"], name=op.f("fk_outbox_recipient_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_outbox_dedupe_key")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
    )
    op.create_index("ix_outbox_case", "outbox", ["case_id"])
    op.create_index("ix_outbox_unsure", "outbox", ["lease_until"], postgresql_where=UNSURE, sqlite_where=UNSURE)
    op.create_index("ix_outbox_waiting", "outbox", ["not_before", "id"], postgresql_where=WAITING, sqlite_where=WAITING)

    op.create_table(
        "timers",
        sa.Column("id", Key, nullable=False),
        sa.Column("case_id", Key, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("rung", sa.String(length=60), nullable=False),
        sa.Column("to_role", sa.String(length=20), nullable=True),
        sa.Column("step", sa.String(length=60), nullable=True),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("done_at", Instant, nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.CheckConstraint("kind IN ('remind', 'escalate', 'lapse')", name=op.f("ck_timers_kind_known")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_timers_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timers")),
        sa.UniqueConstraint("case_id", "epoch", "rung", name=op.f("uq_timers_case_id_epoch_rung")),
    )
    op.create_index("ix_timers_due", "timers", ["due_at", "id"], postgresql_where=NOT_DONE, sqlite_where=NOT_DONE)

    op.create_table(
        "event_private",
        sa.Column("case_id", Key, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("nonce", sa.LargeBinary(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id", "sequence"],
            ["events.case_id", "events.sequence"],
            name=op.f("fk_event_private_case_id_sequence_events"),
        ),
        sa.PrimaryKeyConstraint("case_id", "sequence", "name", name=op.f("pk_event_private")),
    )
    guard_the_trail(op.get_bind().dialect.name)


def guard_the_trail(dialect):
    if dialect == "postgresql":
        op.execute(POSTGRES_FUNCTION)
    for table in GUARDED:
        for verb, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
            if dialect == "postgresql":
                op.execute(POSTGRES_GUARD.format(table=table, verb=verb, each=each))
                op.execute(POSTGRES_ALWAYS.format(table=table, verb=verb))
            elif verb != "truncate":  # SQLite has no such statement
                op.execute(SQLITE_GUARD.format(table=table, verb=verb))


def downgrade():
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION trail_is_never_changed()")
