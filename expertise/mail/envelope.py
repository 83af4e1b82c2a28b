"""Builds the message of a letter. Flask-Mail does the work; two of its habits are mended here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email import policy
from email.charset import QP, Charset
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.text import MIMEText
from functools import cache
from typing import Any

import flask_mail
from flask import Flask

from expertise.mail.claiming import Claimed
from expertise.mail.letters import Rendered

LONGEST_WORD = 60  # characters; a subject can only be folded between words


class Message(flask_mail.Message):
    """Flask-Mail's own has 8-bit lines of any length, which servers cut at 998 bytes, and folds a long subject
    twice, so that blanks between its words appear and vanish.
    """

    def _message(self) -> MIMEBase:
        """Called by `as_bytes`."""
        message = super()._message()
        message.policy = policy.compat32.clone(linesep="\r\n")
        plain = self.subject.isascii() and max(map(len, self.subject.split()), default=0) <= LONGEST_WORD
        del message["Subject"]
        message["Subject"] = Header(self.subject, "us-ascii" if plain else "utf-8", header_name="Subject")  # type: ignore[assignment] # typeshed says str
        return message

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        """Called by Flask-Mail for each part, the plain one first."""
        charset = Charset("utf-8")
        charset.body_encoding = QP
        return MIMEText(text or "", _subtype=subtype, _charset=charset)  # type: ignore[arg-type] # typeshed says str


def message_bytes(letter: Claimed, rendered: Rendered, sender: str, reply_to: str, now: datetime) -> bytes:
    """The letter as it goes over the line. Raises ValueError when an address would break a header."""
    message = Message(
        subject=rendered.subject,
        recipients=[letter.email],
        body=rendered.text,
        html=rendered.html,
        sender=("Komek", sender),
        reply_to=reply_to,
        date=now.timestamp(),
        extra_headers=_headers(letter, sender),
    )
    message.msgId = letter.message_id  # as an extra header it would stand there twice
    if message.has_bad_headers():
        raise ValueError("a line end in an address")
    with _house().app_context():
        return message.as_bytes()


def _headers(letter: Claimed, sender: str) -> dict[str, str]:
    """What keeps robots from answering, and what keeps the letters of a case in one thread."""
    headers = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    reference = _reference(letter.context)
    if letter.case_id is not None and reference:
        headers["References"] = f"<case-{letter.case_id}@{sender.rpartition('@')[2]}>"
        headers["X-Komek-Case"] = reference
    return headers


def _reference(context: Mapping[str, Any]) -> str:
    """The case's reference, if it is one that a header can hold."""
    reference = str(context.get("case_reference") or "")
    return reference if reference.isascii() and reference.isprintable() else ""


@cache
def _house() -> Flask:
    """Flask-Mail asks the current application for its settings; a carrier has none, so it brings this one."""
    house = Flask(__name__)
    flask_mail.Mail(house)
    return house
