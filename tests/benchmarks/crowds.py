"""Many cases and timers, made by two statements, and functions that look at them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.cases.model import Case
from expertise.cases.views import case_view
from expertise.people.access import Actor
from expertise.reports import board, counts, courses, dashboard, worklists
from expertise.reports.counts import Selection
from tests.support.environment import Environment

#: A third of the cases has ended.
ENDED = "n.i % 3 = 0"
#: Columns that differ from case to case. A quarter of all lies in KZ-43, half with the coordinator, a third has ended.
NAMED = {"id": ":first + n.i", "reference": "'BM-' || (:first + n.i)"}
OWN = NAMED | {
    "region": "CASE WHEN n.i % 4 = 0 THEN 'KZ-43' ELSE r.code END",
    "owner_role": f"CASE WHEN {ENDED} THEN NULL WHEN n.i % 8 < 4 THEN 'coordinator' "
    "WHEN n.i % 8 < 6 THEN 'requester' ELSE 'approver' END",
    "final": f"CASE WHEN {ENDED} THEN 'succeeded' END",
    "ended_at": f"CASE WHEN {ENDED} THEN c.changed_at END",
    "external_reference": "NULL",
}
LATER = {
    "postgresql": "CAST(:base AS timestamptz) + {amount} * interval '1 second'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', :base, '+' || ({amount}) || ' seconds')",
}
#: The looks that count every case in reach.
COUNTS = ("board of a workflow", "dashboard")
DAY = 86_400  # seconds
#: Beyond the numbers that PostgreSQL will give to real cases.
FAR = 1_000_000_000
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :number)"
REGIONS = "(SELECT code, row_number() OVER (ORDER BY code) AS place FROM regions)"


def grow(env: Environment, template: str, number: int, *, alike: bool = False) -> None:
    """Add `number` copies of a case, spread over regions, desks and days, each with a timer for later.

    `alike`: copies that differ in their number only, each with a timer that is due.
    """
    case, dialect = env.case(template), env.engine.dialect.name
    with env.engine.connect() as connection:
        first = max(FAR, connection.execute(text("SELECT max(id) FROM cases")).scalar_one())
    days = dict.fromkeys(("due_at", "changed_at"), LATER[dialect].format(amount="n.i * 37 % 1000000"))
    own = NAMED if alike else OWN | days
    names = [column.name for column in Case.__table__.c]
    values = ", ".join(own.get(name, f"c.{name}") for name in names)
    cases = f"""INSERT INTO cases ({", ".join(names)}) {NUMBERS}
        SELECT {values} FROM n JOIN {REGIONS} r ON r.place = n.i % 20 + 1 JOIN cases c ON c.id = :template"""
    timers = f"""INSERT INTO timers (case_id, clock, visit, kind, rung, to_role, due_at) {NUMBERS}
        SELECT :first + n.i, '', :visit, 'remind', 'on-the-day', 'coordinator', {LATER[dialect].format(amount="n.i")}
        FROM n"""
    base = _base(dialect, -number if alike else 30 * DAY)
    given = {"first": first, "number": number, "template": case.id, "base": base, "visit": case.visit}
    with env.engine.begin() as connection:
        if dialect == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))  # this is no request of a person
        for statement in (text(cases), text(timers)):
            wanted = statement._bindparams
            connection.execute(statement, {name: value for name, value in given.items() if name in wanted})
    with env.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in ("cases", "timers"):
            connection.execute(text(f"{'VACUUM ' if dialect == 'postgresql' else ''}ANALYZE {table}"))


def newest(env: Environment, number: int) -> list[str]:
    """References of the copies made last."""
    wanted = text("SELECT reference FROM cases WHERE id > :far ORDER BY id DESC LIMIT :number")
    with env.engine.connect() as connection:
        return list(connection.execute(wanted, {"far": FAR, "number": number}).scalars())


def _base(dialect: str, seconds: int) -> datetime | str:
    base = clock.now() + timedelta(seconds=seconds)
    return base if dialect == "postgresql" else base.strftime("%Y-%m-%d %H:%M:%S")


def looks(env: Environment, reference: str) -> dict[str, Callable[[], object]]:
    """Return the name of each thing that is looked at → a function that looks once."""
    regional, national = env.actor("coordinator"), env.actor("approver")
    coordinator = env.actor("coordinator everywhere")

    def reading(work: Callable[[Session], Any]) -> Callable[[], Any]:
        def read() -> Any:
            with env.transactions.read() as session:
                return work(session)

        return read

    found: dict[str, Callable[[], Any]] = {
        "worklist of 50, one region": reading(lambda session: worklists.desk(session, regional)),
        "worklist of 50, whole country": reading(lambda session: worklists.desk(session, coordinator)),
        "list of 50 with its count": reading(
            lambda session: worklists.listing(session, national, worklists.Filters(), clock.now())
        ),
        "board of a workflow": reading(lambda session: _board(env, session, coordinator)),
        "dashboard": reading(
            lambda session: dashboard.look(session, env.services, coordinator, Selection(), None, clock.now())
        ),
        "case page": reading(lambda session: case_view.look(session, env.services, regional, reference, clock.now())),
        "idle sweep": env.sweep,
    }
    assert len(found["worklist of 50, one region"]()) == worklists.PAGE
    return found


def _board(env: Environment, session: Session, actor: Actor) -> list[board.StageColumn]:
    """All that the board and the funnel of a workflow read."""
    definition, selection = env.services.definitions.current("expertise_request"), Selection("expertise_request")
    rows = counts.by_state(session, actor, selection, clock.now())
    courses.funnel(courses.courses(session, actor, selection), courses.funnel_stages(definition))
    return board.columns(session, actor, selection, courses.stages(definition), rows)
