"""Facts a whole asks about its parts. Names read `parts.<part>.<predicate>`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from expertise.cases.model import Case
from expertise.cases.queries import CaseRow
from workflows.decision import Finding
from workflows.definition import Definition, Final

#: References of the parts → their end, None while they live. A predicate says which ones stand in the way.
Ends = Mapping[str, str | None]


def _open(ends: Ends) -> list[str]:
    return [reference for reference, end in ends.items() if end is None]


def _not_succeeded(ends: Ends) -> list[str]:
    return [reference for reference, end in ends.items() if end != Final.SUCCEEDED]


#: Predicate → (holds, what stands in the way).
PREDICATES: Mapping[str, Callable[[Ends], tuple[bool, list[str]]]] = {
    "some": lambda ends: (bool(ends), []),
    "one_succeeded": lambda ends: (Final.SUCCEEDED in ends.values(), _open(ends)),
    "all_succeeded": lambda ends: (bool(ends) and not _not_succeeded(ends), _not_succeeded(ends)),
    "all_ended": lambda ends: (not _open(ends), _open(ends)),
    "none_open": lambda ends: (not _open(ends), _open(ends)),
}


def fact_names(definition: Definition) -> frozenset[str]:
    """Every fact a definition may ask for, by its parts."""
    return frozenset(f"parts.{part}.{predicate}" for part in definition.parts for predicate in PREDICATES)


def of(session: Session, case_id: int) -> Sequence[Row[Any]]:
    """The parts of a whole in the order in which they were opened."""
    return session.execute(select(Case.__table__).where(Case.parent_id == case_id).order_by(Case.id)).all()


def acted_around(session: Session, case: CaseRow) -> dict[str, set[str]]:
    """Role → who acted in it in this case, in its whole or in a part of either: for four eyes they are one work.

    Who asked for a study does not take it on as an expert; who took it on neither accepts the whole for the akimat nor
    gives the expert more time.
    """
    whole = case.id if case.parent_id is None else case.parent_id
    near = select(Case.acted).where(or_(Case.parent_id == whole, Case.id == whole))
    found: dict[str, set[str]] = {}
    for acted in (case.acted, *session.scalars(near)):
        for role, persons in acted.items():
            found.setdefault(role, set()).update(persons)
    return found


def facts(
    session: Session, case_id: int, names: Iterable[str], ended: Mapping[str, str | None] | None = None
) -> dict[str, Finding]:
    """Findings for `names` in one statement, none when nothing is asked.

    `ended` overlays parts whose end is being decided in this very transaction: reference → end.
    """
    wanted = [name.split(".") for name in names]
    if not wanted:
        return {}
    rows = session.execute(
        select(Case.part, Case.reference, Case.final).where(Case.parent_id == case_id).order_by(Case.id)
    ).all()
    findings = {}
    for _, part, predicate in wanted:
        ends = {row.reference: row.final for row in rows if row.part == part}
        ends.update({reference: end for reference, end in (ended or {}).items() if reference in ends})
        holds, missing = PREDICATES[predicate](ends)
        findings[f"parts.{part}.{predicate}"] = Finding(holds, tuple(missing))
    return findings
