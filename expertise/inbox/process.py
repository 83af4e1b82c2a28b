"""Processes a stored mail. It may be killed at any point and run again: the mail takes effect once."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.base.crash import crashpoint
from expertise.base.errors import DatabaseAway
from expertise.base.transaction import Transactions
from expertise.cases.actions.attachments import quota_spent
from expertise.cases.services import Services
from expertise.config import Settings
from expertise.files import quota
from expertise.inbox import apply_trust, attachments
from expertise.inbox.attachments import StoredAttachments
from expertise.inbox.model import ReceivedMail, Settlement
from expertise.inbox.sender import judge_sender, texts_in, token_in
from expertise.mail.inbound import store
from expertise.mail.inbound.authentication import TrustedServers
from expertise.mail.inbound.kinds import MailKind, MailRoute, Marks, is_permanent, kind_of, server_text, weak_marks
from expertise.mail.inbound.model import InboundMail
from expertise.mail.inbound.parsed import ParsedMail, UnreadableMail
from expertise.mail.inbound.reader import parse
from expertise.mail.inbound.store import Envelope, StoredMail
from expertise.mail.inbound.trust import Effect
from expertise.mail.outbound import results
from expertise.mail.tokens import BOUNCE, REPLY

log = logging.getLogger("komek.inbox")


def process(transactions: Transactions, services: Services, settings: Settings, mail_id: int) -> str:
    """Process a stored mail and return its state; `received` if it must be tried again.

    Raises DatabaseAway, and nothing because of the content of a mail.
    """
    with transactions.write() as session:
        mail = session.get_one(InboundMail, mail_id)
        tries = store.begin_attempt(session, mail_id, clock.now())
        raw = store.raw_of(mail) if tries is not None else b""
    if tries is None:
        return mail.state
    if tries > store.TRIES:
        return _settled(transactions, mail_id, Settlement("quarantined", "fault"))
    try:
        parsed = parse(raw)
        files = _files_of(transactions, services, settings, mail_id, parsed)
        return transactions.run(lambda session: _judged(session, services, settings, mail_id, parsed, files))
    except DatabaseAway:
        raise
    except Exception:
        log.exception("mail %s, try %s", mail_id, tries)
        return "received"


def _files_of(
    transactions: Transactions,
    services: Services,
    settings: Settings,
    mail_id: int,
    parsed: ParsedMail | UnreadableMail,
) -> StoredAttachments:
    """Store the files of a mail that may come onto a case, and none of any other mail.

    They count for the day of the person to whom the letter went, like what that person sends from a page.
    """
    if isinstance(parsed, UnreadableMail) or not parsed.attachments:
        return StoredAttachments()
    now = clock.now()
    with transactions.read() as session:
        mail = session.get_one(InboundMail, mail_id)
        person_id = _sender_of_files(session, settings, mail, parsed, now) if mail.size <= store.LARGEST else None
    if person_id is None:
        return StoredAttachments()
    size = sum(len(each.content) for each in parsed.attachments)
    today, most = services.calendar.local_day(now), settings.upload_daily_bytes
    if size and not transactions.run(lambda session: quota.charge(session, person_id, today, size, most)):
        return attachments.refuse_all(parsed.attachments, quota_spent(most))
    return attachments.store_attachments(parsed.attachments, settings)


def _sender_of_files(
    session: Session, settings: Settings, mail: InboundMail, parsed: ParsedMail, now: datetime
) -> int | None:
    """Return the person for whom the files of a mail count, None if nothing of it comes onto a case."""
    if mail.handled_by_id is not None:
        return mail.handled_by_id
    recipients = _recipients(mail, parsed)
    judged = judge_sender(session, parsed, recipients, settings.mail_domain, _servers(mail, settings), now)
    accepted = judged.effect in (Effect.APPLY, Effect.CONFIRM)
    return judged.found.person_id if accepted and judged.found is not None else None


def process_waiting(transactions: Transactions, services: Services, settings: Settings) -> Counter[str]:
    """Process the mails that wait, oldest first; return their number by state. Several processes may run it."""
    states: Counter[str] = Counter()
    while True:
        with transactions.read() as session:
            due = store.unsettled(session, clock.now())
        states.update(process(transactions, services, settings, mail_id) for mail_id in due)
        if not due:
            return states


def _settled(transactions: Transactions, mail_id: int, settled: Settlement) -> str:
    with transactions.write() as session:
        store.settle(session, mail_id, settled.state, clock.now(), reason=settled.reason, **dict(settled.columns))
    return settled.state


def _judged(
    session: Session,
    services: Services,
    settings: Settings,
    mail_id: int,
    parsed: ParsedMail | UnreadableMail,
    files: StoredAttachments,
) -> str:
    mail = store.locked(session, mail_id)
    if mail is None:
        return session.execute(select(InboundMail.state).where(InboundMail.id == mail_id)).scalar_one()
    now = clock.now()
    if isinstance(parsed, UnreadableMail):
        settled = Settlement("quarantined", parsed.reason)
    else:
        settled = _by_kind(session, services, settings, mail, parsed, files, now)
        shown = (("from_address", parsed.sender or parsed.sender_shown), ("subject", parsed.subject))
        settled = replace(settled, columns=(*shown, *settled.columns))
    crashpoint("inbound_mid_processing")
    store.settle(session, mail_id, settled.state, now, reason=settled.reason, **dict(settled.columns))
    return settled.state


def _by_kind(
    session: Session,
    services: Services,
    settings: Settings,
    mail: InboundMail,
    parsed: ParsedMail,
    files: StoredAttachments,
    now: datetime,
) -> Settlement:
    recipients = _recipients(mail, parsed)
    route = _route(mail, recipients, settings)
    kind = kind_of(parsed, **route)
    marks = weak_marks(parsed, **route) if kind is MailKind.AUTO_REPLY else None
    judgement = None
    if kind is MailKind.PERSON or marks is not None:
        judgement = judge_sender(session, parsed, recipients, settings.mail_domain, _servers(mail, settings), now)
    if judgement is not None and marks is Marks.DOUBTFUL and mail.handled_by_id is None and judgement.is_of_a_person:
        held = {**mail.verdict, "kind": MailKind.PERSON.value, **judgement.as_json(), "marks": marks.value}
        return Settlement("quarantined", "doubtful", (*judgement.columns, ("verdict", held)))
    if judgement is None or (marks is not None and not judgement.is_right_person):
        state, columns = _note_machine_mail(session, kind, parsed, recipients, settings.mail_domain, now)
        return Settlement(state, columns=(*columns, ("verdict", {**mail.verdict, "kind": kind.value})))
    if marks in (Marks.AUTOMATIC, Marks.DOUBTFUL) or "hidden_text" in parsed.flags:
        judgement = judgement.unsure()
    received = ReceivedMail(mail, parsed, files, judgement, now, settings.mail_domain.lower())
    settled = apply_trust.apply_trust(session, services, received)
    verdict = {**mail.verdict, "kind": MailKind.PERSON.value, **judgement.as_json(), "flags": list(parsed.flags)}
    verdict |= ({"marks": marks.value} if marks is not None else {}) | dict(settled.findings)
    return replace(settled, columns=(*judgement.columns, ("verdict", verdict), *settled.columns))


def _recipients(mail: InboundMail, parsed: ParsedMail) -> tuple[str, ...]:
    """Return the recipients of the envelope and of the headers."""
    return (mail.recipient, *mail.verdict.get("recipients", ()), *parsed.recipients)


def _servers(mail: InboundMail, settings: Settings) -> TrustedServers:
    """Return the servers whose word counts. Only what came from a mailbox has nothing above Exchange Online's lines."""
    return TrustedServers(settings.mail_authserv, settings.mail_exchange if mail.source == "imap" else "")


def _route(mail: InboundMail, recipients: tuple[str, ...], settings: Settings) -> MailRoute:
    return {
        "envelope_sender": mail.sender,
        "to_bounce_address": bool(texts_in(BOUNCE, recipients, settings.mail_domain)),
        "unknown_envelope": mail.source == "imap",
    }


def receive_mail(transactions: Transactions, raw: bytes, envelope: Envelope) -> StoredMail:
    """Store the mail. After the return it is durable, and the route may delete its copy.

    Raises DatabaseAway and nothing else; then the route keeps the mail and tries again.
    """
    with transactions.write() as session:
        stored = store.store_mail(session, raw, envelope, clock.now())
    crashpoint("inbound_after_store")
    return stored


def _note_machine_mail(
    session: Session, kind: MailKind, parsed: ParsedMail, recipients: Iterable[str], domain: str, now: datetime
) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """Report a bounce to the outbox; return the state of the mail and columns of its row.

    No case is changed and nobody gets a letter. An expired token still identifies its letter and case.
    """
    asked = tuple(recipients)
    report = token_in(session, BOUNCE, asked, domain, now)
    found = report or token_in(session, REPLY, asked, domain, now)
    if found is None:
        return kind.value, ()
    if kind is MailKind.BOUNCE and report is not None:
        severity = results.HARD if is_permanent(parsed) else results.SOFT
        results.bounced(session, report.letter_id, severity, server_text(parsed), now)
    return kind.value, (("case_id", found.case_id), ("letter_id", found.letter_id))
