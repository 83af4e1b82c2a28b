"""Into and out of every verb of the desk: hold the case as the person saw it; keep the answer under its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from expertise.base.crash import crashpoint
from expertise.cases import queries
from expertise.cases.actions import idempotency
from expertise.cases.actions.change import Change
from expertise.cases.actions.idempotency import Done
from expertise.cases.queries import CaseRow
from expertise.people.access import Actor
from workflows.refusals import KeyReused, NotFound, Refusal, Stale


def held(
    session: Session, actor: Actor, reference: str, seen: int, key: str | None, asked: str
) -> CaseRow | Done | Refusal:
    """The case, locked and as the person saw it; else the earlier answer to this key, or why not.

    The key is looked up only when the version has moved on: a twin has always moved it.
    """
    case = queries.lock(session, actor, reference)
    crashpoint("after_lock")
    if case is None:
        return NotFound()
    if case.version == seen:
        return case
    earlier = idempotency.before(session, actor.key, key, asked)
    return earlier if earlier is not None else Stale(seen, case.version, case.changed_at)


def answer(
    session: Session,
    change: Change,
    columns: Mapping[str, Any],
    key: str | None,
    asked: str,
    opened: tuple[str, ...] = (),
) -> Done | Refusal:
    """What the verb did, kept under the key of the request."""
    done = Done(change.case.reference, columns["version"], change.target, columns["sequence"], opened)
    kept = idempotency.keep(session, change.actor.key, key, asked, done, change.now)
    return done if kept else KeyReused()
