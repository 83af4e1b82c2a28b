"""Words of cases say of which text they are: the case itself, a comment, a note, the name of a file.

The index is written anew from the texts, because it cannot be told from the old rows. Going back keeps the words that
everybody who reaches a case may find.

Revision ID: 0030_kinds_of_words
Revises: 0029_letter_requests
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

revision = "0030_kinds_of_words"
down_revision = "0029_letter_requests"
branch_labels = None
depends_on = None

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Token = sa.String(length=60).with_variant(sa.String(length=60, collation="C"), "postgresql")


def upgrade():
    from expertise.cases import search  # noqa: PLC0415 the index is what the code of today makes of the texts

    op.drop_table("case_words")
    op.create_table(
        "case_words",
        sa.Column("word", Token, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("case_id", Key, nullable=False),
        sa.Column("item", Key, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_words_case_id_cases")),
        sa.PrimaryKeyConstraint("word", "kind", "case_id", "item", name=op.f("pk_case_words")),
    )
    op.create_index("ix_case_words_case", "case_words", ["case_id", "kind", "word"])
    with Session(bind=op.get_bind()) as session:
        last = 0
        while last is not None:
            last = search.index_some(session, last)
            session.flush()


def downgrade():
    op.rename_table("case_words", "case_words_by_kind")
    op.create_table(
        "case_words_before",
        sa.Column("word", Token, nullable=False),
        sa.Column("case_id", Key, nullable=False),
    )
    op.execute(
        "INSERT INTO case_words_before (word, case_id) SELECT DISTINCT word, case_id FROM case_words_by_kind "
        "WHERE kind NOT IN ('note', 'note_file')"
    )
    op.drop_table("case_words_by_kind")  # with its index and constraints, whose names are free again
    op.create_table(
        "case_words",
        sa.Column("word", Token, nullable=False),
        sa.Column("case_id", Key, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_words_case_id_cases")),
        sa.PrimaryKeyConstraint("word", "case_id", name=op.f("pk_case_words")),
    )
    op.execute("INSERT INTO case_words (word, case_id) SELECT word, case_id FROM case_words_before")
    op.drop_table("case_words_before")
    op.create_index(op.f("ix_case_words_case_id"), "case_words", ["case_id"])
