"""The command POSTPONE (ОТЛОЖИТЬ, КЕЙІНГЕ ҚАЛДЫРУ): extends a deadline, with a reason, if the sender may grant that."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.cases import desk
from expertise.cases.actions import extend
from expertise.cases.actions.comment import fit
from expertise.cases.actions.extend import ExtensionOffer
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.services import Services
from expertise.inbox.model import Reply, ReplyOutcome, ask_to_confirm, attempt, line_prefix, role_names, version_seen
from expertise.mail.inbound.commands import Command
from expertise.text.receipts import reason_of, say, together
from workflows.definition import Definition
from workflows.extension import DAYS, LABEL, UNTIL
from workflows.refusals import FourEyes, Invalid, NotReady, Refusal, Stale


def postpone(session: Session, services: Services, reply: Reply, command: Command, case: CaseRow) -> ReplyOutcome:
    """Extend the deadline with the command's text as the reason; else say who may, or what is missing."""
    definition = services.definitions.pinned(case.digest)
    offered = extend.offered(session, definition, case, reply.actor)
    if offered is None or not offered.allowed:
        return _not_granted(definition, case, command, offered)
    if command.days is None and command.until is None:
        return _asked_back("postpone_days", definition, case, command, offered)
    if not reply.sure:
        link = say("open_case", link=f"{services.url}/cases/{case.reference}")  # no signed page extends a deadline
        text = together([ask_to_confirm(reply, case.reference, LABEL), link])
        return ReplyOutcome("receipted", text, case.id)
    if not command.text:
        return _asked_back("postpone_reason", definition, case, command, offered)
    raw = {DAYS: str(command.days)} if command.days is not None else {UNTIL: str(command.until)}
    raw["comment"] = fit(command.text)
    seen, key = version_seen(reply, case), f"{reply.key}:{case.reference}:extend"
    answer = attempt(
        session,
        lambda: desk.extend(desk.Unit(session, services), desk.Request(reply.actor, case.reference, seen, key), raw),
    )
    if isinstance(answer, Refusal):
        return _asked_back(_why_not(answer), definition, case, command, offered)
    due = session.execute(select(CASES.c.due_at).where(CASES.c.id == case.id)).scalar_one()
    until = services.calendars.of(session, case.organisation_id).local_day(due)
    text = say("postponed", reference=case.reference, due=f"{until:%d.%m.%Y}")
    return ReplyOutcome("applied", together([text, say("undo_extension")]), case.id)


def _why_not(refusal: Refusal) -> str:
    if isinstance(refusal, Invalid):
        codes = {problem.code for _, problems in refusal.errors for problem in problems}
        return "postpone_vain" if codes & {"beyond_latest", "still_past"} else "postpone_most"
    return {Stale: "moved_on", NotReady: "postpone_days"}.get(type(refusal), "postpone_most")


def _not_granted(
    definition: Definition, case: CaseRow, command: Command, offered: ExtensionOffer | None
) -> ReplyOutcome:
    """Say that this person, state or number of extensions does not allow it."""
    state = definition.states[case.state]
    values = {"reference": case.reference, "state": state.label, "call": line_prefix(command), "step": LABEL}
    refusals = offered.verdict.refusals if offered is not None else ()
    four_eyes = next((refusal for refusal in refusals if isinstance(refusal, FourEyes)), None)
    if offered is not None and offered.given >= offered.times:
        text = say("postpone_over", **values, times=offered.times, given=offered.given)
    elif four_eyes is not None:
        text = say("refused", **values, why=reason_of(four_eyes, definition))
    elif state.deadline is not None and state.deadline.extend is not None:
        text = say("postpone_whose", **values, roles=role_names(state.deadline.extend.by))
    else:
        text = say("postpone_never", **values)
    return ReplyOutcome("receipted", text, case.id)


def _asked_back(
    code: str, definition: Definition, case: CaseRow, command: Command, offered: ExtensionOffer
) -> ReplyOutcome:
    days = offered.form.fields[DAYS]
    text = say(
        code,
        reference=case.reference,
        state=definition.states[case.state].label,
        call=line_prefix(command),
        days=command.days or f"{command.until:%d.%m.%Y}" if command.days or command.until else "",
        label=days.label,
        most=days.max,
    )
    return ReplyOutcome("receipted", text, case.id)
