"""The one place that commits. A unit of work runs whole, is repeated whole, or leaves nothing."""

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
    """Opens reading and writing units on one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._sessions = sessionmaker(engine, expire_on_commit=False, autoflush=False)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the world and never writes; what is written in it is undone.

        Raises DatabaseAway when there is no connection to be had.
        """
        with self._sessions() as session:
            with _saying_when_away():
                yield session
            session.rollback()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose work is committed at the end of the block, or undone by any exception.

        SQLite takes its write lock at once, so that reading and then writing cannot fail half-way.
        """
        with self._sessions() as session, _saying_when_away():
            session.connection(execution_options={"sqlite_begin": "BEGIN IMMEDIATE"})
            yield session
            session.flush()
            crashpoint("before_commit")
            session.commit()
            crashpoint("after_commit")

    def run(self, unit: Callable[[Session], T]) -> T:
        """Run `unit` in a writing session, anew after a deadlock or a meeting with its twin.

        A Refusal that the unit returns undoes whatever it had begun. A connection that breaks at COMMIT is
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
    """Turn "no connection", "none left" and "held too long by others" into our own words, and no other error."""
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) in REPEATABLE:
            raise
        raise DatabaseAway(str(error.orig)) from error
    except PoolTimeout as error:
        raise DatabaseAway(str(error)) from error
