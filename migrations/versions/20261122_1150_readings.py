"""Who has read what, in a table that is only ever added to.

Revision ID: 0016_readings
Revises: 0017_rights_of_sessions
"""

import sqlalchemy as sa
from alembic import op

revision = "0016_readings"
down_revision = "0017_rights_of_sessions"
branch_labels = None
depends_on = None

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SQLITE = """
CREATE TRIGGER readings_no_{verb} BEFORE {verb} ON readings
BEGIN SELECT RAISE(ABORT, 'the trail is never changed'); END
"""
#: The function is that of the trail (0001).
POSTGRES = """
CREATE TRIGGER readings_no_{verb} BEFORE {verb} ON readings
FOR EACH {each} EXECUTE FUNCTION trail_is_never_changed()
"""
ALWAYS = "ALTER TABLE readings ENABLE ALWAYS TRIGGER readings_no_{verb}"


def upgrade():
    op.create_table(
        "readings",
        sa.Column("id", Key, nullable=False),
        sa.Column("case_id", Key, nullable=False),
        sa.Column("person", sa.String(length=24), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("file", sa.String(length=40), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_readings_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
    )
    op.create_index("ix_readings_case", "readings", ["case_id", "at"])
    op.create_index("ix_readings_person", "readings", ["person", "at"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(SQLITE.format(verb=verb))
        return
    for verb, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
        op.execute(POSTGRES.format(verb=verb, each=each))
        op.execute(ALWAYS.format(verb=verb))


def downgrade():
    op.drop_table("readings")
