"""Questionnaires: which letters asked whom about what, and the answers as they came.

Revision ID: 0015_questionnaires
Revises: 0016_hand_over
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015_questionnaires"
down_revision = "0016_hand_over"
branch_labels = None
depends_on = None

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade():
    op.create_table(
        "questionnaires",
        sa.Column("id", Key, nullable=False),
        sa.Column("letter", sa.String(length=160), nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("asked", Json, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_questionnaires_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaires")),
        sa.UniqueConstraint("letter", name=op.f("uq_questionnaires_letter")),
    )
    op.create_index(op.f("ix_questionnaires_person_id"), "questionnaires", ["person_id"])
    op.create_table(
        "follow_up_answers",
        sa.Column("id", Key, nullable=False),
        sa.Column("case_id", Key, nullable=False),
        sa.Column("wave", sa.String(length=60), nullable=False),
        sa.Column("question", sa.String(length=40), nullable=True),
        sa.Column("value", Json, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("letter_id", Key, nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.CheckConstraint("source IN ('mail', 'form', 'entered')", name=op.f("ck_follow_up_answers_source_known")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_follow_up_answers_case_id_cases")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_follow_up_answers_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_answers")),
    )
    op.create_index("ix_follow_up_answers_case", "follow_up_answers", ["case_id", "wave"])


def downgrade():
    op.drop_table("follow_up_answers")
    op.drop_table("questionnaires")
