"""Many cases and timers, made by two statements, and what it costs to look at them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text

from expertise.base import clock
from expertise.cases.model import Case
from expertise.cases.views import case_view
from expertise.reports import worklists
from tests.benchmarks.table import median_ms
from tests.support.environment import Environment

#: Columns that differ from case to case. A quarter of all lies in KZ-43, half with the coordinator, a third has ended.
OWN = {
    "id": ":first + n.i",
    "reference": "'BM-' || (:first + n.i)",
    "region": "CASE WHEN n.i % 4 = 0 THEN 'KZ-43' ELSE r.code END",
    "owner_role": "CASE WHEN n.i % 8 < 4 THEN 'coordinator' WHEN n.i % 8 < 6 THEN 'requester' ELSE 'approver' END",
    "final": "CASE WHEN n.i % 3 = 0 THEN 'succeeded' END",
    "external_reference": "NULL",
}
LATER = {
    "postgresql": "CAST(:base AS timestamptz) + {amount} * interval '1 second'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', :base, '+' || ({amount}) || ' seconds')",
}
#: Beyond the numbers that PostgreSQL will give to real cases.
FAR = 1_000_000_000
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :number)"
REGIONS = "(SELECT code, row_number() OVER (ORDER BY code) AS place FROM regions)"


def grow(env: Environment, template: str, number: int) -> None:
    """Add `number` copies of a case, each with a timer that falls due in a month or later."""
    case, dialect = env.case(template), env.engine.dialect.name
    with env.engine.connect() as connection:
        first = max(FAR, connection.execute(text("SELECT max(id) FROM cases")).scalar_one())
    own = OWN | dict.fromkeys(("due_at", "changed_at"), LATER[dialect].format(amount="n.i * 37 % 1000000"))
    names = [column.name for column in Case.__table__.c]
    values = ", ".join(own.get(name, f"c.{name}") for name in names)
    cases = f"""INSERT INTO cases ({", ".join(names)}) {NUMBERS}
        SELECT {values} FROM n JOIN {REGIONS} r ON r.place = n.i % 20 + 1 JOIN cases c ON c.id = :template"""
    timers = f"""INSERT INTO timers (case_id, visit, kind, rung, to_role, due_at) {NUMBERS}
        SELECT :first + n.i, 1, 'remind', 'on-the-day', 'coordinator', {LATER[dialect].format(amount="n.i")} FROM n"""
    given = {"first": first, "number": number, "template": case.id, "base": _base(dialect)}
    with env.engine.begin() as connection:
        if dialect == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))  # this is no request of a person
        connection.execute(text(cases), given)
        connection.execute(text(timers), {name: given[name] for name in ("first", "number", "base")})
    with env.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in ("cases", "timers"):
            connection.execute(text(f"{'VACUUM ' if dialect == 'postgresql' else ''}ANALYZE {table}"))


def _base(dialect: str) -> datetime | str:
    base = clock.now() + timedelta(days=30)
    return base if dialect == "postgresql" else base.strftime("%Y-%m-%d %H:%M:%S")


def looks(env: Environment, reference: str, times: int) -> dict[str, float]:
    """What is looked at → milliseconds."""
    regional, national = env.actor("coordinator"), env.actor("approver")
    coordinator = env.actor("coordinator everywhere")

    def reading(work):
        def read():
            with env.transactions.read() as session:
                return work(session)

        return read

    shown = {
        "worklist of 50, one region": reading(lambda session: worklists.desk(session, regional)),
        "worklist of 50, whole country": reading(lambda session: worklists.desk(session, coordinator)),
        "list of 50 with its count": reading(
            lambda session: worklists.listing(session, national, worklists.Filters(), clock.now())
        ),
        "case page": reading(lambda session: case_view.look(session, env.services, regional, reference, clock.now())),
        "idle sweep": env.sweep,
    }
    assert len(shown["worklist of 50, one region"]()) == worklists.PAGE
    return {name: median_ms(work, times) for name, work in shown.items()}
