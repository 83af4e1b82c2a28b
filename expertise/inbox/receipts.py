"""Receipts: every mail of a person is answered once with what changed, what did not, and how to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.cases.queries import CASES
from expertise.cases.services import Services
from expertise.inbox.model import ReplyOutcome
from expertise.mail.inbound import reply_limits
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.mail.tokens import FoundToken
from expertise.text.receipts import say, together
from workflows.definition import Text

#: An answer that could not be sent for this long expires.
LIVES = timedelta(days=3)


def send_receipt(
    session: Session,
    services: Services,
    occasion: str,
    letters: Sequence[FoundToken],
    outcomes: Sequence[ReplyOutcome],
    now: datetime,
) -> None:
    """Queue one letter about all outcomes of one mail, which answers these letters to one person."""
    found = letters[0]
    asking = {outcome.case_id for outcome in outcomes if outcome.asks and outcome.case_id is not None}
    about = {outcome.case_id for outcome in outcomes if outcome.case_id is not None}
    case_id = next(iter(asking)) if len(asking) == 1 else next(iter(about)) if len(about) == 1 else None
    special = next((outcome for outcome in outcomes if outcome.letter is not None), ReplyOutcome("receipted"))
    letter = special.letter or ("mail_confirm" if len(asking) == 1 else "mail_receipt")
    context = _about(session, services, case_id) | {"depth": max(map(_depth, letters))}
    context |= _lines(session, letters)
    text = [
        _text(session, services, outcome, alone=len(asking) < 2) for outcome in outcomes if outcome.text is not None
    ]
    context["comment"] = together(text)
    for outcome in outcomes:
        context |= outcome.context
    send_answer(session, occasion, letter, found.person_id, case_id, context, now)


def send_challenge(session: Session, services: Services, found: FoundToken, shown: str, now: datetime) -> None:
    """Notify the owner of a token, at the registered address, that somebody else used it; once a day."""
    context = _about(session, services, found.case_id) | {"comment": shown[:200], "depth": _depth(found)}
    key = f"challenge:{found.letter_id}:{now:%Y%m%d}"
    send_answer(session, key, "mail_challenge", found.person_id, found.case_id, context, now)


def send_explanation(session: Session, services: Services, person_id: int, subject: str, now: datetime) -> None:
    """Explain to a known person that their mail reached nobody and how it would; once a day."""
    context = {"link": services.url, "comment": subject[:200], "depth": 1}
    send_answer(session, f"explained:{person_id}:{now:%Y%m%d}", "mail_rejected", person_id, None, context, now)


def send_answer(
    session: Session,
    occasion: str,
    letter: str,
    person_id: int,
    case_id: int | None,
    context: Mapping[str, Any],
    now: datetime,
) -> None:
    """Queue an automatic answer, and hold it if there were too many."""
    key = f"{reply_limits.PREFIX}{occasion}"
    over = reply_limits.exceeded(session, person_id, case_id, int(context.get("depth", 1)), now)
    wanted = NewLetter(
        dedupe_key=key,
        letter=letter,
        recipient_id=person_id,
        case_id=case_id,
        visit=None,
        context=context,
        not_before=now,
        expires_at=now + LIVES,
    )
    queue(session, [wanted], now)
    if over is not None:
        reply_limits.hold(session, key, over)


def _depth(found: FoundToken) -> int:
    """Return the number of automatic answers in a row, this one included."""
    return int(found.context.get("depth") or 0) + 1


def _lines(session: Session, letters: Sequence[FoundToken]) -> dict[str, Any]:
    """Return the lines by which an answer to the receipt names its cases: of the digest, or one for each letter."""
    if len(letters) == 1:
        context = letters[0].context
        return {name: context[name] for name in ("cases", "versions") if name in context}
    wanted = select(CASES.c.id, CASES.c.reference, CASES.c.version)
    rows = {row.id: row for row in session.execute(wanted.where(CASES.c.id.in_({each.case_id for each in letters})))}
    named = [rows[each.case_id] for each in letters if each.case_id in rows]
    return {"cases": [row.reference for row in named], "versions": [row.version for row in named]}


def _text(session: Session, services: Services, outcome: ReplyOutcome, *, alone: bool) -> Text:
    """Return the text of an outcome. A letter has one signed page; with several, each case has its own address."""
    text = outcome.text or {}
    if alone or not outcome.asks:
        return text
    reference = session.execute(select(CASES.c.reference).where(CASES.c.id == outcome.case_id)).scalar_one()
    return together([text, say("open_case", link=f"{services.url}/cases/{reference}")])


def _about(session: Session, services: Services, case_id: int | None) -> dict[str, Any]:
    case = session.execute(select(CASES).where(CASES.c.id == case_id)).first() if case_id is not None else None
    if case is None:
        return {"link": services.url}
    return {
        "case_reference": case.reference,
        "case_title": case.title or "",
        "case_version": case.version,
        "state": dict(services.definitions.pinned(case.digest).states[case.state].label),
        "due": case.due_at.isoformat() if case.due_at is not None and case.final is None else "",
        "link": f"{services.url}/cases/{case.reference}",
    }
