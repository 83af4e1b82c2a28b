"""The one place that commits. A unit of work runs completely, is repeated completely, or leaves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from expertise.base.crash import crashpoint
from expertise.base.errors import DatabaseAway, TryAgain
from workflows.refusals import Refusal

T = TypeVar("T")

ATTEMPTS = 3
#: Serialisation failure and deadlock: PostgreSQL itself undid the unit, so it may be repeated.
REPEATABLE = frozenset({"40001", "40P01"})


class Transactions:
    """Opens reading and writing sessions on one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._sessions = sessionmaker(engine, expire_on_commit=False, autoflush=False)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session on one snapshot of the database; changes made in it are rolled back.

        Raises DatabaseAway if there is no connection.
        """
        with self._sessions() as session:
            with _saying_when_away():
                yield session
            session.rollback()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session that is committed at the end of the block, or rolled back by any exception.

        SQLite takes its write lock at once, so that reading and then writing cannot fail half-way. Raises DatabaseAway.
        """
        with self._sessions() as session, _saying_when_away():
            session.connection(execution_options={"sqlite_begin": "BEGIN IMMEDIATE"})
            yield session
            session.flush()
            crashpoint("before_commit")
            session.commit()
            crashpoint("after_commit")

    def run(self, unit: Callable[[Session], T]) -> T:
        """Run `unit` in a writing session and return its result. Repeats it after a deadlock or TryAgain.

        A Refusal as the result rolls back what the unit had begun. A connection that breaks at COMMIT is
        never repeated here: nobody knows whether it happened, and the idempotency key tells the client.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.write() as session:
                    result = unit(session)
                    if isinstance(result, Refusal):
                        session.rollback()
                    return result
            except TryAgain:
                if attempt == ATTEMPTS:
                    raise
            except DBAPIError as error:
                if attempt == ATTEMPTS or getattr(error.orig, "sqlstate", None) not in REPEATABLE:
                    raise
        raise AssertionError("the last attempt returns or raises")


@contextmanager
def _saying_when_away() -> Iterator[None]:
    """Raise DatabaseAway for "no connection", "none left" and "locked too long", and let other errors pass."""
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) in REPEATABLE:
            raise
        raise DatabaseAway(str(error.orig)) from error
    except PoolTimeout as error:
        raise DatabaseAway(str(error)) from error
