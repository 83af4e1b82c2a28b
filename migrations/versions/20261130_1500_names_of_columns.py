"""Columns under the names of the glossary: visit, owner_role, assignee (who has the case in hand), expert.

Revision ID: 0022_names
Revises: 0021_undo
"""

import sqlalchemy as sa
from alembic import op

revision = "0022_names"
down_revision = "0021_undo"
branch_labels = None
depends_on = None

#: Table, old name, new name. The order matters: the expert's column frees its name first.
COLUMNS = (
    ("cases", "epoch", "visit"),
    ("cases", "with_role", "owner_role"),
    ("cases", "assignee_id", "expert_id"),
    ("cases", "holder_id", "assignee_id"),
    ("timers", "epoch", "visit"),
    ("outbox", "epoch", "visit"),
)
#: Table, old name of a constraint, new name. In the same order for the same reason.
CONSTRAINTS = (
    ("cases", "fk_cases_assignee_id_people", "fk_cases_expert_id_people"),
    ("cases", "fk_cases_holder_id_people", "fk_cases_assignee_id_people"),
    ("timers", "uq_timers_case_id_epoch_rung", "uq_timers_case_id_visit_rung"),
)
INDEX = ("ix_cases_assignee", "ix_cases_expert", ["assignee_id", "due_at", "id"], ["expert_id", "due_at", "id"])
#: The key under which the context of a letter holds the visit that it speaks of.
IN_LETTERS = ("case_epoch", "case_visit")


def upgrade():
    old, new, _before, columns = INDEX
    op.drop_index(old, "cases")
    for table, before, after in COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {before} TO {after}")
    for table, before, after in CONSTRAINTS:
        rename_constraint(table, before, after)
    op.create_index(new, "cases", columns)
    rename_in_letters(*IN_LETTERS)


def downgrade():
    old, new, columns, _after = INDEX
    op.drop_index(new, "cases")
    for table, before, after in reversed(COLUMNS):
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {after} TO {before}")
    for table, before, after in reversed(CONSTRAINTS):
        rename_constraint(table, after, before)
    op.create_index(old, "cases", columns)
    rename_in_letters(*reversed(IN_LETTERS))


def rename_constraint(table, before, after):
    """On SQLite the name is changed in the text of the table ("Making Other Kinds Of Table Schema Changes")."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {before} TO {after}")
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    op.execute("PRAGMA writable_schema = ON")
    connection.exec_driver_sql(
        "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ?", (before, after, table)
    )
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = OFF")


def rename_in_letters(before, after):
    """The letters of the outbox, whose contexts hold the key."""
    statement = (
        """UPDATE outbox
        SET context = (context - :before) || jsonb_build_object(CAST(:after AS text), context -> :before)
        WHERE jsonb_exists(context, :before)"""
        if op.get_bind().dialect.name == "postgresql"
        else """UPDATE outbox SET context = json_remove(
            json_set(context, '$.' || :after, json_extract(context, '$.' || :before)), '$.' || :before)
        WHERE json_type(context, '$.' || :before) IS NOT NULL"""
    )
    op.execute(sa.text(statement).bindparams(before=before, after=after))
