"""Mail that no person wrote: delivery reports, automatic answers, our own letters. It is stored and changes no case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from expertise.inbox.sender import texts_in, token_in
from expertise.mail.inbound.kinds import MailKind, is_permanent, server_text
from expertise.mail.inbound.parsed import ParsedMail
from expertise.mail.outbound import bounces
from expertise.mail.tokens import BOUNCE, REPLY


def is_report_address(recipients: Iterable[str], domain: str) -> bool:
    """Return whether the mail came to the address for delivery reports."""
    return bool(texts_in(BOUNCE, recipients, domain))


def note_machine_mail(
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
        severity = bounces.HARD if is_permanent(parsed) else bounces.SOFT
        bounces.bounced(session, report.letter_id, severity, server_text(parsed), now)
    return kind.value, (("case_id", found.case_id), ("letter_id", found.letter_id))
