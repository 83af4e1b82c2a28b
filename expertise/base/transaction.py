"""The one place that commits. A unit of work runs completely, is repeated completely, or leaves nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from expertise.base.crash import crashpoint
from expertise.base.driver import CONNECTION
from expertise.base.errors import DatabaseAway, StoreUnwritable, TryAgain
from workflows.refusals import Refusal

T = TypeVar("T")
_TRANSACTION = "transaction"  # where the session of a unit keeps it

ATTEMPTS = 3
#: Serialisation failure and deadlock: PostgreSQL itself undid the unit, so it may be repeated.
REPEATABLE = frozenset({"40001", "40P01"})
#: PostgreSQL has no room on its disk, or takes only reading statements.
PG_FULL, PG_READ_ONLY = "53100", "25006"
#: Code of SQLAlchemy's PendingRollbackError in a session whose connection has broken before.
CONNECTION_INVALID = "8s2b"


class UnitSession(Session):
    """The session of a writing transaction, on a connection that also takes statements past it."""

    def rollback(self) -> None:
        """Undo all of the transaction, whichever way its statements went."""
        super().rollback()
        transaction = self.info[_TRANSACTION]
        if transaction.is_active:  # the session's own rollback ends it only when a statement went through the session
            transaction.rollback()


class Transactions:
    """Opens reading and writing sessions on one engine."""

    def __init__(self, engine: Engine, *, repeats_lost: bool = False) -> None:
        """Begin with an engine. `repeats_lost`: `run` repeats a unit once whose connection broke before COMMIT."""
        self.engine = engine
        self._repeats_lost = repeats_lost
        self._writer = engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")
        self._readers = sessionmaker(engine, expire_on_commit=False, autoflush=False)
        self._writers = sessionmaker(class_=UnitSession, expire_on_commit=False, autoflush=False)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session on one snapshot of the database; changes made in it are rolled back.

        Raises DatabaseAway if there is no connection.
        """
        with _saying_when_away(), self._readers() as session:
            yield session
            with suppress(DBAPIError):  # what was read is read, though the connection breaks now
                session.rollback()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session that is committed at the end of the block, or rolled back by any exception.

        SQLite takes its write lock at once, so that reading and then writing cannot fail half-way. Raises DatabaseAway.
        """
        stage = _Stage()
        with _saying_when_away(stage), self._writer.connect() as connection, connection.begin() as transaction:
            known = {CONNECTION: connection.connection.dbapi_connection, _TRANSACTION: transaction}
            with self._writers(bind=connection, info=known) as session:
                yield session
                if transaction.is_active:
                    session.flush()
                    crashpoint("before_commit")
                    stage.committing = True
                    transaction.commit()
                    crashpoint("after_commit")

    def run(self, unit: Callable[[Session], T]) -> T:
        """Run `unit` in a writing session and return its result. Repeats it after a deadlock or TryAgain.

        A Refusal as the result rolls back what the unit had begun. A connection that breaks at COMMIT is
        never repeated here: nobody knows whether it happened, and the idempotency key tells the client.
        """
        for attempt in range(1, ATTEMPTS):
            try:
                return self._once(unit)
            except (TryAgain, DatabaseAway, DBAPIError) as error:
                if not self._may_repeat(error, attempt):
                    raise
        return self._once(unit)

    def _once(self, unit: Callable[[Session], T]) -> T:
        with self.write() as session:
            result = unit(session)
            if isinstance(result, Refusal):
                session.rollback()
            return result

    def _may_repeat(self, error: Exception, attempt: int) -> bool:
        if isinstance(error, DatabaseAway):
            return self._repeats_lost and error.lost and attempt == 1
        return isinstance(error, TryAgain) or getattr(getattr(error, "orig", None), "sqlstate", None) in REPEATABLE


@dataclass(slots=True)
class _Stage:
    """How far a writing transaction is. `committing`: whether it is done is known to the database alone."""

    committing: bool = False


@contextmanager
def _saying_when_away(stage: _Stage | None = None) -> Iterator[None]:
    """Raise DatabaseAway for "no connection", "none left", "locked too long" and "full", and let other errors pass.

    With the `stage` of a transaction, the error says that it was lost when the connection broke before COMMIT.
    """
    try:
        yield
    except DBAPIError as error:
        away = _away(error)
        if away is None:
            raise
        away.lost = stage is not None and not stage.committing and error.connection_invalidated
        raise away from error
    except (PoolTimeout, PendingRollbackError) as error:
        if isinstance(error, PendingRollbackError) and error.code != CONNECTION_INVALID:
            raise
        raise DatabaseAway(str(error)) from error


def _away(error: DBAPIError) -> DatabaseAway | None:
    """Return the error of Komek for an error of the driver; None for one that is the fault of a statement."""
    state = getattr(error.orig, "sqlstate", None)
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF  # the first byte of an extended code
    if state in (PG_FULL, PG_READ_ONLY) or code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY):
        return StoreUnwritable(str(error.orig), full=state == PG_FULL or code == sqlite3.SQLITE_FULL)
    if state in REPEATABLE:
        return None
    if isinstance(error, OperationalError) or error.connection_invalidated:
        return DatabaseAway(str(error.orig))
    return None
