"""Parses raw bytes into `ParsedMail`. Runs in a child process under limits, because mail may be hostile."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import Message

from flufl.bounce import scan_message

from expertise.mail.inbound.headers import (
    addresses,
    date_of,
    guarded,
    raw_headers,
    readable,
    references,
    the_sender,
)
from expertise.mail.inbound.parsed import ParsedMail, UnreadableMail
from expertise.mail.inbound.parts import Parts, parts_of

LONGEST_HEADERS = 64 * 1024  # bytes
MOST_BOUNDARIES = 200
KEPT_OF_A_HEADER = 2000  # characters that leave the child

_BLANK = re.compile(rb"\r?\n\r?\n")
_BOUNDARY = re.compile(rb"boundary\s*=", re.IGNORECASE)
_TO = {"to", "cc", "delivered-to", "x-original-to", "envelope-to"}
_REPORTS = ("mailer-daemon", "postmaster", "mail delivery", "daemon@")


def read(raw: bytes) -> ParsedMail | UnreadableMail:
    """Parse a mail. Raises RecursionError and MemoryError, which end the child."""
    blank = _BLANK.search(raw)
    if (blank.start() if blank else len(raw)) > LONGEST_HEADERS:
        return UnreadableMail("headers_too_long")
    if sum(1 for _ in _BOUNDARY.finditer(raw)) > MOST_BOUNDARIES:
        return UnreadableMail("too_many_boundaries")
    message = message_from_bytes(raw, policy=policy.compat32)
    headers, parts = raw_headers(message), parts_of(message)
    return _parsed(message, headers, parts)


def _parsed(message: Message, headers: list[tuple[str, str]], parts: Parts) -> ParsedMail:
    def all_of(*names: str) -> list[str]:
        return [value for name, value in headers if name.lower() in names]

    senders, ids, dates = all_of("from"), references(all_of("message-id")), all_of("date")
    date = date_of(dates[0]) if dates else None
    text = parts.text()
    strange = {"two_senders": len(senders) > 1, "no_message_id": not ids, "no_date": date is None}
    return ParsedMail(
        sender=the_sender(senders),
        sender_shown=" | ".join(map(readable, senders))[:300],
        subject=readable(" ".join(all_of("subject")[:1]))[:300],
        date=date,
        message_id=ids[0] if ids else None,
        references=references(all_of("in-reply-to", "references")),
        recipients=addresses(all_of(*_TO)),
        headers=tuple((name[:80], _kept(name, value)) for name, value in headers),
        text=text,
        attachments=tuple(parts.attachments),
        failures=tuple(parts.failures),
        undelivered=_undelivered(message, senders),
        calendar=parts.calendar,
        flags=tuple(sorted(parts.flags | {flag for flag, is_so in strange.items() if is_so})),
    )


def _kept(name: str, value: str) -> str:
    """Return a header decoded and cut. Authentication-Results stays whole and raw, as its grammar wants it.

    A cut or a decoded word there could hide a result or begin one.
    """
    return value if name.lower() == "authentication-results" else readable(value)[:KEPT_OF_A_HEADER]


def _undelivered(message: Message, senders: list[str]) -> tuple[str, ...]:
    """Return addresses of a bounce. Only reports of servers are asked: the library also finds bounces in quotations."""
    by_a_server = message.get_content_type() == "multipart/report" or any(
        word in sender.lower() for sender in senders for word in _REPORTS
    )
    nobody: frozenset[bytes] = frozenset()
    found = guarded(lambda: scan_message(message), nobody) if by_a_server else nobody
    return tuple(sorted(address.decode("ascii", "replace") for address in found))
