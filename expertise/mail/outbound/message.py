"""Builds the MIME message of a letter with Flask-Mail, and corrects two of its habits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

from expertise.mail.claimed_letter import ClaimedLetter
from expertise.mail.letters.templates import RenderedLetter
from expertise.mail.outbound.headers import CalendarFile

LONGEST_WORD = 60  # characters; a subject can only be folded between words


class LetterMessage(flask_mail.Message):
    """Message of Flask-Mail with short lines and a subject that is folded once.

    Flask-Mail writes 8-bit lines of any length, which servers cut at 998 bytes, and folds a long subject twice,
    so that blanks between its words appear and vanish.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.methods: list[str] = []  # of the calendar files, which say it in their type as well

    def _message(self) -> MIMEBase:
        """Complete the message. Flask-Mail calls this in `as_bytes`."""
        message = super()._message()
        calendars = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
        for part, method in zip(calendars, self.methods, strict=True):
            part.set_param("charset", "utf-8")
            part.set_param("method", method)
        message.policy = policy.compat32.clone(linesep="\r\n")
        plain = self.subject.isascii() and max(map(len, self.subject.split()), default=0) <= LONGEST_WORD
        del message["Subject"]
        message["Subject"] = Header(self.subject, "us-ascii" if plain else "utf-8", header_name="Subject")  # type: ignore[assignment] # typeshed says str
        return message

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        """Return a text part. Flask-Mail calls this for each part, the plain one first."""
        charset = Charset("utf-8")
        charset.body_encoding = QP
        return MIMEText(text or "", _subtype=subtype, _charset=charset)  # type: ignore[arg-type] # typeshed says str


def message_bytes(
    letter: ClaimedLetter,
    rendered: RenderedLetter,
    sender: str,
    headers: Mapping[str, str],
    files: Sequence[CalendarFile],
    now: datetime,
) -> bytes:
    """Return the letter as it is sent. Raises ValueError if an address would break a header."""
    message = LetterMessage(
        subject=rendered.subject,
        recipients=[letter.email],
        body=rendered.text,
        html=rendered.html,
        sender=("Komek", sender),
        date=now.timestamp(),
        extra_headers=dict(headers),
    )
    for file in files:
        message.attach(file.name, "text/calendar", file.content)
        message.methods.append(file.method)
    message.msgId = letter.message_id  # as an extra header it would stand there twice
    if message.has_bad_headers():
        raise ValueError("a line end in an address")
    with _mail_app().app_context():
        return message.as_bytes()


@cache
def _mail_app() -> Flask:
    """Return an application for Flask-Mail, which reads settings from the current one; a sender has none."""
    runtime = Flask(__name__)
    flask_mail.Mail(runtime)
    return runtime
