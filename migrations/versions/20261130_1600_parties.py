"""Parties, actors and votes of a case as rows; what belongs together in a case is checked by the database.

Up: `expert_id` and `lender_id` become rows of case_parties, `acted` of case_actors, `votes` of case_votes. Somebody is
a party since the newest event that named them; an expert of a part that took it over since the part was opened, a
lender since the case first lay on its desk.
Down: the columns are filled from the rows. Parties that have ended are lost: the trail names them.

Revision ID: 0023_parties
Revises: 0022_names
"""

# ruff: noqa: S608 every word of these statements stands in this file

import sqlalchemy as sa
import yaml
from alembic import op

revision = "0023_parties"
down_revision = "0022_names"
branch_labels = None
depends_on = None

#: What `downgrade` takes back into columns of the cases.
MOVED = ("case_parties", "case_actors", "case_votes")

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")

CHECKS = {
    "final": "(final IS NULL) = (ended_at IS NULL)",
    "ended_lies_nowhere": "final IS NULL OR owner_role IS NULL",
    "part": "(part IS NULL) = (parent_id IS NULL)",
    "parent_is_older": "parent_id < id",
    "delegate": "assignee_id IS NOT NULL OR delegate_id IS NULL",
    "amount": "(amount IS NULL) = (currency IS NULL)",
}
#: Name, columns, the condition of a partial index.
GONE = (
    ("ix_cases_expert", ["expert_id", "due_at", "id"], None),
    ("ix_cases_lender", ["lender_id", "due_at", "id"], "lender_id IS NOT NULL"),
)
CAME = (
    ("ix_cases_region", ["region", "changed_at", "id"]),
    ("ix_cases_organisation", ["organisation_id", "changed_at", "id"]),
    ("ix_cases_author", ["opened_by_id", "changed_at", "id"]),
)
OF_PARTIES = (
    ("uq_case_parties_case_id_role_person_id", ["case_id", "role", "person_id"], "person_id IS NOT NULL"),
    (
        "uq_case_parties_case_id_role_organisation_id",
        ["case_id", "role", "organisation_id"],
        "organisation_id IS NOT NULL",
    ),
    ("ix_case_parties_case", ["case_id"], None),
    ("ix_case_parties_person", ["person_id", "case_id"], "until IS NULL"),
    ("ix_case_parties_organisation", ["organisation_id", "case_id"], "until IS NULL"),
    ("ix_case_parties_person_waits", ["person_id", "role", "due_at", "case_id"], "waiting"),
    ("ix_case_parties_organisation_waits", ["organisation_id", "role", "due_at", "case_id"], "waiting"),
)

_COPIED = """
UPDATE case_parties SET waiting = COALESCE(role = NEW.owner_role, false),
    due_at = CASE WHEN role = NEW.owner_role THEN NEW.due_at END
WHERE case_id = NEW.id AND until IS NULL AND (waiting OR role = NEW.owner_role);
"""
_COPIED_AT_FIRST = """
UPDATE case_parties SET (waiting, due_at) = (
    SELECT COALESCE(cases.owner_role = NEW.role, false), CASE WHEN cases.owner_role = NEW.role THEN cases.due_at END
    FROM cases WHERE cases.id = NEW.case_id
) WHERE id = NEW.id;
"""
TRIGGERS = {
    "sqlite": (
        f"""CREATE TRIGGER cases_move_parties AFTER UPDATE OF owner_role, due_at ON cases
        WHEN OLD.owner_role IS NOT NEW.owner_role OR OLD.due_at IS NOT NEW.due_at BEGIN {_COPIED} END""",
        f"""CREATE TRIGGER case_parties_begin AFTER INSERT ON case_parties
        WHEN NEW.until IS NULL BEGIN {_COPIED_AT_FIRST} END""",
    ),
    "postgresql": (
        f"""CREATE FUNCTION cases_move_parties() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN {_COPIED} RETURN NULL; END $$""",
        f"""CREATE FUNCTION case_parties_begin() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN {_COPIED_AT_FIRST} RETURN NULL; END $$""",
        """CREATE TRIGGER cases_move_parties AFTER UPDATE OF owner_role, due_at ON cases FOR EACH ROW
        WHEN (OLD.owner_role IS DISTINCT FROM NEW.owner_role OR OLD.due_at IS DISTINCT FROM NEW.due_at)
        EXECUTE FUNCTION cases_move_parties()""",
        """CREATE TRIGGER case_parties_begin AFTER INSERT ON case_parties FOR EACH ROW
        WHEN (NEW.until IS NULL) EXECUTE FUNCTION case_parties_begin()""",
    ),
}

#: The words in which the two databases read and write JSON.
WORDS = {
    "sqlite": {
        "acted": "json_each(cases.acted) AS r, json_each(r.value) AS p",
        "role": "r.key",
        "person": "p.value",
        "votes": "json_each(cases.votes) AS r, json_each(r.value) AS v, json_each(v.value) AS p",
        "object": "json_group_object",
        "array": "json_group_array",
        "json": "json({})",
        "field": "json_extract(cases.fields, '$.{}')",
        "quoted": "json_quote(people.key)",
    },
    "postgresql": {
        "acted": "jsonb_each(cases.acted) AS r, jsonb_array_elements_text(r.value) AS p(value)",
        "role": "r.key",
        "person": "p.value",
        "votes": (
            "jsonb_each(cases.votes) AS r, jsonb_array_elements(r.value) AS v, "
            "jsonb_array_elements_text(v.value) AS p(value)"
        ),
        "object": "jsonb_object_agg",
        "array": "jsonb_agg",
        "json": "{}",
        "field": "cases.fields ->> '{}'",
        "quoted": "CAST(to_json(people.key) AS text)",
    },
}


def upgrade():
    dialect = op.get_bind().dialect.name
    words = WORDS[dialect]
    make_tables()
    for statement in TRIGGERS[dialect]:
        op.execute(statement)
    for statement in to_rows(words):
        op.execute(statement)
    lenders_since()
    for name, _columns, _where in GONE:
        op.drop_index(name, "cases")
    drop_columns(dialect)
    for name, columns in CAME:
        op.create_index(name, "cases", columns)
    add_checks(dialect)


def make_tables():
    op.create_table(
        "case_parties",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("case_id", KEY, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("person_id", KEY, sa.ForeignKey("people.id")),
        sa.Column("organisation_id", KEY, sa.ForeignKey("organisations.id")),
        sa.Column("source", sa.String(70), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("due_at", INSTANT),
        sa.CheckConstraint("(person_id IS NULL) <> (organisation_id IS NULL)", op.f("ck_case_parties_one")),
        sa.CheckConstraint("waiting OR due_at IS NULL", op.f("ck_case_parties_due")),
        sa.CheckConstraint("until IS NULL OR NOT waiting", op.f("ck_case_parties_ended")),
        sa.CheckConstraint("until >= since", op.f("ck_case_parties_order")),
    )
    for name, columns, where in OF_PARTIES:
        unique = name.startswith("uq_")
        condition = sa.text(f"until IS NULL AND {where}" if unique else where) if where else None
        op.create_index(
            name,
            "case_parties",
            columns,
            unique=unique,
            postgresql_where=condition,
            sqlite_where=sa.text("waiting = 1") if where == "waiting" else condition,
        )
    op.create_table(
        "case_actors",
        sa.Column("case_id", KEY, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("role", sa.String(40), primary_key=True),
        sa.Column("person", sa.String(24), primary_key=True),
        sa.Column("root_id", KEY, sa.ForeignKey("cases.id"), nullable=False),
    )
    op.create_index("ix_case_actors_root", "case_actors", ["root_id", "person"])
    op.create_table(
        "case_votes",
        sa.Column("case_id", KEY, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("visit", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("step", sa.String(60), primary_key=True),
        sa.Column("person", sa.String(24), primary_key=True),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
    )


def to_rows(words):
    """The INSERTs that make rows of the columns."""
    expert, lender = words["field"].format("expert"), words["field"].format("lender")
    named = f"""SELECT max(events.at) FROM events
        JOIN event_private ON event_private.case_id = events.case_id AND event_private.sequence = events.sequence
        WHERE events.case_id = cases.id AND event_private.name NOT LIKE '#_%' ESCAPE '#'
        AND CAST(event_private.value AS text) = {words["quoted"]}"""
    yield f"""INSERT INTO case_parties (case_id, role, person_id, source, since, waiting)
        SELECT cases.id, 'expert', expert_id,
            CASE WHEN {expert} = people.key THEN 'field:expert' ELSE 'parent' END,
            COALESCE(({named}), cases.opened_at), false
        FROM cases JOIN people ON people.id = cases.expert_id ORDER BY cases.id"""
    yield f"""INSERT INTO case_parties (case_id, role, organisation_id, source, since, waiting)
        SELECT cases.id, 'lender', lender_id,
            CASE WHEN {lender} IS NULL THEN 'parent' ELSE 'field:lender' END,
            cases.opened_at, false
        FROM cases JOIN organisations ON organisations.id = cases.lender_id ORDER BY cases.id"""
    yield f"""INSERT INTO case_actors (case_id, root_id, role, person)
        SELECT DISTINCT cases.id, COALESCE(cases.parent_id, cases.id), {words["role"]}, {words["person"]}
        FROM cases, {words["acted"]}"""
    act = f"('person:vote:' || {words['role']}, 'signed:vote:' || {words['role']}, 'mail:vote:' || {words['role']})"
    given = f"""FROM events WHERE events.case_id = cases.id AND events.act IN {act}"""
    yield f"""INSERT INTO case_votes (case_id, visit, step, person, counts, sequence)
        SELECT voted.case_id, voted.visit, voted.step, voted.person, events.actor = voted.person, voted.sequence
        FROM (SELECT cases.id AS case_id, cases.visit AS visit, {words["role"]} AS step, {words["person"]} AS person,
            (SELECT max(sequence) {given} AND {words["person"]} IN (events.actor, events.instead_of)) AS sequence
            FROM cases, {words["votes"]}) AS voted
        JOIN events ON events.case_id = voted.case_id AND events.sequence = voted.sequence"""


def lenders_since():
    """A lender is a party since the case first came to a desk of lenders; which states those are, definitions say."""
    connection = op.get_bind()
    cases, events, parties = (
        sa.table("cases", sa.column("id"), sa.column("digest")),
        sa.table("events", sa.column("case_id"), sa.column("at"), sa.column("to_state")),
        sa.table("case_parties", sa.column("case_id"), sa.column("role"), sa.column("since")),
    )
    for digest, written in connection.exec_driver_sql("SELECT digest, text FROM definitions").all():
        states = (yaml.safe_load(written) or {}).get("states") or {}
        theirs = [key for key, state in states.items() if (state or {}).get("with") == "lender"]
        came = sa.select(sa.func.min(events.c.at)).where(
            events.c.case_id == parties.c.case_id, events.c.to_state.in_(theirs)
        )
        connection.execute(
            parties.update()
            .where(
                parties.c.role == "lender",
                parties.c.case_id.in_(sa.select(cases.c.id).where(cases.c.digest == digest)),
            )
            .values(since=sa.func.coalesce(came.scalar_subquery(), parties.c.since))
        )


def drop_columns(dialect):
    if dialect == "sqlite":  # it drops no column that a constraint of the table names
        rewrite(lambda sql: sql.replace(FOREIGN_KEY, ""))
    for name in ("expert_id", "lender_id", "acted", "votes"):
        op.drop_column("cases", name)


FOREIGN_KEY = ", \n\tCONSTRAINT fk_cases_expert_id_people FOREIGN KEY(expert_id) REFERENCES people (id)"


def add_checks(dialect):
    """On SQLite within the text of the table ("Making Other Kinds Of Table Schema Changes"): no row moves.

    So nothing that points to `cases` is touched, and no check of foreign keys has to be switched off. That all rows
    hold what the text promises is asked first.
    """
    for name, condition in CHECKS.items():
        if dialect == "postgresql":
            op.create_check_constraint(op.f(f"ck_cases_{name}"), "cases", sa.text(condition))
            continue
        broken = op.get_bind().exec_driver_sql(f"SELECT count(*) FROM cases WHERE NOT ({condition})").scalar_one()
        if broken:
            raise ValueError(f"{broken} cases break the rule {name}: {condition}")
    if dialect == "sqlite":
        rewrite(lambda sql: sql.rstrip().removesuffix(")").rstrip() + _clauses() + "\n)")


def drop_checks(dialect):
    if dialect == "sqlite":
        rewrite(lambda sql: sql.replace(_clauses(), ""))
        return
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_cases_{name}"), "cases")


def _clauses():
    return "".join(f", \n\tCONSTRAINT ck_cases_{name} CHECK ({condition})" for name, condition in CHECKS.items())


def rewrite(change):
    """Change the text of the table `cases` on SQLite, and let this connection read it."""
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    wanted = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'cases'"
    before = connection.exec_driver_sql(wanted).scalar_one()
    after = change(before)
    if after == before:
        return
    op.execute("PRAGMA writable_schema = ON")
    connection.exec_driver_sql("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = 'cases'", (after,))
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = RESET")


def downgrade():
    dialect = op.get_bind().dialect.name
    drop_checks(dialect)
    for name, _columns in CAME:
        op.drop_index(name, "cases")
    add_columns(dialect)
    for statement in to_columns(WORDS[dialect]):
        op.execute(statement)
    op.execute("DROP TRIGGER cases_move_parties" + (" ON cases" if dialect == "postgresql" else ""))
    for table in ("case_votes", "case_actors", "case_parties"):
        op.drop_table(table)
    if dialect == "postgresql":
        op.execute("DROP FUNCTION cases_move_parties()")
        op.execute("DROP FUNCTION case_parties_begin()")
    for name, columns, where in GONE:
        condition = sa.text(where) if where else None
        op.create_index(name, "cases", columns, postgresql_where=condition, sqlite_where=condition)


def add_columns(dialect):
    if dialect == "sqlite":  # with the constraint: it adds none afterwards
        op.execute(
            "ALTER TABLE cases ADD COLUMN expert_id INTEGER CONSTRAINT fk_cases_expert_id_people REFERENCES people (id)"
        )
    else:
        op.add_column("cases", sa.Column("expert_id", sa.BigInteger()))
        op.create_foreign_key("fk_cases_expert_id_people", "cases", "people", ["expert_id"], ["id"])
    op.add_column("cases", sa.Column("lender_id", KEY))
    for name in ("acted", "votes"):
        op.add_column("cases", sa.Column(name, JSON, nullable=False, server_default="{}"))
        if dialect == "postgresql":
            op.alter_column("cases", name, server_default=None)


def to_columns(words):
    """The UPDATEs that fill the columns from the rows."""
    party = "FROM case_parties AS p WHERE p.case_id = cases.id AND p.until IS NULL AND p.role"
    yield f"UPDATE cases SET expert_id = (SELECT p.person_id {party} = 'expert')"
    yield f"UPDATE cases SET lender_id = (SELECT p.organisation_id {party} = 'lender')"
    array, json = words["array"], words["json"]
    together, each = words["object"], json.format("persons")
    yield f"""UPDATE cases SET acted = (SELECT {together}(role, {each}) FROM (
            SELECT role, {array}(person) AS persons FROM
                (SELECT role, person FROM case_actors WHERE case_id = cases.id ORDER BY role, person) AS a
            GROUP BY role) AS by_role)
        WHERE EXISTS (SELECT 1 FROM case_actors WHERE case_id = cases.id)"""
    yield f"""UPDATE cases SET votes = (SELECT {together}(step, {json.format("given")}) FROM (
            SELECT step, {array}({each}) AS given FROM (
                SELECT step, sequence, {array}(person) AS persons FROM
                    (SELECT step, sequence, person FROM case_votes WHERE case_id = cases.id ORDER BY step, person) AS a
                GROUP BY step, sequence ORDER BY step, sequence) AS by_vote
            GROUP BY step) AS by_step)
        WHERE EXISTS (SELECT 1 FROM case_votes WHERE case_id = cases.id)"""
