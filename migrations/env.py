"""How Alembic reaches the database: through the application, so that there is one set of settings."""

from alembic import context
from flask import current_app
from sqlalchemy import DateTime

from expertise.base.database import Base, Instant


def render_item(kind, item, _autogenerate_context):
    """Write our own column type as the plain one below it: a migration must not change when our code does."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def compare_type(_context, _inspected_column, _metadata_column, inspected_type, metadata_type):
    """Leave out what differs in name only; None asks Alembic to compare for itself."""
    if isinstance(metadata_type, Instant):
        return not isinstance(inspected_type, DateTime)
    return None


engine = current_app.extensions["migrate"].db.engine
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=render_item,
        compare_type=compare_type,
    )
    with context.begin_transaction():
        context.run_migrations()
