"""Verbs of the desk, tried one after the other in the transaction of one mail."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from expertise.cases.actions.idempotency import Done
from expertise.cases.queries import CaseRow
from expertise.doors.inbox.replies import Reply
from workflows.refusals import Refusal


def attempted(session: Session, verb: Callable[[], Done | Refusal]) -> Done | Refusal:
    """A verb of the desk whose refusal leaves nothing behind, while what was done before stays."""
    with session.begin_nested() as inner:
        answer = verb()
        if isinstance(answer, Refusal):
            inner.rollback()
    return answer


def seen_by(reply: Reply, case: CaseRow) -> int:
    """The version the letter speaks of. Where it names none, what has changed since it left is another one."""
    context = reply.found.context
    if reply.found.case_id == case.id and reply.found.case_version is not None:
        return reply.found.case_version
    for reference, version in zip(context.get("cases", ()), context.get("versions", ()), strict=False):
        if reference == case.reference:
            return int(version)
    return case.version if case.changed_at <= reply.found.created_at else -1
