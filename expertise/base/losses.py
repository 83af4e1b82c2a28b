"""Counts what the database holds before and after a migration that goes back, so that nothing is lost in silence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, Column, ColumnElement, Connection, MetaData, and_, case, cast, func, select
from sqlalchemy.types import String

from expertise.base.errors import KomekError

#: Tables that hold nothing anybody would miss: what runs out by itself within days, and what is made anew.
FLEETING = frozenset(
    """
    alembic_version answered case_words counters failed_sign_ins mail_breaker passes passkey_challenges
    received_bytes sessions
    """.split()  # noqa: SIM905
)
#: A value that says nothing, as text: a column full of these may go.
EMPTY = ("", "0", "false", "{}", "[]", "null")


class RefusedLoss(KomekError, RuntimeError):
    """Going back would lose data. The text names it and says how to go back all the same."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """Rows of each table, and of each of its columns the rows in which it says something."""

    rows: Mapping[str, int]
    values: Mapping[str, Mapping[str, int]]


def count(connection: Connection) -> Holdings:
    """Count what the database holds now."""
    metadata = MetaData()
    metadata.reflect(connection)
    rows, values = {}, {}
    for table in metadata.tables.values():
        if table.name in FLEETING or table.name.startswith("_alembic_tmp_"):
            continue
        columns = list(table.columns)
        found = connection.execute(
            select(func.count(), *(_says(column) for column in columns)).select_from(table)
        ).one()
        rows[table.name] = int(found[0])
        values[table.name] = {column.name: int(each or 0) for column, each in zip(columns, found[1:], strict=True)}
    return Holdings(rows, values)


def _says(column: Column[Any]) -> ColumnElement[Any]:
    text = cast(column, String)
    shown = case((column, "true"), else_="false") if isinstance(column.type, Boolean) else text
    return func.sum(case((and_(column.is_not(None), shown.not_in(EMPTY)), 1), else_=0))


def lost(before: Holdings, after: Holdings, moved: Iterable[str] = ()) -> list[str]:
    """Return what was there before and is not there afterwards, like `readings: 5 rows`.

    `moved`: tables and columns (`table.column`) whose content the migration takes elsewhere, as it says itself.
    """
    elsewhere = frozenset(moved)
    found = []
    for table, rows in before.rows.items():
        left = after.rows.get(table, 0)
        if rows > left and table not in elsewhere:
            found.append(f"{table}: {rows - left} rows")
        elif table in after.rows:
            found += _lost_values(table, before, after, elsewhere)
    return sorted(found)


def _lost_values(table: str, before: Holdings, after: Holdings, elsewhere: frozenset[str]) -> list[str]:
    old, new = before.values[table], after.values[table]
    came = sorted(
        number for name, number in new.items() if name not in old
    )  # a renamed column comes as full as it went
    found = []
    for name, number in old.items():
        if name in new or number == 0 or f"{table}.{name}" in elsewhere:
            continue
        if number in came:
            came.remove(number)
        else:
            found.append(f"{table}.{name}: {number} values")
    return found


class LossGuard:
    """Watches a migration that goes back, step by step, and refuses it when a step has lost something."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._held = count(connection)

    def check(self, revision: str, moved: Iterable[str]) -> None:
        """Compare what is there after the step that took `revision` back. Raises RefusedLoss."""
        held = count(self._connection)
        gone = lost(self._held, held, moved)
        if gone:
            raise RefusedLoss(
                f"Going back behind {revision} would lose what is stored ({'; '.join(gone)}); nothing was changed. "
                "Make a backup, then repeat with --lose."
            )
        self._held = held
