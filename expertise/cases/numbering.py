"""References of cases: one row per workflow and year gives the next number, without gaps by rollback races."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from expertise.cases.model import Counter
from workflows.definition import Definition


def next_reference(session: Session, definition: Definition, year: int) -> str:
    """Take the next number of the year; others who want one wait until this transaction ends."""
    taken = session.execute(
        update(Counter)
        .where(Counter.workflow == definition.key, Counter.year == year)
        .values(number=Counter.number + 1)
        .returning(Counter.number)
    ).scalar()
    if taken is None:
        taken = _first(session, definition.key, year)
    return definition.reference.format(year=year, number=taken)


def _first(session: Session, workflow: str, year: int) -> int:
    """Begin the year. Two who begin it at once meet on the key, and the later one counts on."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    wanted = dialect.insert(Counter).values(workflow=workflow, year=year, number=1)
    found = session.execute(
        wanted.on_conflict_do_update(
            index_elements=[Counter.workflow, Counter.year], set_={"number": Counter.number + 1}
        ).returning(Counter.number)
    )
    return int(found.scalar_one())
