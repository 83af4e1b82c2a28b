"""SMTP client that reports exactly one of five results for each letter.

Flask-Mail's own connection has no time-out, takes a lost QUIT for a failure, and hides a refused recipient
(decision 0002). Here every command has a time-out and an answer, a failing QUIT does not matter, and only
silence after the data is `Uncertain`.
"""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from expertise.base.crash import crashpoint

TIMEOUT = 10.0  # seconds for one answer of the server
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
LONGEST_ANSWER = 500  # characters kept


class Unreachable(Exception):
    """There is no session with the server. No letter can be sent now, and no letter is the cause."""


class SenderRefused(Unreachable):
    """The server refuses Komek permanently: a 5xx answer to the sign-in or to the sender."""


class Postponed(Exception):
    """The letter cannot be sent now: a 4xx answer, or the connection broke before the data were sent."""


class Refused(Exception):
    """The letter is refused permanently: a 5xx answer to its recipient or its content."""


class NoSuchAddress(Refused):
    """The letter is refused permanently because of its recipient."""


class Uncertain(Exception):
    """The data were sent and no answer came; the letter may have arrived."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Address of a mail server. `safety`: `smtp` (plain), `smtp+starttls` or `smtps`."""

    safety: str
    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_url(cls, url: str) -> SmtpServer:
        """Parse KOMEK_SMTP_URL, whose form `config` has checked."""
        parts = urlsplit(url)
        user, password = (unquote(text) if text else None for text in (parts.username, parts.password))
        return cls(parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme], user, password)


class SmtpConnection:
    """A session with a server, for use in a `with` block. Entering raises Unreachable."""

    def __init__(self, server: SmtpServer, name: str, timeout: float = TIMEOUT) -> None:
        """`name` is the name for EHLO: our domain, which the machine's own name rarely is."""
        self._server = server
        self._name = name
        self._timeout = timeout
        self._smtp: smtplib.SMTP | None = None
        self._used = False

    def ready(self) -> bool:
        """Return whether a letter can be sent over this connection; after the first one the server is asked."""
        if self._smtp is not None and self._used:
            try:
                usable = self._smtp.rset()[0] == 250
            except (OSError, smtplib.SMTPException):
                usable = False
            if not usable:
                self._hang_up()
        return self._smtp is not None

    def __enter__(self) -> Self:
        try:
            self._smtp = self._connect()
            self._introduce(self._smtp)
        except (OSError, smtplib.SMTPException) as error:  # smtplib's errors carry the server's words
            self._hang_up()
            known = isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500
            raise (SenderRefused if known else Unreachable)(_error_text(error)) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Send QUIT. Accepted letters stay accepted if the server does not answer it."""
        if self._smtp is not None and kind is None:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
        self._hang_up()

    def send(self, sender: str, recipient: str, message: bytes) -> str:
        """Send one letter and return the server's "250 …". Raises one of the errors above."""
        smtp = self._smtp
        if smtp is None:
            raise Unreachable("the line is closed")
        self._used = True
        try:
            self._command(smtp, f"MAIL FROM:<{sender}>")
        except Refused as fault:  # the sender, so every letter: this one is not the cause
            raise SenderRefused(str(fault)) from fault
        crashpoint("outbox_after_mail_from")
        try:
            self._command(smtp, f"RCPT TO:<{recipient}>")
        except Refused as fault:
            raise NoSuchAddress(str(fault)) from fault
        self._command(smtp, "DATA", good=(354,))
        return self._hand_over(smtp, message)

    def _connect(self) -> smtplib.SMTP:
        host, port, name = self._server.host, self._server.port, self._name
        if self._server.safety == "smtps":
            return smtplib.SMTP_SSL(host, port, name, timeout=self._timeout, context=ssl.create_default_context())
        return smtplib.SMTP(host, port, name, timeout=self._timeout)

    def _introduce(self, smtp: smtplib.SMTP) -> None:
        if self._server.safety == "smtp+starttls":
            smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo_or_helo_if_needed()
        if self._server.user is not None:
            smtp.login(self._server.user, self._server.password or "")

    def _command(self, smtp: smtplib.SMTP, command: str, good: tuple[int, ...] = (250, 251)) -> None:
        try:
            code, reply = smtp.docmd(command)
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            raise Postponed(_error_text(error)) from error
        if code not in good:
            raise self._refusal(code, reply)

    def _hand_over(self, smtp: smtplib.SMTP, message: bytes) -> str:
        try:
            smtp.send(_dotted(message))
            code, reply = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            raise Uncertain(_error_text(error)) from error
        if code == 250:
            return _answer(code, reply)
        raise self._refusal(code, reply)

    def _refusal(self, code: int, reply: bytes) -> Exception:
        if code == 421:  # the server is closing
            self._hang_up()
        return (Refused if 500 <= code < 600 else Postponed)(_answer(code, reply))

    def _hang_up(self) -> None:
        if self._smtp is not None:
            with suppress(OSError):
                self._smtp.close()
            self._smtp = None


def _dotted(message: bytes) -> bytes:
    """Return the message with CRLF, leading dots doubled and the final dot (RFC 5321, 4.5.2)."""
    lines = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n").split(b"\n")
    return b"\r\n".join([*(b"." + line if line.startswith(b".") else line for line in lines), b".", b""])


def _answer(code: int, reply: bytes) -> str:
    return f"{code} {reply.decode('utf-8', 'replace')}".replace("\n", " ")[:LONGEST_ANSWER]


def _error_text(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        reply = error.smtp_error
        return _answer(error.smtp_code, reply if isinstance(reply, bytes) else str(reply).encode())
    return (str(error) or type(error).__name__)[:LONGEST_ANSWER]
