"""ОТЛОЖИТЬ, КЕЙІНГЕ ҚАЛДЫРУ, POSTPONE: a deadline is extended by who may grant that, with a reason."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.cases import desk, extending
from expertise.cases.kind import Shop
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.receiving import fit
from expertise.doors.inbox.attempts import attempted, seen_by
from expertise.doors.inbox.phrases import say
from expertise.doors.inbox.replies import Outcome, Reply
from expertise.mail.inbound_commands import Command
from workflows.granting import DAYS, LABEL, UNTIL
from workflows.refusals import NotReady, Refusal, Stale


def postponed(session: Session, shop: Shop, reply: Reply, command: Command, case: CaseRow, text: str) -> Outcome:
    """Grant the time, the text below the word being the reason; else say who may, or what is missing."""
    offered = extending.offered(session, shop.kinds.pinned(case.digest), case, reply.actor)
    if offered is None or not offered.allowed or (command.days is None and command.until is None):
        return _asked_back("postpone_page", case)
    if not reply.sure:
        return _asked_back("confirm", case)
    if not text:
        return _asked_back("write_below", case)
    raw = {DAYS: str(command.days)} if command.days is not None else {UNTIL: str(command.until)}
    raw["comment"] = fit(text)
    seen, key = seen_by(reply, case), f"{reply.key}:{case.reference}:extend"
    answer = attempted(session, lambda: desk.extend(session, shop, reply.actor, case.reference, raw, seen, key))
    if isinstance(answer, Refusal):
        return _asked_back({Stale: "moved_on", NotReady: "write_below"}.get(type(answer), "postpone_page"), case, shop)
    due = session.execute(select(CASES.c.due_at).where(CASES.c.id == case.id)).scalar_one()
    until = shop.calendars.of(session, case.organisation_id).local_day(due)
    return Outcome("applied", say("postponed", reference=case.reference, due=f"{until:%d.%m.%Y}"), case.id)


def _asked_back(code: str, case: CaseRow, shop: Shop | None = None) -> Outcome:
    state = shop.kinds.pinned(case.digest).states[case.state].label if shop is not None else ""
    said = say(code, reference=case.reference, step=LABEL, field=say("comment_label"), state=state)
    return Outcome("receipted", said, case.id, asks=True)
