"""The bytes of an event in the database, and the speed at which the trail is verified."""

from __future__ import annotations

import hashlib
import statistics
import time
from collections.abc import Callable, Iterator

from sqlalchemy import text

from tests.benchmarks import driver, subjects
from tests.benchmarks.sizes import Size
from tests.benchmarks.table import Figure, at_least, at_most, explained, plain, profiled
from tests.benchmarks.written import tables
from tests.support.databases import address
from tests.support.environment import Environment

#: Of pure SHA-256 over the same bytes, from PostgreSQL, one process.
VERIFY_GOAL = 0.3


def figures(env: Environment, kind: str, name: str, size: Size) -> Iterator[Figure]:
    """Both figures, on a database that holds nothing but walked cases."""
    walker = subjects.Walker(env, subjects.walking(env))
    walker.step()
    before, events = _bytes(env), _events(env)
    for _ in range(size.events):
        walker.step()
    walker.settle()
    written = _events(env) - events
    each = (_bytes(env) - before) / written / 1000
    figure = at_most(f"{name}: bytes in the database for each event, letters included", each, 1.5, " kB")
    yield explained(figure, lambda: _tables(env))
    yield from _verification(env, kind, name, size)


def _verification(env: Environment, kind: str, name: str, size: Size) -> Iterator[Figure]:
    """Each verification is paired with plain hashing of the same bytes before and after it."""
    hashing = [_rate(lambda: _hash(env))]
    ratios = []
    for _ in range(size.pairs):
        verified = _rate(lambda: env.verify().events)
        hashing.append(_rate(lambda: _hash(env)))
        ratios.append(verified / statistics.mean(hashing[-2:]))
    ratio, line = statistics.median(ratios), f"{name}: trail verified, against SHA-256 of the same bytes"
    yield plain(f"{name}: events hashed a second, by the driver alone", statistics.median(hashing), digits=0)
    if kind == "postgres":
        yield explained(at_least(line, ratio, VERIFY_GOAL), lambda: profiled(env.verify))
    else:
        yield plain(line, ratio)


def _tables(env: Environment) -> list[str]:
    """The tables that take most, with their indexes, in kB for each event there is."""
    if env.engine.dialect.name != "postgresql":
        return ["  by table: only PostgreSQL tells"]
    wanted = "SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables ORDER BY 2 DESC LIMIT 8"
    number = _events(env)
    with env.engine.connect() as connection:
        return [f"  {size / number / 1000:6.2f} kB  {name}" for name, size in connection.exec_driver_sql(wanted)]


def _hash(env: Environment) -> int:
    """Read every event's body through the driver and hash it; returns how many."""
    connection = driver.open_driver(address(env.engine))
    try:
        rows = connection.cursor().execute("SELECT body FROM events").fetchall()
    finally:
        connection.close()
    for (body,) in rows:
        hashlib.sha256(body).digest()
    return len(rows)


def _rate(work: Callable[[], int]) -> float:
    begun = time.perf_counter()
    number = work()
    return number / (time.perf_counter() - begun)


def _events(env: Environment) -> int:
    with env.engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM events")).scalar_one()


def _bytes(env: Environment) -> int:
    """The size of the database without what updates have left behind."""
    connection = driver.open_driver(address(env.engine))
    try:
        execute = connection.cursor().execute
        if env.engine.dialect.name == "postgresql":
            execute(f"VACUUM FULL {', '.join(tables())}")
            return execute("SELECT sum(pg_total_relation_size(relid)) FROM pg_stat_user_tables").fetchone()[0]
        execute("VACUUM")
        pages = execute("PRAGMA page_count").fetchone()[0]
        return pages * execute("PRAGMA page_size").fetchone()[0]
    finally:
        connection.close()
