"""One grant of a role for one region and workflow, also where one of them or both are empty.

UNIQUE takes two empty values for different ones, so the constraint barred nothing in a grant for all regions or for all
workflows. Twins that exist are made one; a grant never becomes wider by that.

Revision ID: 0028_one_grant
Revises: 0028_account_changes
"""

from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0028_one_grant"
down_revision = "0028_account_changes"
branch_labels = None
depends_on = None

GRANTS = sa.table(
    "grants",
    *(sa.column(name) for name in ("id", "person_id", "role", "region", "workflow")),
    sa.column("since", sa.Date()),
    sa.column("until", sa.Date()),
)
#: Columns of an index → the ones that are empty there.
INDEXES = {
    ("person_id", "role"): "region IS NULL AND workflow IS NULL",
    ("person_id", "role", "region"): "region IS NOT NULL AND workflow IS NULL",
    ("person_id", "role", "workflow"): "region IS NULL AND workflow IS NOT NULL",
}


def upgrade():
    make_one_of_twins(op.get_bind(), datetime.now(UTC).date())
    for columns, condition in INDEXES.items():
        where = sa.text(condition)
        op.create_index(
            name_of(columns), "grants", list(columns), unique=True, sqlite_where=where, postgresql_where=where
        )


def downgrade():
    for columns in INDEXES:
        op.drop_index(name_of(columns), "grants")


def name_of(columns):
    return f"uq_grants_{'_'.join(columns)}_only"


def make_one_of_twins(connection, today):
    twins = {}
    for row in connection.execute(sa.select(GRANTS).order_by(GRANTS.c.id)):
        twins.setdefault((row.person_id, row.role, row.region, row.workflow), []).append(row)
    for rows in twins.values():
        if len(rows) > 1:
            since, until = span_to_keep([(row.since, row.until) for row in rows], today)
            first, *others = (row.id for row in rows)
            connection.execute(sa.delete(GRANTS).where(GRANTS.c.id.in_(others)))
            connection.execute(sa.update(GRANTS).where(GRANTS.c.id == first).values(since=since, until=until))


def span_to_keep(spans, today):
    """Return the days of the one grant: spans that meet are one; of several it is today's, the next, or the last."""
    met = []
    for since, until in sorted((since or date.min, until or date.max) for since, until in spans):
        if met and (met[-1][1] == date.max or since <= met[-1][1] + timedelta(days=1)):
            met[-1] = (met[-1][0], max(met[-1][1], until))
        else:
            met.append((since, until))
    since, until = next((span for span in met if span[1] >= today), met[-1])
    return None if since == date.min else since, None if until == date.max else until
