"""Reads Komek's mailbox over IMAP."""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from expertise.base.crash import crashpoint
from expertise.base.errors import KomekError
from expertise.base.transaction import Transactions
from expertise.inbox.process import receive_mail
from expertise.mail.inbound.store import LARGEST, Envelope

#: Seconds the server has for one answer.
TIMEOUT = 30
#: Where mail goes that was taken in; nothing is ever deleted.
DONE = "Komek"
#: Mails looked at in one round.
ROUND = 200
_PORTS = {"imap": 143, "imap+starttls": 143, "imaps": 993}


class MailboxAway(KomekError):
    """The server cannot be reached or refuses Komek; the text holds its answer. The mails stay in the mailbox."""


def poll(transactions: Transactions, url: str) -> int:
    """Store the mails in the mailbox and return their number. A mail leaves the mailbox once it is stored.

    `url`: imap://user:password@host:port/Folder, imaps://… or imap+starttls://…. Two workers may poll at once:
    a mail is stored once. Raises MailboxAway and DatabaseAway.
    """
    stored = 0
    with _open_mailbox(url) as mailbox:
        if not mailbox.folder.exists(DONE):
            mailbox.folder.create(DONE)
        for uid in mailbox.uids()[:ROUND]:
            raw = _raw(mailbox, uid)
            if raw is None:
                continue  # another worker has moved it
            crashpoint("inbound_after_fetch")
            receive_mail(transactions, raw, Envelope("imap"))
            mailbox.move(uid, DONE)
            stored += 1
    return stored


@contextmanager
def _open_mailbox(url: str) -> Iterator[BaseMailBox]:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    folder = unquote(parts.path.strip("/")) or "INBOX"
    try:
        with _connect(parts.scheme, host, port) as mailbox:
            yield mailbox.login(unquote(parts.username or ""), unquote(parts.password or ""), folder)
    except (ImapToolsError, imaplib.IMAP4.error, OSError) as fault:
        raise MailboxAway(f"the mailbox at {host}:{port}: {fault}") from fault


def _connect(scheme: str, host: str, port: int) -> BaseMailBox:
    if scheme == "imap":
        return MailBoxUnencrypted(host, port, timeout=TIMEOUT)
    secure = ssl.create_default_context()
    if scheme == "imaps":
        return MailBox(host, port, timeout=TIMEOUT, ssl_context=secure)
    return MailBoxStartTls(host, port, timeout=TIMEOUT, ssl_context=secure)


def _raw(mailbox: BaseMailBox, uid: str) -> bytes | None:
    """Return the bytes of a mail, LARGEST + 1 of a large one; None if it was moved. imap-tools would parse them."""
    answer, parts = mailbox.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST + 1}>)")
    found = [part[1] for part in parts or () if isinstance(part, tuple)]
    return found[0] if answer == "OK" and found else None
