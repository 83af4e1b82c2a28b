"""Facts that a case asks about its parts. Names read `parts.<part>.<predicate>`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from expertise.cases.model import Case
from workflows.decision import Finding
from workflows.definition import Final

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


def of(session: Session, case_id: int) -> Sequence[Row[Any]]:
    """The parts of a case in the order in which they were opened."""
    return session.execute(select(Case.__table__).where(Case.parent_id == case_id).order_by(Case.id)).all()


def newest(session: Session, case_id: int, part: str) -> Row[Any] | None:
    """Return the part of that kind which was opened last, or None."""
    found = select(Case.__table__).where(Case.parent_id == case_id, Case.part == part)
    return session.execute(found.order_by(Case.id.desc()).limit(1)).first()


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
