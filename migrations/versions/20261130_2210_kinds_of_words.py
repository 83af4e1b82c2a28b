"""Words of cases say of which text they are: the case itself, a comment, the name of a file, what the register shows.

The index is written anew from the texts, because it cannot be told from the old rows. Rows are read as they are at this
revision; how a text becomes words is what the code of today says. Going back keeps the words that everybody who reaches
a case may find.

Revision ID: 0030_kinds_of_words
Revises: 0029_letter_requests
"""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0030_kinds_of_words"
down_revision = "0029_letter_requests"
branch_labels = None
depends_on = None

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Token = sa.String(length=60).with_variant(sa.String(length=60, collation="C"), "postgresql")
Json = sa.JSON().with_variant(JSONB(), "postgresql")

WORDS = sa.table("case_words", *map(sa.column, ("word", "kind", "case_id", "item")))
CASES = sa.table(
    "cases", *map(sa.column, ("id", "reference", "state", "parent_id", "digest")), sa.column("fields", Json)
)
AT_ONCE = 500  # cases


def upgrade():
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
    fill(op.get_bind())
    op.create_index("ix_case_words_case", "case_words", ["case_id", "kind", "word"])


def fill(connection):
    definitions = {}
    last = 0
    while True:
        wanted = sa.select(CASES).where(CASES.c.id > last).order_by(CASES.c.id).limit(AT_ONCE)
        rows = connection.execute(wanted).all()
        if not rows:
            return
        found = []
        for case in rows:
            if case.digest not in definitions:
                definitions[case.digest] = read_definition(connection, case.digest)
            if definitions[case.digest] is not None:
                found += words_of(connection, case, definitions[case.digest])
        if found:
            connection.execute(WORDS.insert(), found)
        last = rows[-1].id


def read_definition(connection, digest):
    from workflows.loading.reader import read  # noqa: PLC0415 only where there are cases

    text = sa.text("SELECT text FROM definitions WHERE digest = :digest")
    return read(connection.execute(text, {"digest": digest}).scalar_one(), digest).definition


def words_of(connection, case, definition):
    from expertise.audit.act import act_of  # noqa: PLC0415
    from expertise.base.words import tokens  # noqa: PLC0415
    from expertise.cases.search import MOST, comment_kind, prose  # noqa: PLC0415

    given = {"case": case.id}
    said = connection.execute(
        sa.text(
            "SELECT e.sequence, e.act, p.value FROM events AS e JOIN event_private AS p "
            "ON p.case_id = e.case_id AND p.sequence = e.sequence WHERE e.case_id = :case AND p.name = 'comment'"
        ),
        given,
    ).all()
    files = connection.execute(sa.text("SELECT id, name FROM files WHERE case_id = :case"), given).all()
    own = prose(definition, case.fields)
    texts = [("case", 0, "\n".join([case.reference, *own.values()]))]
    state = definition.states.get(case.state)
    if case.parent_id is None and state is not None and state.is_public:
        shown = [text for name, text in own.items() if name in state.public]
        texts.append(("public", 0, "\n".join([case.reference, *shown])))
    texts += [
        (str(comment_kind(definition, act_of(row.act))), row.sequence, str(json.loads(row.value))) for row in said
    ]
    texts += [("file", row.id, row.name) for row in files]
    return [
        {"word": word, "kind": kind, "case_id": case.id, "item": item}
        for kind, item, text in texts
        for word in tokens(text)[:MOST]
    ]


def downgrade():
    op.rename_table("case_words", "case_words_by_kind")
    op.create_table(
        "case_words_before",
        sa.Column("word", Token, nullable=False),
        sa.Column("case_id", Key, nullable=False),
    )
    op.execute(
        "INSERT INTO case_words_before (word, case_id) SELECT DISTINCT word, case_id FROM case_words_by_kind "
        "WHERE kind NOT IN ('note', 'note_file', 'inner', 'inner_file')"
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
