"""How Alembic reaches the database: through the application, so that there is one set of settings."""

from alembic import context
from flask import current_app
from sqlalchemy import DateTime

from expertise.base.database import Base, Instant
from expertise.base.losses import LossGuard


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


def goes_back():
    """Tell whether this is `downgrade`, by the function that lists the steps: Alembic gives nothing else."""
    return context.get_context().opts["fn"].__name__ == "downgrade"


class Steps:
    """Is told of each step that was made; going back, a loss is refused and the whole way undone."""

    guard = None

    def made(self, step, **_others):
        current_app.extensions.get("komek-steps", lambda: None)()  # `komek init` says how far it is
        if self.guard is not None and not step.is_upgrade:
            revision = step.up_revision
            self.guard.check(revision.revision, getattr(revision.module, "MOVED", ()))


steps = Steps()
engine = current_app.extensions["migrate"].db.engine
options = {
    "target_metadata": Base.metadata,
    "render_as_batch": True,
    "render_item": render_item,
    "compare_type": compare_type,
    "on_version_apply": steps.made,
}
with engine.connect() as connection:
    context.configure(connection=connection, **options)
    guarded = goes_back() and "lose" not in context.get_x_argument(as_dictionary=True)
    if guarded:  # SQLite undoes changes of tables as well, in the transaction that we begin ourselves
        context.configure(connection=connection, transactional_ddl=True, **options)
    with context.begin_transaction():
        steps.guard = LossGuard(connection) if guarded else None
        context.run_migrations()
