"""Authority: second factors, passes, API tokens, absences, roles for one workflow, leads of organisations.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)
#: SQLite adds a column that must not be empty only by writing the table anew.
ANEW = {"sqlite": "always", "postgresql": "never"}
NARROW, WIDE = "uq_grants_person_id_role_region", "uq_grants_person_id_role_region_workflow"


def upgrade():
    # Nobody stays signed in: sessions of before have not proved what is asked for now.
    op.execute("DELETE FROM sessions")
    with op.batch_alter_table("sessions", recreate=ANEW[op.get_bind().dialect.name]) as sessions:
        sessions.add_column(sa.Column("proved_at", Instant, nullable=False))
        sessions.add_column(sa.Column("complete", sa.Boolean(), nullable=False))
    # No batch for people: SQLite would have to drop a table to which others point.
    op.add_column("people", sa.Column("lead", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("grants") as grants:
        grants.add_column(sa.Column("workflow", sa.String(length=60), nullable=True))
        grants.drop_constraint(NARROW, type_="unique")
        grants.create_unique_constraint(WIDE, ["person_id", "role", "region", "workflow"])
    add_what_proves()
    add_absences()


def add_what_proves():
    op.create_table(
        "second_factors",
        sa.Column("person_id", Key, autoincrement=False, nullable=False),
        sa.Column("secret", sa.String(length=200), nullable=False),
        sa.Column("confirmed_at", Instant, nullable=True),
        sa.Column("last_step", Key, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_second_factors_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("used_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_recovery_codes_person_id_people")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_recovery_codes")),
    )
    op.create_index(op.f("ix_recovery_codes_person_id"), "recovery_codes", ["person_id"])

    op.create_table(
        "passes",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.Column("used_at", Instant, nullable=True),
        sa.CheckConstraint("purpose IN ('invitation', 'password_reset')", name=op.f("ck_passes_purpose_known")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_passes_person_id_people")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_passes")),
    )
    op.create_index(op.f("ix_passes_person_id"), "passes", ["person_id"])

    op.create_table(
        "api_tokens",
        sa.Column("id", Key, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=5), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.Column("revoked_at", Instant, nullable=True),
        sa.Column("used_at", Instant, nullable=True),
        sa.CheckConstraint("scope IN ('read', 'write')", name=op.f("ck_api_tokens_scope_known")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_api_tokens_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_tokens_digest")),
    )
    op.create_index(op.f("ix_api_tokens_person_id"), "api_tokens", ["person_id"])


def add_absences():
    op.create_table(
        "absences",
        sa.Column("id", Key, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("deputy_id", Key, nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("region", sa.String(length=8), nullable=True),
        sa.Column("workflow", sa.String(length=60), nullable=True),
        sa.Column("cause", sa.String(length=10), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("recorded_by_id", Key, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("ended_at", Instant, nullable=True),
        sa.CheckConstraint("cause IN ('leave', 'illness', 'trip', 'other')", name=op.f("ck_absences_cause_known")),
        sa.CheckConstraint("since <= until", name=op.f("ck_absences_days_in_order")),
        sa.CheckConstraint("deputy_id <> person_id", name=op.f("ck_absences_deputy_is_another")),
        sa.ForeignKeyConstraint(["deputy_id"], ["people.id"], name=op.f("fk_absences_deputy_id_people")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_absences_person_id_people")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["people.id"], name=op.f("fk_absences_recorded_by_id_people")),
        sa.ForeignKeyConstraint(["region"], ["regions.code"], name=op.f("fk_absences_region_regions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index(op.f("ix_absences_deputy_id"), "absences", ["deputy_id"])
    op.create_index(op.f("ix_absences_person_id"), "absences", ["person_id"])


def downgrade():
    for table in ("absences", "api_tokens", "passes", "recovery_codes", "second_factors"):
        op.drop_table(table)
    # What the narrower table cannot say is taken back: a role for one workflow would become one for all.
    op.execute("DELETE FROM grants WHERE workflow IS NOT NULL")
    with op.batch_alter_table("grants") as grants:
        grants.drop_constraint(WIDE, type_="unique")
        grants.drop_column("workflow")
        grants.create_unique_constraint(NARROW, ["person_id", "role", "region"])
    op.drop_column("people", "lead")
    op.execute("DELETE FROM sessions")
    with op.batch_alter_table("sessions") as sessions:
        sessions.drop_column("complete")
        sessions.drop_column("proved_at")
