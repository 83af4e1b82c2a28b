"""LMTP server for inbound mail; answers 250 only after the commit."""

from __future__ import annotations

import asyncio
import logging

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as Handed

from expertise.base.errors import DatabaseAway
from expertise.base.transaction import Transactions
from expertise.inbox.process import receive_mail
from expertise.mail.inbound.store import LARGEST, Envelope

log = logging.getLogger("komek.inbox")

#: Larger mails are kept by their head and answered; beyond twice that, the sending server is told no.
REFUSED_FROM = 2 * LARGEST


class LmtpHandler:
    """Handler for aiosmtpd. Refuses mail for other domains, so nobody can use Komek as a relay."""

    def __init__(self, transactions: Transactions, domain: str) -> None:
        self._transactions = transactions
        self._domain = domain.casefold()

    async def handle_RCPT(  # noqa: N802 aiosmtpd's name and arguments
        self, _server: SMTP, _session: Session, envelope: Handed, address: str, _options: list[str]
    ) -> str:
        """Accept or refuse one recipient."""
        if address.rpartition("@")[2].casefold() != self._domain:
            return "550 5.1.2 not a domain of this house"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Handed) -> str:  # noqa: N802
        """Store the mail once, with all its recipients; return one answer per recipient, as LMTP wants."""
        raw = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        answer = "250 2.0.0 stored"
        first, *others = envelope.rcpt_tos
        handed = Envelope("lmtp", envelope.mail_from or "", first, tuple(others))
        try:
            await asyncio.to_thread(receive_mail, self._transactions, raw, handed)
        except DatabaseAway as fault:
            log.warning("the database is away: %s", str(fault).splitlines()[0])
            answer = "451 4.3.0 try again later"
        return "\r\n".join([answer] * len(envelope.rcpt_tos))

    async def handle_exception(self, fault: Exception) -> str:
        """Ask the other server to try again: a fault of ours must not send a mail back to its writer."""
        log.error("a mail by LMTP", exc_info=fault)
        return "451 4.3.0 try again later"


class LmtpListener(Controller):
    """Listens in a thread of its own between `start` and `stop`. `start` raises OSError if the port is taken."""

    def __init__(self, transactions: Transactions, domain: str, host: str, port: int) -> None:
        super().__init__(LmtpHandler(transactions, domain), hostname=host, port=port)

    def factory(self) -> SMTP:
        """Return an LMTP session for aiosmtpd."""
        return LMTP(self.handler, data_size_limit=REFUSED_FROM, enable_SMTPUTF8=True, ident="Komek")
